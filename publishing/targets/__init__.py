"""The adapters of the target systems: thin, one module an application, no payload rules.

`connect` finds the adapter of an instance's system and entity; delivery knows no other way to a target.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ingestion.landscape import Instance
from publishing.protocols import Target
from publishing.targets import apauto

ADAPTERS: Mapping[tuple[str, str], Callable[[Mapping[str, str]], Target]] = {
    ("apauto", "invoice_match_status"): apauto.InvoiceMatchStatus,
}


class UnknownTargetError(LookupError):
    """No adapter for this system and entity; the message lists those there are."""


def connect(instance: Instance, entity: str) -> Target:
    """The adapter for `entity` of the application that `instance` runs, with its connection."""
    adapter = ADAPTERS.get((instance.system, entity))
    if adapter is None:
        known = ", ".join(f"{system} {name}" for system, name in sorted(ADAPTERS))
        raise UnknownTargetError(f"nothing can be published as {instance.system} {entity}; known: {known}")
    return adapter(instance.connection)

"""The adapters of the target systems: thin, one module an application, no payload rules.

`connect` finds the adapter of an instance's system and entity; delivery knows no other way to a target.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ingestion.configuration.landscape import Instance
from publishing.disclosure import Disclosure
from publishing.protocols import Target
from publishing.targets import apauto, erp_cloud, erp_cloud_block, inventory, procurement

Connect = Callable[[Instance, str, Disclosure], Target]

ADAPTERS: Mapping[tuple[str, str], Callable[[Mapping[str, str], Disclosure], Target]] = {
    ("apauto", "invoice_match_status"): lambda connection, _: apauto.InvoiceMatchStatus(connection),
    ("erp_cloud", "accrual_journal"): lambda connection, _: erp_cloud.AccrualJournal(connection),
    ("erp_cloud", "supplier"): erp_cloud.Supplier,
    ("erp_cloud", "supplier_payment_block"): lambda connection, _: erp_cloud_block.SupplierPaymentBlock(
        connection
    ),
    ("inventory", "item_uom"): lambda connection, _: inventory.ItemUom(connection),
    ("procurement", "contract_price"): lambda connection, _: procurement.ContractPrice(connection),
}


class UnknownTargetError(LookupError):
    """No adapter for this system and entity; the message lists those there are."""


def connect(instance: Instance, entity: str, disclosure: Disclosure) -> Target:
    """The adapter for `entity` of the application that `instance` runs, with its connection.

    `disclosure` gives it the plain values of tokens; only what it puts into a request may hold them.
    """
    adapter = ADAPTERS.get((instance.system, entity))
    if adapter is None:
        known = ", ".join(f"{system} {name}" for system, name in sorted(ADAPTERS))
        raise UnknownTargetError(f"nothing can be published as {instance.system} {entity}; known: {known}")
    return adapter(instance.connection, disclosure)

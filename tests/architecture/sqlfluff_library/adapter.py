"""Stands in for dbt's adapter when SQL is linted: an engine's own spelling becomes a plain function call.

So the linter reads a model with all its macros, but never the implementation for one engine.
"""

from collections.abc import Callable
from typing import Any

PREFIX = "concord_"
# Arguments that are text, not SQL: their macros quote them.
TEXT_ARGUMENTS = {"replace_pattern": (1, 2), "joined": (2,), "json_text": (1,), "extracted": (1,)}


def dispatch(macro_name: str, macro_namespace: str | None = None) -> Callable[..., str]:
    """A macro that renders as `concord_<macro_name>(<arguments>)`."""

    def call(*arguments: Any) -> str:
        texts = TEXT_ARGUMENTS.get(macro_name, ())
        flat: list[str] = []
        for position, argument in enumerate(arguments):
            members = argument.values() if isinstance(argument, dict) else (argument,)
            flat.extend(f"'{member}'" if position in texts else str(member) for member in members)
        return f"{PREFIX}{macro_name}({', '.join(flat)})"

    return call

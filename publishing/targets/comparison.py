"""Whether a target already holds what a message says, as its adapters compare and word it."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from typing import Any


def same_text(ours: Any, theirs: Any) -> bool:
    """Equal but for case, spaces at the ends and the marks between digits that targets add or drop."""
    return _bare(ours) == _bare(theirs)


def same_number(ours: Any, theirs: Any) -> bool:
    """Equal as numbers, whatever their scale; null equals only null."""
    if ours is None or theirs is None:
        return ours is None and theirs is None
    try:
        return Decimal(str(ours)) == Decimal(str(theirs))
    except InvalidOperation:
        return False


def conflict(what: str, columns: Sequence[str]) -> str | None:
    """The reason of a conflict; None when nothing differs."""
    if not columns:
        return None
    return f"CONFLICT: {what} has our reference and other values in {', '.join(columns)}"


def _bare(value: Any) -> str:
    return "".join(mark for mark in str("" if value is None else value).casefold() if mark.isalnum())

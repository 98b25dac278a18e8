"""What the 1099 of each supplier needs: whether it is reported, in which box, and when its W-9 came."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True)
class TaxForm:
    """A supplier's box, None where nothing is reported, its W-9, and whether the legacy ERP reports it."""

    box: str | None
    w9_date: date | None
    in_legacy: bool


def tax_form(number: int, name: str, every: int = 12) -> TaxForm:
    """One supplier in `every` is reported, a corporation for medical care; all have sent their W-9."""
    is_corporation = name.rsplit(", ", 1)[1] in ("Inc.", "Corp.")
    box = ("MISC-6" if is_corporation else "NEC-1") if number % every == 5 % every else None
    return TaxForm(box, date(2024, 5, 1 + number % 28), box is not None)

"""Diversity certificates of suppliers, as procurement's onboarding keeps them; the same for every seed.

Every sixth supplier has one, if not said otherwise, some of them two. All hold over the whole life of the
world and no supplier's certificates contradict each other, unless a fault says so.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

CERTIFIERS = ("Great Lakes Business Council", "Midwest Certification Center", "National Register of Owners")
_CODES = ("WBE", "MBE", "SBE", "VOB", "HUBZone", "SDVOSB", "WOSB")
_STARTS_ON = date(2024, 3, 1)


@dataclass(frozen=True)
class Certificate:
    """One certificate of a supplier; it holds through the day it expires on."""

    supplier: int
    code: str
    certifier: str
    number: str
    starts_on: date
    expires_on: date


def certificate(supplier: int, place: int, code: str) -> Certificate:
    """A certificate that nobody questions."""
    return Certificate(
        supplier=supplier,
        code=code,
        certifier=CERTIFIERS[(supplier + place) % len(CERTIFIERS)],
        number=f"{code[:2].upper()}-{30_000 + supplier * 7 + place}",
        starts_on=_STARTS_ON,
        expires_on=date(2027, 2, 28) if supplier % 4 else date(2028, 6, 30),
    )


def certificates(suppliers: int, every: int = 6) -> list[Certificate]:
    """The certificates of so many suppliers, of which one in `every` has any."""
    rows = []
    for supplier in range(1, suppliers, every):
        turn = supplier // every
        rows.append(certificate(supplier, 0, _CODES[turn % len(_CODES)]))
        if turn % 5 == 2:
            rows.append(certificate(supplier, 1, "SBA8A"))
    return rows

"""The world's contracts and prices: who published which price when, and when procurement loaded it.

Every order line of a contracted supplier is priced by them unless a fault says otherwise. Suppliers of group
contracts sell by two tiers, of which all facilities stand on the second.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from sandbox import clock
from sandbox.clock import Bools
from sandbox.masters import EA, Masters

GPO, LOCAL, DISTRIBUTOR = "GPO", "LOCAL", "DISTRIBUTOR"
GPO_CODE = "GPO1"
TIERS = ("T1", "T2")
_MARKUP_PERCENT = 5
FIRST_TIER_PERCENT = 104
_STARTS_ON, _ENDS_ON = date(2025, 1, 1), date(2027, 1, 1)
_RENEWS_ON = date(2026, 1, 1)
_NEXT_CHANGE = date(2026, 7, 15)
_NEXT_PERCENT = 103
_PUBLISHED_AT, _LOADED_AT = 3_600, 18_000
_PUBLISHED_BEFORE, _LOADED_BEFORE = 40, 25


@dataclass(frozen=True)
class Contract:
    """A contract with one supplier; the markup is in percent."""

    number: str
    kind: str
    supplier: int
    markup: int


@dataclass(frozen=True)
class Price:
    """One version of one price; times are UTC seconds, `loaded_at` None while procurement lacks it."""

    contract: Contract
    item: int
    unit: int
    tier: str | None
    price: int
    valid_from: date
    valid_to: date
    published_at: int
    loaded_at: int | None


def contract_of(supplier: int) -> Contract | None:
    """The supplier's contract; the same for every seed."""
    if supplier % 20 == 3:
        return Contract(f"GPO1-{4_000 + supplier}", GPO, supplier, 0)
    if supplier % 9 == 8:
        return None
    if supplier % 13 == 6:
        return Contract(f"DST-{4_000 + supplier}", DISTRIBUTOR, supplier, _MARKUP_PERCENT)
    return Contract(f"LOC-{4_000 + supplier}", LOCAL, supplier, 0)


def contracts(masters: Masters) -> list[Contract]:
    """All contracts."""
    found = (contract_of(supplier) for supplier in range(len(masters.suppliers)))
    return [contract for contract in found if contract]


def has_contract(masters: Masters) -> Bools:
    """Suppliers with a contract."""
    return np.array([contract_of(supplier) is not None for supplier in range(len(masters.suppliers))])


def has_group_contract(masters: Masters) -> Bools:
    """Suppliers with a contract of the group, which has tiers."""
    found = (contract_of(supplier) for supplier in range(len(masters.suppliers)))
    return np.array([contract is not None and contract.kind == GPO for contract in found])


def _tiers(contract: Contract, price: int) -> Iterator[tuple[str | None, int]]:
    if contract.kind == GPO:
        yield TIERS[0], price * FIRST_TIER_PERCENT // 100
        yield TIERS[1], price
    else:
        yield None, (price * 100 + (100 + contract.markup) // 2) // (100 + contract.markup)


def _seconds(day: date, before: int, at: int) -> int:
    return clock.day_number(day - timedelta(days=before)) * clock.SECONDS_A_DAY + at


def _versions(
    masters: Masters, contract: Contract, item: int, unit: int, *, changes: bool
) -> Iterator[tuple[int, date, date, int, int | None]]:
    """Price, validity and the two times of each version of an item's unit."""
    old, new = int(masters.price[item, unit]), int(masters.renewed_price[item, unit])
    ends_on = _NEXT_CHANGE if changes else _ENDS_ON
    first = _seconds(_STARTS_ON, _PUBLISHED_BEFORE, _PUBLISHED_AT)
    first_loaded = _seconds(_STARTS_ON, _LOADED_BEFORE, _LOADED_AT)
    if item in masters.ended_prices:
        yield old, _STARTS_ON, _RENEWS_ON, first, first_loaded
        return
    if old == new:
        yield old, _STARTS_ON, ends_on, first, first_loaded
    else:
        yield old, _STARTS_ON, _RENEWS_ON, first, first_loaded
        late = masters.late_prices.get(item)
        if late is None:
            published = _seconds(_RENEWS_ON, _PUBLISHED_BEFORE, _PUBLISHED_AT)
            loaded = _seconds(_RENEWS_ON, _LOADED_BEFORE, _LOADED_AT)
        else:
            published = late * clock.SECONDS_A_DAY + _PUBLISHED_AT
            loaded = late * clock.SECONDS_A_DAY + _LOADED_AT
        yield new, _RENEWS_ON, ends_on, published, loaded
    if changes:
        published = _seconds(_NEXT_CHANGE, _LOADED_BEFORE, _PUBLISHED_AT)
        yield new * _NEXT_PERCENT // 100, _NEXT_CHANGE, _ENDS_ON, published, None


def prices(masters: Masters) -> list[Price]:
    """All price versions, one row an item, unit and tier; a few change soon and are not loaded yet."""
    rows = []
    for contract in contracts(masters):
        start = int(masters.catalogue_start[contract.supplier])
        for place in range(int(masters.catalogue_count[contract.supplier])):
            item = start + place
            holder = contract_of(masters.moved_prices.get(item, contract.supplier)) or contract
            changes = contract.kind == LOCAL and contract.supplier % 40 == 5 and place == 0
            for unit in range(EA, masters.factor.shape[1]):
                if not masters.factor[item, unit]:
                    continue
                versions = _versions(masters, contract, item, unit, changes=changes)
                for amount, starts_on, ends_on, published, loaded in versions:
                    rows += [
                        Price(holder, item, unit, tier, price, starts_on, ends_on, published, loaded)
                        for tier, price in _tiers(holder, amount)
                    ]
    return rows

"""The truth, first half: which orders were placed, and how each line is going to be shipped and billed.

One call makes one chunk of order lines as plain columns. Faults may still reshape the plan of a line here
(item, unit, dates), before documents are derived from it; `documents.py` does that.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sandbox import clock, names
from sandbox.clock import Bools, Ints
from sandbox.columns import MICRO
from sandbox.masters import BX, CS, EA, Masters

ISSUED, CANCELLED, DRAFT, PENDING = range(4)
SHIPMENTS = 7
HEAVY_SHARE = 0.06
_EACH = np.array((1, 2, 4, 5, 6, 10, 12, 20, 24, 25, 40, 50, 100, 200))
_EACH_HEAVY = np.array((40, 60, 80, 100, 120, 150, 240, 300))


@dataclass(frozen=True)
class Orders:
    """A chunk of purchase orders (`po_` columns) and lines (`line_` columns, `po` = position of the order).

    `po_ship_gap` and `po_bill_lag` are days by shipment; `shipments` is the number of receipts planned for a
    line, `taken` marks lines that a fault or control already uses, `coding` is how the line is coded
    (`names.PLAIN`, ...), the ERP knows an order if `po_replicated` and its cancellation if
    `po_cancel_replicated`, and `po_terms` are its payment terms where they are not the supplier's (-1).
    """

    po_supplier: Ints
    po_place: Ints
    po_cost_center: Ints
    po_day: Ints
    po_second: Ints
    po_approval_wait: Ints
    po_state: Ints
    po_lead: Ints
    po_ship_gap: Ints
    po_post_wait: Ints
    po_bill_lag: Ints
    po_consolidated: Bools
    po_freight: Ints
    po_replicated: Bools
    po_cancel_replicated: Bools
    po_terms: Ints
    po: Ints
    number: Ints
    item: Ints
    unit: Ints
    quantity: Ints
    price: Ints
    need_by_wait: Ints
    first_shipment: Ints
    shipments: Ints
    heavy: Bools
    counted_in_each: Bools
    billed_in_each: Bools
    split_bill: Bools
    three_way: Bools
    receipt_first: Bools
    taken: Bools
    coding: Ints

    @property
    def entity(self) -> Ints:
        """Position of the legal entity of each order."""
        return np.array([place.entity for place in names.PLACES])[self.po_place]

    @property
    def need_by(self) -> Ints:
        """Promised day of each line."""
        return (self.po_day + self.po_lead)[self.po] + self.need_by_wait

    @property
    def ship_day(self) -> Ints:
        """Day on which shipment k of an order arrives (orders x shipments)."""
        days = (self.po_day + self.po_lead)[:, None] + np.cumsum(self.po_ship_gap, axis=1)
        return clock.weekday_shift(np.maximum(days, self.po_day[:, None] + 2))

    @property
    def approved_at(self) -> Ints:
        """UTC seconds of the approval: the same day, or the next morning."""
        same_day = self.po_second + self.po_approval_wait
        tomorrow = self.po_approval_wait > 6_000
        day = self.po_day + tomorrow
        return clock.instants(day, np.where(tomorrow, 25_200 + self.po_approval_wait % 7_200, same_day))


def _skeleton(lines: int, masters: Masters, rng: np.random.Generator) -> tuple[Ints, Ints]:
    """Supplier and number of lines of each order; the lines sum to the number asked for."""
    guess = lines // 2 + 20
    supplier = rng.choice(len(masters.suppliers), guess, p=masters.supplier_weight)
    wanted = np.minimum(rng.geometric(0.17, guess), 10)
    count = np.minimum(wanted, masters.catalogue_count[supplier])
    total = np.cumsum(count)
    last = int(np.searchsorted(total, lines))
    count = count[: last + 1].copy()
    count[last] -= total[last] - lines
    return supplier[: last + 1].astype(np.int64), count.astype(np.int64)


def _quantities(unit: Ints, heavy: Bools, price: Ints, rng: np.random.Generator) -> Ints:
    each = _EACH[rng.integers(0, len(_EACH), len(unit))]
    packs = rng.integers(1, 25, len(unit))
    quantity = np.where(unit == EA, each, np.where(unit == BX, packs, np.maximum(packs // 3, 1)))
    costly = price > 100 * MICRO
    quantity = np.where(costly & ~heavy, np.minimum(quantity, 1 + quantity % 8), quantity)
    bulk = _EACH_HEAVY[rng.integers(0, len(_EACH_HEAVY), len(unit))]
    return np.where(heavy, np.where(costly, bulk // 4 + 10, bulk), quantity)


def _units(item: Ints, masters: Masters, rng: np.random.Generator) -> Ints:
    unit = rng.choice(np.array((EA, BX, CS)), len(item), p=(0.38, 0.47, 0.15))
    unit = np.where(masters.factor[item, unit] == 0, BX, unit)
    return np.where(masters.factor[item, unit] == 0, EA, unit)


def place_orders(lines: int, masters: Masters, rng: np.random.Generator) -> Orders:
    """One chunk of `lines` order lines over the whole life of the world, oldest order first."""
    supplier, count = _skeleton(lines, masters, rng)
    orders = len(supplier)
    weights = clock.order_day_weights()
    day = np.sort(rng.choice(len(weights), orders, p=weights)) + clock.FIRST_DAY
    place_weight = np.array([place.weight for place in names.PLACES], dtype=np.float64)
    place = rng.choice(len(names.PLACES), orders, p=place_weight / place_weight.sum())
    center = masters.cost_center_start[place] + (
        rng.random(orders) * masters.cost_center_count[place]
    ).astype(np.int64)
    po = np.repeat(np.arange(orders), count)
    number = np.arange(lines) - np.repeat(np.cumsum(count) - count, count) + 1
    # Distinct items within an order: a walk through the supplier's catalogue from a random start.
    start = (rng.random(orders) * masters.catalogue_count[supplier]).astype(np.int64)
    owner = supplier[po]
    item = masters.catalogue_start[owner] + (start[po] + number) % masters.catalogue_count[owner]
    service = masters.is_service[item]
    heavy = (rng.random(lines) < HEAVY_SHARE / (1 - 0.03)) & ~service
    unit = _units(item, masters, rng)
    price = np.where(
        (day >= clock.RENEWAL_DAY)[po], masters.renewed_price[item, unit], masters.price[item, unit]
    )
    quantity = _quantities(unit, heavy, price, rng)
    lead = np.array([row.lead_days for row in masters.suppliers])[supplier] + rng.integers(0, 4, orders)
    gaps = rng.integers(5, 22, (orders, SHIPMENTS))
    gaps[:, 0] = rng.integers(-2, 6, orders)
    lag = rng.integers(0, 10, (orders, SHIPMENTS)) + np.where(
        rng.random((orders, SHIPMENTS)) < 0.04, rng.integers(12, 40, (orders, SHIPMENTS)), 0
    )
    state = np.where(rng.random(orders) < 0.008, CANCELLED, ISSUED)
    state = np.where((day > clock.LAST_DAY - 3) & (rng.random(orders) < 0.15), DRAFT, state)
    two_ship = rng.random(lines) < 0.10
    shipments = np.where(heavy, rng.integers(3, 6, lines), np.where(two_ship, 2, 1))
    shipments = np.minimum(shipments, np.maximum(quantity // 3, 1))
    has_heavy = np.bincount(po, weights=heavy, minlength=orders) > 0
    made = Orders(
        po_supplier=supplier,
        po_place=place,
        po_cost_center=center,
        po_day=day,
        po_second=rng.integers(25_200, 54_000, orders),
        po_approval_wait=rng.integers(300, 7_500, orders),
        po_state=state,
        po_lead=lead,
        po_ship_gap=gaps,
        po_post_wait=(rng.random((orders, SHIPMENTS)) < 0.06).astype(np.int64),
        po_bill_lag=lag,
        po_consolidated=(rng.random(orders) < 0.2) & ~has_heavy,
        po_freight=np.where(rng.random(orders) < 0.12, rng.integers(800, 9_500, orders), 0),
        po_replicated=np.ones(orders, dtype=np.bool_),
        po_cancel_replicated=np.ones(orders, dtype=np.bool_),
        po_terms=np.full(orders, -1),
        po=po,
        number=number,
        item=item,
        unit=unit,
        quantity=quantity,
        price=price,
        need_by_wait=np.where(rng.random(lines) < 0.1, 7, 0),
        first_shipment=(rng.random(lines) < 0.08).astype(np.int64),
        shipments=shipments,
        heavy=heavy,
        counted_in_each=rng.random(lines) < 0.1,
        billed_in_each=rng.random(lines) < 0.08,
        split_bill=rng.random(lines) < 0.025,
        three_way=~service,
        receipt_first=rng.random(lines) < 0.15,
        taken=np.zeros(lines, dtype=np.bool_),
        coding=np.full(lines, names.PLAIN),
    )
    pending = (made.approved_at > clock.world_end()) & (state == ISSUED)
    made.po_state[pending] = PENDING
    return made

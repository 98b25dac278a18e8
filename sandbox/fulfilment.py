"""The truth, second half: receipts and invoices that follow from the orders, as they really happened.

Every invoice line is covered by receipts that came before it and nothing lies after the end of the world: the
clean world. `corrections.py` then adds returns, credits and voids.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sandbox import clock
from sandbox.clock import Ints
from sandbox.corrections import add_corrections
from sandbox.documents import INVOICE, RECEIPT, Documents, Invoices, Receipts, receipt_rows, usual_headers
from sandbox.masters import EA, Masters
from sandbox.orders import ISSUED, Orders


@dataclass(frozen=True)
class _Plan:
    """Planned shipments of lines: position in the order, day, quantity."""

    line: Ints
    shipment: Ints
    quantity: Ints


def _plan(orders: Orders, lines: Ints, rng: np.random.Generator) -> _Plan:
    count = orders.shipments[lines]
    line = np.repeat(lines, count)
    ordinal = np.arange(len(line)) - np.repeat(np.cumsum(count) - count, count)
    weight = rng.uniform(0.75, 1.25, len(line))
    total = np.add.reduceat(weight, np.cumsum(count) - count) if len(line) else weight
    running = np.cumsum(weight)
    before = np.repeat((np.cumsum(total) - total), count)
    share = (running - before) / np.repeat(total, count)
    last = ordinal == orders.shipments[line] - 1
    cut = np.where(last, orders.quantity[line], np.floor(orders.quantity[line] * share).astype(np.int64))
    previous = np.concatenate([np.zeros(1, dtype=np.int64), cut[:-1]]) if len(line) else cut
    return _Plan(line, orders.first_shipment[line] + ordinal, cut - np.where(ordinal == 0, 0, previous))


def _receive(
    orders: Orders, plan: _Plan, masters: Masters, rng: np.random.Generator
) -> tuple[Receipts, _Plan]:
    po = orders.po[plan.line]
    day = orders.ship_day[po, plan.shipment]
    posting = day + orders.po_post_wait[po, plan.shipment]
    clock_time = rng.integers(28_800, 61_200, orders.po_ship_gap.shape)
    posting_known = np.minimum(posting, clock.LAST_DAY)
    recorded = clock.instants(posting_known, clock_time[po, plan.shipment])
    came = posting <= clock.LAST_DAY
    plan = _Plan(plan.line[came], plan.shipment[came], plan.quantity[came])
    rows = len(plan.line)
    receipts = receipt_rows(
        orders, masters, plan.line, plan.quantity, np.full(rows, RECEIPT), np.full(rows, -1),
        document=po[came] * 8 + plan.shipment, day=day[came], posting=posting[came], recorded=recorded[came],
    )  # fmt: skip
    return receipts, plan


def _bill(orders: Orders, plan: _Plan, posting: Ints, rng: np.random.Generator) -> Invoices:
    """Invoices of what came: one per order and shipment, or one at the end; a few shipments in two."""
    po = orders.po[plan.line]
    final = np.zeros(len(orders.po_day), dtype=np.int64)
    np.maximum.at(final, orders.po, orders.first_shipment + orders.shipments - 1)
    together = orders.po_consolidated[po]
    complete = ~together | (orders.ship_day[po, final[po]] < clock.LAST_DAY - 1)
    shipment = np.where(together, final[po], plan.shipment)
    split = orders.split_bill[plan.line] & (plan.quantity >= 2) & ~together & orders.three_way[plan.line]
    first = np.where(split, (plan.quantity + 1) // 2, plan.quantity)
    line = np.concatenate([plan.line[complete], plan.line[split]])
    key = np.concatenate(
        [po[complete] * 16 + shipment[complete] * 2, po[split] * 16 + shipment[split] * 2 + 1]
    )
    quantity = np.concatenate([first[complete], (plan.quantity - first)[split]])
    ready = np.maximum(posting, orders.need_by[plan.line])
    covered = np.concatenate([ready[complete], ready[split]])
    # One invoice line per order line and invoice, whatever the number of receipts behind it.
    pair, inverse = np.unique(key * len(orders.po) + line, return_inverse=True)
    pair_quantity = np.zeros(len(pair), dtype=np.int64)
    np.add.at(pair_quantity, inverse, quantity)
    pair_key, pair_line = pair // len(orders.po), pair % len(orders.po)
    keys, doc = np.unique(pair_key, return_inverse=True)
    earliest = np.zeros(len(keys), dtype=np.int64)
    np.maximum.at(earliest, np.searchsorted(keys, key), covered)
    doc_po = keys // 16
    lag = orders.po_bill_lag[doc_po, keys % 16 // 2] + keys % 2 * rng.integers(3, 11, len(keys))
    day = _strictly_later(doc_po, earliest + lag)
    received = day + rng.integers(0, 3, len(keys))
    exists = received <= clock.LAST_DAY
    received_at = clock.instants(
        np.minimum(received, clock.LAST_DAY), rng.integers(25_200, 61_200, len(keys))
    )
    first_of_po = np.concatenate([[True], doc_po[1:] != doc_po[:-1]]) if len(keys) else exists
    rows = exists[doc]
    order = np.cumsum(exists) - 1
    line = pair_line[rows]
    each = orders.billed_in_each[line]
    return Invoices(
        doc_po=doc_po[exists],
        doc_kind=np.full(int(exists.sum()), INVOICE),
        doc_original=np.full(int(exists.sum()), -1),
        doc_day=day[exists],
        doc_received_at=received_at[exists],
        doc_freight=np.where(first_of_po, orders.po_freight[doc_po], 0)[exists],
        doc_void=np.zeros(int(exists.sum()), dtype=np.bool_),
        **usual_headers(int(exists.sum())),
        doc=order[doc[rows]],
        line=line,
        quantity=pair_quantity[rows],
        bill_unit=np.where(each, EA, orders.unit[line]),
        bill_quantity=pair_quantity[rows],
        bill_price=orders.price[line].copy(),
    )


def _strictly_later(group: Ints, day: Ints) -> Ints:
    """Days raised so that within a group (sorted) each is later than the one before."""
    if not len(day):
        return day
    starts = np.concatenate([[True], group[1:] != group[:-1]])
    ordinal = np.arange(len(day)) - np.maximum.accumulate(np.where(starts, np.arange(len(day)), 0))
    lifted = group * 1_000_000 + day - ordinal
    return np.maximum.accumulate(lifted) - group * 1_000_000 + ordinal


def _bill_in_each(orders: Orders, masters: Masters, bills: Invoices) -> None:
    """Restate bills in eaches where the price divides exactly; elsewhere the order unit stays."""
    factor = masters.factor[orders.item[bills.line], orders.unit[bills.line]]
    each = (bills.bill_unit == EA) & (factor > 1)
    exact = each & (bills.bill_price % factor == 0)
    bills.bill_unit[each & ~exact] = orders.unit[bills.line][each & ~exact]
    bills.bill_quantity[exact] *= factor[exact]
    bills.bill_price[exact] //= factor[exact]


def derive(orders: Orders, masters: Masters, rng: np.random.Generator) -> Documents:
    """The clean documents of a chunk of orders."""
    issued = orders.po_state[orders.po] == ISSUED
    goods = _plan(orders, np.flatnonzero(issued & orders.three_way), rng)
    receipts, came = _receive(orders, goods, masters, rng)
    services = np.flatnonzero(issued & ~orders.three_way)
    done = orders.ship_day[orders.po[services], orders.first_shipment[services]]
    services, done = services[done <= clock.LAST_DAY], done[done <= clock.LAST_DAY]
    billable = _Plan(
        np.concatenate([came.line, services]),
        np.concatenate([came.shipment, orders.first_shipment[services]]),
        np.concatenate([came.quantity, orders.quantity[services]]),
    )
    bills = _bill(orders, billable, np.concatenate([receipts.posting_day, done]), rng)
    _bill_in_each(orders, masters, bills)
    return add_corrections(Documents(orders, receipts, bills), masters, rng)

"""What goes wrong and is put right in every hospital: returns with their credits, mis-keyed receipts, voids.

None of it is a fault: a return has its credit memo, a mis-keyed receipt its void, a voided invoice its
successor, all before the end of the world.
"""

from __future__ import annotations

import numpy as np

from sandbox import clock
from sandbox.clock import Bools, Ints
from sandbox.documents import (
    CREDIT,
    RECEIPT,
    RETURN,
    VOID,
    Documents,
    Invoices,
    append,
    extended,
    receipt_rows,
)
from sandbox.masters import EA, Masters

_RETURN_SHARE = 0.006
_RETURN_SHARE_HEAVY = 0.35
_MISKEYED_SHARE = 0.004
_VOIDED_SHARE = 0.004
_FIRST_OTHER_DOCUMENT = 8


def _return_some(documents: Documents, masters: Masters, rng: np.random.Generator) -> Documents:
    """Return part of a line's first receipt and credit its first invoice for the same quantity."""
    orders, receipts, bills = documents.orders, documents.receipts, documents.invoices
    receipt_lines, first_receipt = np.unique(receipts.line, return_index=True)
    bill_lines, first_bill = np.unique(bills.line, return_index=True)
    lines, at_receipt, at_bill = np.intersect1d(receipt_lines, bill_lines, return_indices=True)
    receipt, bill = first_receipt[at_receipt], first_bill[at_bill]
    available = np.minimum(receipts.quantity[receipt], bills.quantity[bill])
    share = np.where(orders.heavy[lines], _RETURN_SHARE_HEAVY, _RETURN_SHARE)
    last = np.maximum(bills.doc_day[bills.doc[bill]], receipts.posting_day[receipt])
    day = clock.weekday_shift(last + rng.integers(2, 13, len(lines)))
    credit_day = day + rng.integers(1, 11, len(lines))
    received = credit_day + rng.integers(0, 3, len(lines))
    chosen = (rng.random(len(lines)) < share) & (available >= 2) & (received <= clock.LAST_DAY)
    chosen &= ~orders.taken[lines]
    quantity = 1 + (rng.random(len(lines)) * np.maximum(available // 2, 1)).astype(np.int64)
    lines, receipt, bill, day, quantity = (c[chosen] for c in (lines, receipt, bill, day, quantity))
    count = len(lines)
    back = receipt_rows(
        orders, masters, lines, quantity, np.full(count, RETURN), receipt,
        document=_FIRST_OTHER_DOCUMENT * len(orders.po_day) + np.arange(count),
        day=day, posting=day, recorded=clock.instants(day, rng.integers(28_800, 61_200, count)),
    )  # fmt: skip
    factor = masters.factor[orders.item[lines], orders.unit[lines]]
    in_each = (bills.bill_unit[bill] == EA) & (orders.unit[lines] != EA)
    credits = extended(
        bills,
        doc_po=orders.po[lines],
        doc_kind=np.full(count, CREDIT),
        doc_original=bills.doc[bill],
        doc_day=credit_day[chosen],
        doc_received_at=clock.instants(received[chosen], rng.integers(25_200, 61_200, count)),
        doc_freight=np.zeros(count, dtype=np.int64),
        doc_void=np.zeros(count, dtype=np.bool_),
        doc=len(bills.doc_po) + np.arange(count),
        line=lines,
        quantity=quantity,
        bill_unit=bills.bill_unit[bill],
        bill_quantity=np.where(in_each, quantity * factor, quantity),
        bill_price=bills.bill_price[bill],
    )
    return Documents(orders, append(receipts, back), credits)


def _miskey_some(documents: Documents, masters: Masters, rng: np.random.Generator) -> Documents:
    """Receipts keyed twice and voided the same day."""
    orders, receipts = documents.orders, documents.receipts
    hit = rng.random(len(receipts.line)) < _MISKEYED_SHARE
    source = np.flatnonzero(hit & (receipts.kind == RECEIPT) & ~orders.taken[receipts.line])
    count, base = len(source), int(receipts.document.max(initial=0)) + 1 + 8 * len(orders.po_day)
    for kind, original, delay in (
        (RECEIPT, np.full(count, -1), 300),
        (VOID, len(receipts.line) + np.arange(count), 900),
    ):
        rows = receipt_rows(
            orders, masters, receipts.line[source], receipts.quantity[source], np.full(count, kind), original,
            document=base + np.arange(count), day=receipts.day[source],
            posting=receipts.posting_day[source], recorded=receipts.recorded_at[source] + delay,
        )  # fmt: skip
        documents = Documents(orders, append(documents.receipts, rows), documents.invoices)
        base += count
    return documents


def _void_some(documents: Documents, rng: np.random.Generator) -> Documents:
    """Invoices entered, voided and entered again under the supplier's corrected number."""
    bills = documents.invoices
    plain = (bills.doc_kind != CREDIT) & (rng.random(len(bills.doc_po)) < _VOIDED_SHARE)
    plain[bills.doc[documents.orders.taken[bills.line]]] = False
    source = np.flatnonzero(plain)
    copy_of = np.full(len(bills.doc_po), -1)
    copy_of[source] = len(bills.doc_po) + np.arange(len(source))
    rows = np.flatnonzero(copy_of[bills.doc] >= 0)
    copies: dict[str, Ints | Bools] = {
        name: column[source if name.startswith("doc_") else rows] for name, column in vars(bills).items()
    }
    copies["doc_received_at"] = bills.doc_received_at[source] - 1_800
    copies["doc_void"] = np.ones(len(source), dtype=np.bool_)
    copies["doc"] = copy_of[bills.doc[rows]]
    return Documents(documents.orders, documents.receipts, extended(bills, **copies))


def _in_order_of_arrival(bills: Invoices) -> Invoices:
    """Headers by the time they came in, so that their numbers tell it; lines follow their header."""
    order = np.argsort(bills.doc_received_at, kind="stable")
    place = np.empty(len(order), dtype=np.int64)
    place[order] = np.arange(len(order))
    line_order = np.argsort(place[bills.doc], kind="stable")
    moved = {k: v[order if k.startswith("doc_") else line_order] for k, v in vars(bills).items()}
    moved["doc"] = place[bills.doc][line_order]
    linked = moved["doc_original"] >= 0
    moved["doc_original"] = np.where(linked, place[np.where(linked, moved["doc_original"], 0)], -1)
    return Invoices(**moved)


def add_corrections(documents: Documents, masters: Masters, rng: np.random.Generator) -> Documents:
    """The clean documents with everyday corrections, invoices in order of arrival."""
    documents = _return_some(documents, masters, rng)
    documents = _miskey_some(documents, masters, rng)
    documents = _void_some(documents, rng)
    orders, receipts = documents.orders, documents.receipts
    return Documents(orders, receipts, _in_order_of_arrival(documents.invoices))

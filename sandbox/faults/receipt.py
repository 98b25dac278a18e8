"""Receipts that have not come: late beyond any limit, and the ordinary backorder that only looks like it.

Relevant for RECEIPT_LATE are plainly billed lines invoiced 17 to 150 days before the end of the world, for
BACKORDER fully billed lines ordered in the last 120 days.
"""

from __future__ import annotations

import numpy as np

from sandbox.clock import LAST_DAY, Ints
from sandbox.columns import extend
from sandbox.documents import Documents
from sandbox.faults.base import INVOICE_LINE, Fault, Label, plainly_billed
from sandbox.masters import EA, Masters

_LATE_FROM, _LATE_TO = 17, 150
_BACKORDER_WINDOW = 120
_FRESH_INVOICE = 11


def _last_receipt(documents: Documents) -> tuple[Ints, Ints]:
    """Position and quantity of each line's last living receipt; -1 and 0 where it has none."""
    receipts = documents.receipts
    rows = np.flatnonzero(receipts.alive)
    rows = rows[np.argsort(receipts.posting_day[rows], kind="stable")]
    last = np.full(len(documents.orders.po), -1)
    last[receipts.line[rows]] = rows
    return last, np.where(last >= 0, receipts.quantity[last], 0)


class ReceiptLate(Fault):
    """The last receipt of an invoiced line has not arrived, long after invoice and promise."""

    code = "RECEIPT_LATE"
    rate = 25

    def plant(self, documents: Documents, masters: Masters, rng: np.random.Generator) -> list[Label]:
        orders, receipts, bills = documents.orders, documents.receipts, documents.invoices
        last, missing = _last_receipt(documents)
        count = documents.receipts_per_line
        received = np.bincount(
            receipts.line[receipts.alive], receipts.quantity[receipts.alive], len(orders.po)
        ).astype(np.int64)
        age = LAST_DAY - np.maximum(bills.doc_day[bills.doc], orders.need_by[bills.line])
        fits = plainly_billed(documents) & (age >= _LATE_FROM) & (age <= _LATE_TO)
        fits &= (count[bills.line] >= 1) & (count[bills.line] <= 2) & orders.three_way[bills.line]
        fits &= received[bills.line] == bills.quantity
        chosen = self.choose(np.flatnonzero(fits), rng)
        lines = bills.line[chosen]
        receipts.alive[last[lines]] = False
        orders.taken[lines] = True
        amount = extend(missing[lines], orders.price[lines])
        return [
            Label(self.fault_id(n), self.code, INVOICE_LINE, int(row), "RECEIPT_OVERDUE", None, int(cents))
            for n, (row, cents) in enumerate(zip(chosen, amount, strict=True), 1)
        ]


class Backorder(Fault):
    """Control: part received, the rest promised or only just invoiced, the invoice for all of it."""

    code = "BACKORDER"
    rate = 40

    def plant(self, documents: Documents, masters: Masters, rng: np.random.Generator) -> list[Label]:
        orders, receipts, bills = documents.orders, documents.receipts, documents.invoices
        last, _ = _last_receipt(documents)
        fits = plainly_billed(documents) & (documents.receipts_per_line[bills.line] == 1)
        fits &= (orders.quantity[bills.line] >= 2) & (bills.quantity == orders.quantity[bills.line])
        fits &= orders.po_day[orders.po[bills.line]] > LAST_DAY - _BACKORDER_WINDOW
        chosen = self.choose(np.flatnonzero(fits), rng)
        lines = bills.line[chosen]
        ordered, receipt = orders.quantity[lines], last[lines]
        part = np.clip((ordered * rng.uniform(0.3, 0.8, len(lines))).astype(np.int64), 1, ordered - 1)
        stock = part * masters.factor[orders.item[lines], orders.unit[lines]]
        receipts.quantity[receipt] = part
        receipts.stock[receipt] = stock
        receipts.counted[receipt] = np.where(receipts.counted_unit[receipt] == EA, stock, part)
        promise = LAST_DAY + rng.integers(3, 30, len(lines))
        base = (orders.po_day + orders.po_lead)[orders.po[lines]]
        waiting = bills.doc_day[bills.doc[chosen]] < LAST_DAY - _FRESH_INVOICE
        orders.need_by_wait[lines] = np.where(waiting, promise - base, orders.need_by_wait[lines])
        orders.taken[lines] = True
        amount = extend(ordered - part, orders.price[lines])
        return [
            Label(self.fault_id(n), self.code, INVOICE_LINE, int(row), "AWAITING_RECEIPT", None, int(cents))
            for n, (row, cents) in enumerate(zip(chosen, amount, strict=True), 1)
        ]

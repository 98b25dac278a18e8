"""Goods that went back without a credit: long enough ago that one should have come.

Relevant are the lines that were received and billed in full by one invoice.
"""

from __future__ import annotations

import numpy as np

from sandbox import clock
from sandbox.documents import RECEIPT, RETURN, Documents, append, receipt_rows
from sandbox.faults.base import INVOICE_LINE, ORDER_LINE, Fault, Label, plainly_billed
from sandbox.masters import Masters

_OVERDUE = 36


class ReturnNoCredit(Fault):
    """Less than half of a line goes back, the supplier says nothing; its invoice is no longer covered."""

    code = "RETURN_NO_CREDIT"
    rate = 25

    def __init__(self, rate: float, chunk: int, least: int = 1) -> None:
        super().__init__(rate, chunk, least)
        self._planted: list[tuple[int, int]] = []

    def extend(self, documents: Documents, masters: Masters, rng: np.random.Generator) -> Documents:
        orders, receipts, bills = documents.orders, documents.receipts, documents.invoices
        other = np.bincount(receipts.line[receipts.kind != RECEIPT], minlength=len(orders.po)) > 0
        first = np.full(len(orders.po), -1)
        last_day = np.zeros(len(orders.po), dtype=np.int64)
        first[receipts.line[::-1]] = np.arange(len(receipts.line))[::-1]
        np.maximum.at(last_day, receipts.line, receipts.posting_day)
        line, ordered = bills.line, orders.quantity[bills.line]
        full = (documents.received[line] == ordered) & (bills.quantity == ordered) & orders.three_way[line]
        day = np.maximum(bills.doc_day[bills.doc], last_day[line]) + rng.integers(2, 13, len(line))
        day = clock.weekday_shift(day)
        came = np.zeros(len(orders.po), dtype=np.int64)
        came[first >= 0] = receipts.quantity[first[first >= 0]]
        most = np.minimum(came[line], (ordered - 1) // 2)
        relevant = np.flatnonzero(full & plainly_billed(documents) & ~other[line])
        able = (most >= 1) & (day <= clock.LAST_DAY - _OVERDUE)
        wanted = self.choose(relevant, rng)
        rows = np.sort(rng.permutation(relevant[able[relevant]])[: len(wanted)])
        lines, count = line[rows], len(rows)
        quantity = 1 + (rng.random(count) * most[rows]).astype(np.int64)
        back = receipt_rows(
            orders, masters, lines, quantity, np.full(count, RETURN), first[lines],
            document=int(receipts.document.max(initial=0)) + 1 + np.arange(count), day=day[rows],
            posting=day[rows], recorded=clock.instants(day[rows], rng.integers(28_800, 61_200, count)),
        )  # fmt: skip
        orders.taken[lines] = True
        self._planted = [(int(row), len(receipts.line) + n) for n, row in enumerate(rows)]
        return Documents(orders, append(receipts, back), bills)

    def plant(self, documents: Documents, masters: Masters, rng: np.random.Generator) -> list[Label]:
        bills, receipts, orders = documents.invoices, documents.receipts, documents.orders
        labels = []
        for number, (row, back) in enumerate(self._planted, 1):
            name, line = self.fault_id(number), int(bills.line[row])
            cents = max(int(receipts.quantity[back] * orders.price[line]) // 10_000, 1)
            cause = "RETURN_WITHOUT_CREDIT"
            labels.append(Label(name, self.code, ORDER_LINE, line, cause, None, cents))
            labels.append(Label(name, self.code, INVOICE_LINE, row, "QTY_OVER_RECEIVED", cause, cents))
        return labels

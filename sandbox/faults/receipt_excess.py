"""More in the books than was ordered: goods that came on top, and a receipt that inventory recorded twice.

Relevant are the lines that came in full by one receipt and are billed by one invoice or by none.
"""

from __future__ import annotations

import numpy as np

from sandbox.clock import Ints
from sandbox.columns import extend
from sandbox.documents import RECEIPT, Documents, append, receipt_rows
from sandbox.faults.base import ORDER_LINE, Fault, Label
from sandbox.masters import EA, Masters

_FEW = 4
_LATER = 1_200


def _came_at_once(documents: Documents) -> Ints:
    """Receipt rows that brought all of a plain line."""
    orders, receipts = documents.orders, documents.receipts
    alone = (np.bincount(receipts.line, minlength=len(orders.po)) == 1) & ~orders.taken
    alone &= documents.invoices_per_line <= 1
    full = receipts.quantity == orders.quantity[receipts.line]
    return np.flatnonzero(alone[receipts.line] & full & receipts.alive & (receipts.kind == RECEIPT))


class ReceiptOver(Fault):
    """The supplier delivered up to a quarter more than was ordered."""

    code = "RECEIPT_OVER"
    rate = 10

    def plant(self, documents: Documents, masters: Masters, rng: np.random.Generator) -> list[Label]:
        orders, receipts = documents.orders, documents.receipts
        rows = _came_at_once(documents)
        chosen = self.choose(rows[orders.quantity[receipts.line[rows]] >= _FEW], rng)
        lines = receipts.line[chosen]
        more = rng.integers(1, orders.quantity[lines] // 4 + 1)
        receipts.quantity[chosen] += more
        receipts.stock[chosen] += more * masters.factor[orders.item[lines], orders.unit[lines]]
        in_each = receipts.counted_unit[chosen] == EA
        receipts.counted[chosen] = np.where(in_each, receipts.stock[chosen], receipts.quantity[chosen])
        orders.taken[lines] = True
        amount = extend(more, orders.price[lines])
        return [
            Label(
                self.fault_id(n), self.code, ORDER_LINE, int(line), "RECEIPT_OVER_ORDERED", None, int(cents)
            )
            for n, (line, cents) in enumerate(zip(lines, amount, strict=True), 1)
        ]


class ReceiptDuplicate(Fault):
    """The same receipt again under another number, minutes later."""

    code = "RECEIPT_DUPLICATE"
    rate = 10

    def __init__(self, rate: float, chunk: int, least: int = 1) -> None:
        super().__init__(rate, chunk, least)
        self._lines: list[int] = []

    def extend(self, documents: Documents, masters: Masters, rng: np.random.Generator) -> Documents:
        orders, receipts = documents.orders, documents.receipts
        rows = _came_at_once(documents)
        line = receipts.line[rows]
        # A box of two that is counted as two boxes would explain the numbers as well.
        pairs = masters.factor[orders.item[line], orders.unit[line]] == 2
        chosen = self.choose(rows[~pairs], rng)
        lines, count = receipts.line[chosen], len(chosen)
        again = receipt_rows(
            orders, masters, lines, receipts.quantity[chosen], receipts.kind[chosen], np.full(count, -1),
            document=int(receipts.document.max(initial=0)) + 1 + np.arange(count), day=receipts.day[chosen],
            posting=receipts.posting_day[chosen], recorded=receipts.recorded_at[chosen] + _LATER,
        )  # fmt: skip
        orders.taken[lines] = True
        self._lines = lines.tolist()
        return Documents(orders, append(receipts, again), documents.invoices)

    def plant(self, documents: Documents, masters: Masters, rng: np.random.Generator) -> list[Label]:
        orders = documents.orders
        amount = extend(orders.quantity[self._lines], orders.price[self._lines])
        return [
            Label(
                self.fault_id(n),
                *(self.code, ORDER_LINE, line, "RECEIPT_OVER_ORDERED", "DUPLICATE_RECEIPT", int(cents)),
            )
            for n, (line, cents) in enumerate(zip(self._lines, amount, strict=True), 1)
        ]

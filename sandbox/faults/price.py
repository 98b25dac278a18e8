"""Invoice prices that differ from the order: beyond any tolerance, within it, and exactly on its limit.

Relevant records are the invoice lines of goods that are their order line's only one; a service is also held
to the order's amount, which is another control. Only the printed unit price is edited, extension and header
follow from it.
"""

from __future__ import annotations

import numpy as np

from sandbox.clock import Ints
from sandbox.columns import CENT, MICRO
from sandbox.documents import Documents
from sandbox.faults.base import INVOICE_LINE, Fault, Label, plainly_billed
from sandbox.masters import EA, Masters

_CLEARLY_OVER = 27 * MICRO
_WELL_WITHIN = 24 * MICRO
_LINE_LIMIT = 25 * MICRO


def _packs(documents: Documents, masters: Masters, rows: Ints) -> Ints:
    """Base units in the unit the supplier priced."""
    bills, orders = documents.invoices, documents.orders
    factor = masters.factor[orders.item[bills.line[rows]], bills.bill_unit[rows]]
    return np.where(bills.bill_unit[rows] == EA, 1, factor)


class _PriceFault(Fault):
    expected: str | None = None

    def raises(
        self, price: Ints, quantity: Ints, pack: Ints, rng: np.random.Generator
    ) -> tuple[Ints, np.ndarray]:
        """Raise of the unit price in millionths, and for which rows it makes this fault."""
        raise NotImplementedError

    def plant(self, documents: Documents, masters: Masters, rng: np.random.Generator) -> list[Label]:
        bills, orders = documents.invoices, documents.orders
        rows = np.flatnonzero(plainly_billed(documents) & orders.three_way[bills.line])
        price, quantity = bills.bill_price[rows], bills.bill_quantity[rows]
        rise, fits = self.raises(price, quantity, _packs(documents, masters, rows), rng)
        fits &= rise * quantity >= CENT
        by_row = np.zeros(len(bills.line), dtype=np.int64)
        by_row[rows] = rise
        # The rate is of all relevant lines, whether or not this price could be raised that way.
        count = self.count(len(rows))
        able = rows[fits]
        chosen = np.sort(rng.choice(able, min(count, len(able)), replace=False))
        bills.bill_price[chosen] += by_row[chosen]
        orders.taken[bills.line[chosen]] = True
        amount = (by_row[chosen] * bills.bill_quantity[chosen] + CENT // 2) // CENT
        return [
            Label(self.fault_id(n), self.code, INVOICE_LINE, int(row), self.expected, None, int(cents))
            for n, (row, cents) in enumerate(zip(chosen, amount, strict=True), 1)
        ]


class PriceOver(_PriceFault):
    """Clearly over: 3 to 20 percent, or under two percent but more than the line limit in money."""

    code = "PRICE_OVER"
    rate = 30
    expected = "PRICE_OVER"

    def raises(
        self, price: Ints, quantity: Ints, pack: Ints, rng: np.random.Generator
    ) -> tuple[Ints, np.ndarray]:
        by_share = price * rng.integers(30, 201, len(price)) // 1_000
        by_money = price * rng.integers(8, 18, len(price)) // 1_000
        small_share = (by_money * quantity > _CLEARLY_OVER) & (rng.random(len(price)) < 0.6)
        return np.where(small_share, by_money, by_share), price >= 1_000


class PriceInTolerance(_PriceFault):
    """Control: dearer by a little, under both limits."""

    code = "PRICE_IN_TOLERANCE"
    rate = 15

    def raises(
        self, price: Ints, quantity: Ints, pack: Ints, rng: np.random.Generator
    ) -> tuple[Ints, np.ndarray]:
        rise = np.minimum(price * rng.integers(3, 19, len(price)) // 1_000, _WELL_WITHIN // quantity)
        return rise, (rise >= 2 * pack) & (rise * 50 < price)


class PriceOnLimit(_PriceFault):
    """Control: exactly two percent, or exactly the line limit in money, exact in base units too."""

    code = "PRICE_ON_LIMIT"
    rate = 5

    def raises(
        self, price: Ints, quantity: Ints, pack: Ints, rng: np.random.Generator
    ) -> tuple[Ints, np.ndarray]:
        by_share, by_money = price // 50, _LINE_LIMIT // quantity
        whole = price % pack == 0
        on_share = whole & (price % (50 * pack) == 0) & (by_share * quantity <= _LINE_LIMIT)
        on_money = whole & (_LINE_LIMIT % (quantity * pack) == 0) & (by_money * 50 <= price)
        return np.where(on_share, by_share, by_money), on_share | on_money

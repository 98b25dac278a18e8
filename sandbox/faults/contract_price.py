"""Orders at a price that the contract no longer has: the new one came late, or was there and not used.

Relevant are the order lines of contracted goods, drugs apart, placed since the renewal of a price that then
changed. A late price is late for the whole system, so every order of its item in between is labelled.
"""

from __future__ import annotations

import numpy as np

from sandbox.clock import RENEWAL_DAY, Bools, Ints
from sandbox.columns import extend
from sandbox.contracts import has_contract
from sandbox.documents import Documents
from sandbox.faults.base import ORDER_LINE, Fault, Label
from sandbox.masters import Masters
from sandbox.orders import ISSUED, Orders

_LATE_FROM, _LATE_TO = 15, 46


def _priced_anew(masters: Masters) -> Bools:
    """Items whose price changed with the renewal, other than drugs and services."""
    drug = np.array([row.spend_type == "DRUG" for row in masters.items])
    changed: Bools = (masters.price != masters.renewed_price).any(axis=1) & ~drug & ~masters.is_service
    return changed


def _relevant(orders: Orders, masters: Masters) -> Bools:
    po = orders.po
    fits = _priced_anew(masters)[orders.item] & has_contract(masters)[orders.po_supplier[po]]
    fits &= (orders.po_state[po] == ISSUED) & (orders.po_day[po] >= RENEWAL_DAY) & ~orders.taken
    return fits


class _ContractFault(Fault):
    """Chosen lines are ordered at the price of before the renewal."""

    expected: str

    def __init__(self, rate: float, chunk: int) -> None:
        super().__init__(rate, chunk)
        self._lines: Ints = np.zeros(0, dtype=np.int64)

    def order_at_old_price(self, orders: Orders, masters: Masters, lines: Ints) -> None:
        """Undo the renewal on some lines."""
        orders.price[lines] = masters.price[orders.item[lines], orders.unit[lines]]
        self._lines = lines

    def plant(self, documents: Documents, masters: Masters, rng: np.random.Generator) -> list[Label]:
        orders, lines = documents.orders, self._lines
        current = masters.renewed_price[orders.item[lines], orders.unit[lines]]
        amount = np.maximum(extend(orders.quantity[lines], np.abs(current - orders.price[lines])), 1)
        return [
            Label(self.fault_id(n), self.code, ORDER_LINE, int(line), self.expected, None, int(cents))
            for n, (line, cents) in enumerate(zip(lines, amount, strict=True), 1)
        ]


class PriceLateSync(_ContractFault):
    """The new price reached procurement weeks after it was valid."""

    code = "PRICE_LATE_SYNC"
    rate = 40
    expected = "LATE_SYNC"

    def shape(self, orders: Orders, masters: Masters, rng: np.random.Generator) -> None:
        relevant, day = _relevant(orders, masters), orders.po_day[orders.po]
        if not self.chunk and self.wanted > 0:
            self._delay(orders, masters, relevant & (day < RENEWAL_DAY + _LATE_FROM), rng)
        late = np.zeros(len(masters.items), dtype=np.int64)
        for item, loaded in masters.late_prices.items():
            late[item] = loaded
        self.order_at_old_price(orders, masters, np.flatnonzero(relevant & (day < late[orders.item])))

    def _delay(self, orders: Orders, masters: Masters, early: Bools, rng: np.random.Generator) -> None:
        """Delay items until about enough lines were ordered meanwhile; each had one in the first days."""
        relevant, day = _relevant(orders, masters), orders.po_day[orders.po]
        missing = max(round(int(relevant.sum()) * self.wanted / 1_000), 1)
        for item in rng.permutation(np.unique(orders.item[early])).tolist():
            if missing <= 0:
                return
            masters.late_prices[item] = RENEWAL_DAY + int(rng.integers(_LATE_FROM, _LATE_TO))
            missing -= int((relevant & (orders.item == item) & (day < masters.late_prices[item])).sum())


class PriceStale(_ContractFault):
    """The new price was there, the order still went out at the old one."""

    code = "PRICE_STALE"
    rate = 40
    expected = "STALE_PRICE"

    def shape(self, orders: Orders, masters: Masters, rng: np.random.Generator) -> None:
        fits = _relevant(orders, masters)
        fits &= ~np.isin(orders.item, np.array(list(masters.late_prices), dtype=np.int64))
        self.order_at_old_price(orders, masters, self.choose(np.flatnonzero(fits), rng))

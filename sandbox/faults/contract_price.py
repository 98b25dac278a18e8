"""Orders at a price that the contract has not: outdated, ended, of another tier or unit, or elsewhere.

Relevant are the order lines of contracted goods, drugs apart; for outdated prices those placed since the
renewal of a price that then changed. A price that is late, ended or agreed with another supplier is so for
the whole system, so every order of its item meanwhile is labelled.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from sandbox.clock import RENEWAL_DAY, Bools, Ints
from sandbox.columns import CENT, MICRO, extend
from sandbox.contracts import FIRST_TIER_PERCENT, LOCAL, contracts, has_contract, has_group_contract
from sandbox.documents import Documents
from sandbox.faults.base import ORDER_LINE, Fault, Label
from sandbox.masters import EA, Masters
from sandbox.orders import ISSUED, Orders

_LATE_FROM, _LATE_TO = 15, 46


def _contracted(orders: Orders, masters: Masters) -> Bools:
    """Free lines of issued orders for goods on contract, drugs apart."""
    po = orders.po
    drug = np.array([row.spend_type == "DRUG" for row in masters.items])
    fits: Bools = ~(drug | masters.is_service)[orders.item] & has_contract(masters)[orders.po_supplier[po]]
    fits &= (orders.po_state[po] == ISSUED) & ~orders.taken
    return fits


def _usual_price(orders: Orders, masters: Masters) -> Ints:
    """The contract price of each line by the day of its order."""
    renewed = orders.po_day[orders.po] >= RENEWAL_DAY
    item, unit = orders.item, orders.unit
    return np.where(renewed, masters.renewed_price[item, unit], masters.price[item, unit])


def _owner(masters: Masters, item: int) -> int:
    """The supplier in whose catalogue an item is."""
    return int(np.searchsorted(masters.catalogue_start, item, side="right")) - 1


def _of_items(orders: Orders, items: Iterable[int]) -> Bools:
    """Lines for some items."""
    return np.isin(orders.item, np.array(list(items), dtype=np.int64))


def _agreed(orders: Orders, masters: Masters) -> Bools:
    """Contracted lines whose price is agreed with their supplier from the first day to the last."""
    elsewhere = _of_items(orders, masters.moved_prices) | _of_items(orders, masters.ended_prices)
    return _contracted(orders, masters) & ~elsewhere


def _relevant(orders: Orders, masters: Masters) -> Bools:
    changed = (masters.price != masters.renewed_price).any(axis=1)
    fits = _agreed(orders, masters)
    fits &= changed[orders.item] & (orders.po_day[orders.po] >= RENEWAL_DAY)
    return fits


def _at_usual_price(orders: Orders, masters: Masters) -> Bools:
    """Agreed lines with the price that holds and that every system knew."""
    fits = _agreed(orders, masters) & ~_of_items(orders, masters.late_prices)
    fits &= orders.price == _usual_price(orders, masters)
    return fits


def _meets_other_year(orders: Orders, masters: Masters, price: Ints) -> Bools:
    """Whether a price is, within rounding, what next or last year has for a pack; then it has two reasons."""
    ordered = masters.factor[orders.item, orders.unit]
    renewed = orders.po_day[orders.po] >= RENEWAL_DAY
    meets = np.zeros(len(price), dtype=np.bool_)
    for unit in range(masters.factor.shape[1]):
        pack = masters.factor[orders.item, unit]
        old, new = masters.price[orders.item, unit], masters.renewed_price[orders.item, unit]
        for percent in (100, FIRST_TIER_PERCENT):
            other = np.where(renewed, old, new) * percent // 100 * ordered // np.maximum(pack, 1)
            off = np.abs(price - other)
            near = (off * pack <= np.maximum(ordered, pack) * CENT // 2) | (off * 2_000 <= other)
            meets |= near & (pack > 0) & (old != new)
    return meets


class _ContractFault(Fault):
    """Chosen lines are ordered at another price."""

    expected: str
    rate = 40

    def __init__(self, rate: float, chunk: int, least: int = 1) -> None:
        super().__init__(rate, chunk, least)
        self._lines: Ints = np.zeros(0, dtype=np.int64)

    def order_at(self, orders: Orders, lines: Ints, price: Ints) -> None:
        """Order some lines at these prices."""
        orders.price[lines] = price
        self._lines = lines

    def order_at_old_price(self, orders: Orders, masters: Masters, lines: Ints) -> None:
        """Undo the renewal on some lines."""
        self.order_at(orders, lines, masters.price[orders.item[lines], orders.unit[lines]])

    def difference(self, orders: Orders, masters: Masters) -> Ints:
        """What each unit of the chosen lines is off by."""
        off: Ints = np.abs(_usual_price(orders, masters) - orders.price)[self._lines]
        return off

    def plant(self, documents: Documents, masters: Masters, rng: np.random.Generator) -> list[Label]:
        orders, lines = documents.orders, self._lines
        amount = np.maximum(extend(orders.quantity[lines], self.difference(orders, masters)), 1)
        return [
            Label(self.fault_id(n), self.code, ORDER_LINE, int(line), self.expected, None, int(cents))
            for n, (line, cents) in enumerate(zip(lines, amount, strict=True), 1)
        ]


class _ItemFault(_ContractFault):
    """The price of some items is not agreed on some days, and buyers go on ordering at it."""

    def shape(self, orders: Orders, masters: Masters, rng: np.random.Generator) -> None:
        fits = _contracted(orders, masters) & ~_of_items(orders, masters.reserved)
        fits &= self.while_open(orders, masters)
        if not self.chunk and self.wanted > 0:
            missing = self.count(int(fits.sum()))
            for item in rng.permutation(np.unique(orders.item[fits])).tolist():
                if missing <= 0:
                    break
                if not self.may_withdraw(masters, item):
                    continue
                self.withdraw(masters, item, rng)
                missing -= int((fits & (orders.item == item)).sum())
        lines = np.flatnonzero(fits & _of_items(orders, self.withdrawn(masters)))
        self.order_at(orders, lines, self.price_asked(orders, masters)[lines])

    def while_open(self, orders: Orders, masters: Masters) -> Bools:
        """Lines of the days on which the price is not agreed."""
        raise NotImplementedError

    def may_withdraw(self, masters: Masters, item: int) -> bool:
        """Whether the contract without this item has the fault; it has, if not said otherwise."""
        return True

    def withdraw(self, masters: Masters, item: int, rng: np.random.Generator) -> None:
        """Take the price of an item out of its contract."""
        raise NotImplementedError

    def withdrawn(self, masters: Masters) -> Iterable[int]:
        """The items whose price was taken out."""
        raise NotImplementedError

    def price_asked(self, orders: Orders, masters: Masters) -> Ints:
        """What each line costs then."""
        return orders.price

    def difference(self, orders: Orders, masters: Masters) -> Ints:
        """Nothing is agreed, so all of the price is open."""
        return orders.price[self._lines]


class OffContract(_ItemFault):
    """The item is on contract with another supplier than the one it is ordered from."""

    code = "OFF_CONTRACT"
    expected = "OFF_CONTRACT_ITEM"
    rate = 5

    def while_open(self, orders: Orders, masters: Masters) -> Bools:
        return np.ones(len(orders.po), dtype=np.bool_)

    def may_withdraw(self, masters: Masters, item: int) -> bool:
        # A supplier of whose items none is left on contract would be another finding.
        owner = _owner(masters, item)
        moved = sum(_owner(masters, other) == owner for other in masters.moved_prices)
        return moved + 1 < int(masters.catalogue_count[owner])

    def withdraw(self, masters: Masters, item: int, rng: np.random.Generator) -> None:
        owner = _owner(masters, item)
        others = [row.supplier for row in contracts(masters) if row.kind == LOCAL and row.supplier != owner]
        masters.moved_prices[item] = int(rng.choice(others))

    def withdrawn(self, masters: Masters) -> Iterable[int]:
        return masters.moved_prices


class PriceExpired(_ItemFault):
    """The contract price ended with the year."""

    code = "PRICE_EXPIRED"
    expected = "EXPIRED_CONTRACT"
    rate = 15

    def while_open(self, orders: Orders, masters: Masters) -> Bools:
        open_since: Bools = orders.po_day[orders.po] >= RENEWAL_DAY
        return open_since & ~_of_items(orders, masters.moved_prices)

    def withdraw(self, masters: Masters, item: int, rng: np.random.Generator) -> None:
        masters.ended_prices.add(item)

    def withdrawn(self, masters: Masters) -> Iterable[int]:
        return masters.ended_prices

    def price_asked(self, orders: Orders, masters: Masters) -> Ints:
        return masters.price[orders.item, orders.unit]


class PriceLateSync(_ContractFault):
    """The new price reached procurement weeks after it was valid."""

    code = "PRICE_LATE_SYNC"
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
        missing = self.count(int(relevant.sum()))
        for item in rng.permutation(np.unique(orders.item[early])).tolist():
            if missing <= 0:
                return
            masters.late_prices[item] = RENEWAL_DAY + int(rng.integers(_LATE_FROM, _LATE_TO))
            missing -= int((relevant & (orders.item == item) & (day < masters.late_prices[item])).sum())


class PriceStale(_ContractFault):
    """The new price was there, the order still went out at the old one."""

    code = "PRICE_STALE"
    expected = "STALE_PRICE"

    def shape(self, orders: Orders, masters: Masters, rng: np.random.Generator) -> None:
        fits = _relevant(orders, masters) & ~_of_items(orders, masters.late_prices)
        self.order_at_old_price(orders, masters, self.choose(np.flatnonzero(fits), rng))


class PriceWrongTier(_ContractFault):
    """The price of the first tier, though all facilities stand on the second."""

    code = "PRICE_WRONG_TIER"
    expected = "WRONG_TIER"

    def shape(self, orders: Orders, masters: Masters, rng: np.random.Generator) -> None:
        tiered = has_group_contract(masters)[orders.po_supplier[orders.po]]
        # Between prices of cents the tiers would be a matter of rounding.
        fits = _at_usual_price(orders, masters) & tiered & (orders.price >= MICRO)
        price = orders.price * FIRST_TIER_PERCENT // 100
        chosen = self.choose(np.flatnonzero(fits), rng)
        has_two_reasons = _meets_other_year(orders, masters, price)
        lines = chosen[~has_two_reasons[chosen]]
        if len(lines) < len(chosen):
            others = np.setdiff1d(np.flatnonzero(fits & ~has_two_reasons), lines)
            more = rng.permutation(others)[: len(chosen) - len(lines)]
            lines = np.sort(np.concatenate([lines, more]))
        self.order_at(orders, lines, price[lines])


class PriceOtherUom(_ContractFault):
    """A pack, ordered at the price of one each."""

    code = "PRICE_OTHER_UOM"
    expected = "UOM_MISMATCH"
    rate = 10

    def shape(self, orders: Orders, masters: Masters, rng: np.random.Generator) -> None:
        pack = masters.factor[orders.item, orders.unit]
        fits = _at_usual_price(orders, masters) & (orders.unit != EA) & (pack > 1)
        fits &= orders.price >= pack * CENT
        lines = self.choose(np.flatnonzero(fits), rng)
        self.order_at(orders, lines, orders.price[lines] // pack[lines])

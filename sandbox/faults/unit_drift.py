"""Units of measure that drift apart: an old conversion, a count in the wrong unit, a supplier's own pack.

The rate is a number of items, planted in the first chunk only; every drifting item is reserved for it and has
few order lines, each fully received, delivery-complete and invoiced once. The story that gave the product its
golden case (20 boxes, factor 12 against 10) is always among them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

import numpy as np

from sandbox.clock import RENEWAL_DAY, Ints, day_number
from sandbox.columns import extend
from sandbox.documents import Documents
from sandbox.faults.base import INVOICE_LINE, ORDER_LINE, RECEIPT_LINE, Fault, Label
from sandbox.masters import BX, CS, EA, Masters, Sourcing, UnitRow, part_number
from sandbox.orders import ISSUED, Orders

OLD_FACTOR, ENTERED_IN_EACH, ENTERED_IN_PACK, SUPPLIER_PACK = (
    "OLD_FACTOR",
    "ENTERED_IN_EACH",
    "ENTERED_IN_PACK",
    "SUPPLIER_PACK",
)
_CAUSE = {OLD_FACTOR: "UOM_OLD_FACTOR"}
_VARIANTS = (OLD_FACTOR, ENTERED_IN_EACH, ENTERED_IN_PACK, SUPPLIER_PACK)
# (factor of the item, the other factor) where only one hypothesis fits the ratio of the two.
_PACKS = {
    OLD_FACTOR: ((12, 10), (24, 20), (50, 40), (30, 25), (6, 5)),
    ENTERED_IN_EACH: ((10, 10), (20, 20), (5, 5), (25, 25)),
    ENTERED_IN_PACK: ((12, 12), (10, 10), (24, 24)),
    SUPPLIER_PACK: ((10, 8), (12, 10), (50, 40), (20, 18)),
}
_CHANGES = (date(2026, 1, 1), date(2026, 2, 1), date(2026, 3, 1))
_GOLDEN_CHANGE = date(2026, 2, 1)
_GOLDEN_ORDER = date(2026, 3, 10)
_LAST_ORDER = date(2026, 4, 20)
_BEFORE_CHANGE = 70


@dataclass(frozen=True)
class _Case:
    """One drifting line; `labelled` is false for the clean line ordered before a conversion changed."""

    fault_id: str
    variant: str
    line: int
    factor: int
    other: int
    labelled: bool = True


class UnitDrift(Fault):
    """Rate = drifting items beside the golden case; variants take turns."""

    code = "UNIT_DRIFT"
    rate = 8

    def __init__(self, rate: float, chunk: int, least: int = 1) -> None:
        super().__init__(rate, chunk, least)
        self._cases: list[_Case] = []

    def shape(self, orders: Orders, masters: Masters, rng: np.random.Generator) -> None:
        if self.chunk:
            return
        free = self._victims(orders, rng)
        items = iter(masters.reserved)
        self._golden(orders, masters, next(items), next(free))
        for number in range(min(self._drifting, len(masters.reserved) - 1)):
            variant = _VARIANTS[number % len(_VARIANTS)]
            factor, other = _PACKS[variant][number // len(_VARIANTS) % len(_PACKS[variant])]
            change = _CHANGES[int(rng.integers(len(_CHANGES)))]
            item = next(items)
            self._set_packs(masters, item, factor, other if variant == OLD_FACTOR else factor, change)
            lines = int(rng.integers(1, 4))
            for copy in range(lines + (variant == OLD_FACTOR)):
                line = next(free, None)
                if line is None:
                    return
                case = _Case(self.fault_id(number + 1), variant, line, factor, other, copy < lines)
                first, last = day_number(change) + 4, day_number(_LAST_ORDER)
                day = int(rng.integers(first, last)) if case.labelled else first - _BEFORE_CHANGE
                self._order(orders, masters, case, item, day, int(rng.integers(4, 25)))

    @property
    def _drifting(self) -> int:
        """How many items; each has one labelled line or more."""
        return max(round(self.wanted), self.least - 1)

    @property
    def _golden_id(self) -> str:
        return f"{self.code}-S1"

    @staticmethod
    def _victims(orders: Orders, rng: np.random.Generator) -> Iterator[int]:
        """Lines of distinct orders, one-line orders first."""
        size = np.bincount(orders.po)
        first = np.cumsum(size) - size
        shuffled = rng.permutation(np.flatnonzero(orders.po_state == ISSUED))
        by_size = shuffled[np.argsort(size[shuffled] > 1, kind="stable")]
        return iter(first[by_size].tolist())

    def _golden(self, orders: Orders, masters: Masters, item: int, line: int) -> None:
        self._set_packs(masters, item, 12, 10, _GOLDEN_CHANGE)
        case = _Case(self._golden_id, OLD_FACTOR, line, 12, 10)
        self._order(orders, masters, case, item, day_number(_GOLDEN_ORDER), 20)
        orders.billed_in_each[line] = True
        po = orders.po[line]
        orders.po_place[po], orders.po_cost_center[po] = 0, masters.cost_center_start[0]

    @staticmethod
    def _set_packs(masters: Masters, item: int, factor: int, old: int, change: date) -> None:
        """The true pack from `change` on; only the finance system follows when `old` differs."""
        each = int(masters.price[item, EA])
        masters.factor[item] = (1, factor, 0)
        masters.price[item] = masters.renewed_price[item] = (each, each * factor, 0)
        masters.factor[item, CS] = 0
        if old != factor:
            base = UnitRow(item, EA, 1)
            masters.erp_units[item] = [
                base,
                UnitRow(item, BX, old, valid_to=change),
                UnitRow(item, BX, factor, valid_from=change),
            ]
            masters.inventory_units[item] = [base, UnitRow(item, BX, old)]

    def _order(
        self, orders: Orders, masters: Masters, case: _Case, item: int, day: int, quantity: int
    ) -> None:
        """Replan one line: this item, one shipment, one invoice, soon after `day`."""
        line, po = case.line, int(orders.po[case.line])
        in_each = case.variant == ENTERED_IN_PACK
        each = int(masters.price[item, EA])
        pack = case.factor if case.labelled else case.other
        orders.item[line] = item
        orders.unit[line] = EA if in_each else BX
        orders.quantity[line] = quantity * case.factor if in_each else quantity
        orders.price[line] = each if in_each else each * pack
        orders.shipments[line], orders.first_shipment[line], orders.need_by_wait[line] = 1, 0, 0
        for column in (orders.heavy, orders.counted_in_each, orders.billed_in_each, orders.split_bill):
            column[line] = False
        orders.three_way[line] = orders.taken[line] = True
        orders.po_day[po] = day
        # The other lines of the order are priced by its new day.
        rest = np.flatnonzero((orders.po == po) & ~orders.taken)
        priced = masters.renewed_price if day >= RENEWAL_DAY else masters.price
        orders.price[rest] = priced[orders.item[rest], orders.unit[rest]]
        orders.po_consolidated[po] = False
        orders.po_bill_lag[po] %= 10
        supplier = int(orders.po_supplier[po])
        packaging = f"{case.other if case.variant == SUPPLIER_PACK else masters.factor[item, BX]}/BX"
        row = Sourcing(item, supplier, part_number(supplier, item), packaging)
        if row not in masters.sourcing:
            masters.sourcing.append(row)
        self._cases.append(case)

    def plant(self, documents: Documents, masters: Masters, rng: np.random.Generator) -> list[Label]:
        return [label for case in self._cases for label in self._miscount(documents, masters, case)]

    def _miscount(self, documents: Documents, masters: Masters, case: _Case) -> list[Label]:
        orders, receipts, bills = documents.orders, documents.receipts, documents.invoices
        receipt = np.flatnonzero(receipts.line == case.line)
        bill = np.flatnonzero(bills.line == case.line)
        quantity = receipts.quantity[receipt]
        if case.variant == ENTERED_IN_EACH:
            receipts.counted_unit[receipt] = EA
            receipts.stock[receipt] = quantity
        elif case.variant == ENTERED_IN_PACK:
            receipts.counted_unit[receipt] = BX
            receipts.stock[receipt] = quantity * case.factor
        else:
            receipts.stock[receipt] = quantity * case.other
        if not case.labelled:
            return []
        ordered = int(
            orders.quantity[case.line] * masters.factor[orders.item[case.line], orders.unit[case.line]]
        )
        off = abs(int(receipts.stock[receipt].sum()) - ordered)
        each = masters.price[orders.item[case.line], EA]
        amount = int(extend(np.array([off]), np.array([each]))[0])
        over = case.variant == ENTERED_IN_PACK
        is_golden = case.fault_id == self._golden_id
        refused = self._refuse(documents, case, int(bill[0]), receipt) if is_golden else []
        found = Label(
            fault_id=case.fault_id,
            fault_code=self.code,
            entity_type=ORDER_LINE if over else INVOICE_LINE,
            row=case.line if over else int(bill[0]),
            expected_code="RECEIPT_OVER_ORDERED" if over else "QTY_OVER_RECEIVED",
            cause_code=_CAUSE.get(case.variant, case.variant),
            amount=amount,
        )
        return [*refused, found]

    def _refuse(self, documents: Documents, case: _Case, bill: int, receipts: Ints) -> list[Label]:
        """The ERP refused the golden receipt, 200 being no multiple of 12; AP still holds the invoice."""
        rows, bills = documents.receipts, documents.invoices
        rows.in_erp[receipts] = False
        bills.doc_held[bills.doc[bill]] = True
        price = int(documents.orders.price[case.line])
        value = [int(extend(rows.stock[[row]], np.array([price // case.factor]))[0]) for row in receipts]
        return [
            Label(case.fault_id, self.code, RECEIPT_LINE, int(row), "RECEIPT_NOT_REPLICATED", None, cents)
            for row, cents in zip(receipts, value, strict=True)
        ]

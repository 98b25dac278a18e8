"""Orders, cancellations, receipts and payments that never crossed over, and receipts never booked there.

Relevant are all issued orders, all receipts, all paid invoices, and the receipts of the last three months.
What is chosen is old enough that no delay explains it.
"""

from __future__ import annotations

import numpy as np

from sandbox import clock
from sandbox.clock import LAST_DAY, SECONDS_A_DAY, Ints
from sandbox.columns import extend
from sandbox.documents import INVOICE, RECEIPT, Documents
from sandbox.faults import base
from sandbox.faults.base import ORDER, ORDER_LINE, RECEIPT_LINE, Fault, Label
from sandbox.masters import Masters
from sandbox.orders import CANCELLED, ISSUED, Orders
from sandbox.settlement import settle

_SETTLED = 3 * SECONDS_A_DAY
_FEW_RECEIPTS = 2
_PAYMENT_GRACE = 6
_CANCELLED_BEFORE = 10
_CLEARLY = 100  # cents, far above rounding
_RECENT = 90


def _plain_receipts(documents: Documents) -> np.ndarray:
    """Receipt rows in the ERP of lines without returns, voids or other faults."""
    receipts = documents.receipts
    other = np.bincount(receipts.line[receipts.kind != RECEIPT], minlength=len(documents.orders.po)) > 0
    plain: np.ndarray = receipts.alive & receipts.in_erp & ~other[receipts.line]
    return plain & ~documents.orders.taken[receipts.line]


def _value(documents: Documents, rows: Ints) -> Ints:
    receipts = documents.receipts
    return extend(receipts.quantity[rows], documents.orders.price[receipts.line[rows]])


def _one_a_line(line: Ints, rows: Ints) -> Ints:
    """The first of some receipt rows for each line, in their order."""
    _, first = np.unique(line[rows], return_index=True)
    return rows[np.sort(first)]


class PoNotReplicated(Fault):
    """The ERP never got the order, and so refuses its receipts."""

    code = "PO_NOT_REPLICATED"
    rate = 15

    def plant(self, documents: Documents, masters: Masters, rng: np.random.Generator) -> list[Label]:
        orders, receipts = documents.orders, documents.receipts
        count = len(orders.po_day)
        old = clock.world_end() - _SETTLED
        of_order = orders.po[receipts.line]
        unfit = (~_plain_receipts(documents) & receipts.alive) | (receipts.recorded_at > old)
        spoiled = np.bincount(of_order[unfit & receipts.alive], minlength=count) > 0
        spoiled |= np.bincount(orders.po[orders.taken], minlength=count) > 0
        few = np.bincount(of_order[receipts.alive], minlength=count) <= _FEW_RECEIPTS
        issued = orders.po_state == ISSUED
        wanted = self.count(int(issued.sum()))
        able = np.flatnonzero(issued & (orders.approved_at < old) & few & ~spoiled)
        chosen = np.sort(rng.permutation(able)[:wanted])
        orders.po_replicated[chosen] = False
        total = np.zeros(count, dtype=np.int64)
        np.add.at(total, orders.po, extend(orders.quantity, orders.price))
        rows = np.flatnonzero(receipts.alive & np.isin(of_order, chosen))
        receipts.in_erp[rows] = False
        number = {int(order): n for n, order in enumerate(chosen, 1)}
        labels = [
            Label(self.fault_id(n), self.code, ORDER, order, "PO_NOT_REPLICATED", None, int(total[order]))
            for order, n in number.items()
        ]
        return labels + [
            Label(
                self.fault_id(number[int(of_order[row])]),
                *(self.code, RECEIPT_LINE, int(row), "RECEIPT_NOT_REPLICATED", None, int(cents)),
            )
            for row, cents in zip(rows, _value(documents, rows), strict=True)
        ]


class CancelNotReplicated(Fault):
    """Procurement cancelled an order that the ERP still holds open."""

    code = "CANCEL_NOT_REPLICATED"
    rate = 8

    def __init__(self, rate: float, chunk: int, least: int = 1) -> None:
        super().__init__(rate, chunk, least)
        self._orders: Ints = np.zeros(0, dtype=np.int64)

    def shape(self, orders: Orders, masters: Masters, rng: np.random.Generator) -> None:
        used = np.bincount(orders.po[orders.taken], minlength=len(orders.po_day)) > 0
        able = (orders.po_state == ISSUED) & ~used & (orders.po_day < LAST_DAY - _CANCELLED_BEFORE)
        self._orders = self.choose(np.flatnonzero(able), rng)
        orders.po_state[self._orders] = CANCELLED
        orders.po_cancel_replicated[self._orders] = False

    def plant(self, documents: Documents, masters: Masters, rng: np.random.Generator) -> list[Label]:
        orders = documents.orders
        total = np.zeros(len(orders.po_day), dtype=np.int64)
        np.add.at(total, orders.po, extend(orders.quantity, orders.price))
        return [
            Label(self.fault_id(n), self.code, ORDER, order, self.code, None, int(total[order]))
            for n, order in enumerate(self._orders.tolist(), 1)
        ]


class ReceiptMissing(Fault):
    """The ERP never got a receipt."""

    code = "RECEIPT_MISSING"
    rate = 25

    def plant(self, documents: Documents, masters: Masters, rng: np.random.Generator) -> list[Label]:
        receipts = documents.receipts
        old = receipts.recorded_at < clock.world_end() - _SETTLED
        chosen = self.choose(np.flatnonzero(_plain_receipts(documents) & old), rng)
        receipts.in_erp[chosen] = False
        return [
            Label(
                self.fault_id(n),
                self.code,
                RECEIPT_LINE,
                int(row),
                "RECEIPT_NOT_REPLICATED",
                None,
                int(cents),
            )
            for n, (row, cents) in enumerate(zip(chosen, _value(documents, chosen), strict=True), 1)
        ]


class PaymentNotReplicated(Fault):
    """Paid here and open there, in turns: AP automation believes it alone, or was never told."""

    code = "PAYMENT_NOT_REPLICATED"
    rate = 15

    def plant(self, documents: Documents, masters: Masters, rng: np.random.Generator) -> list[Label]:
        bills, gross = documents.invoices, documents.gross_amount
        # Order ids only choose between two records of one supplier; those suppliers are left out.
        settlement = settle(documents, masters, np.zeros(len(documents.orders.po_day), dtype=np.int64))
        day = settlement.run_day
        fits = (day > 0) & (day <= LAST_DAY - _PAYMENT_GRACE) & (bills.doc_kind == INVOICE)
        supplier = documents.orders.po_supplier[bills.doc_po]
        used = masters.extras_of("erp_cloud")
        split = [extra.of for extra in used if extra.is_used and extra.of is not None]
        netted = np.unique(settlement.payment[(bills.doc_kind != INVOICE) & (settlement.payment >= 0)])
        fits &= ~np.isin(settlement.payment, netted) & ~np.isin(supplier, split)
        spoiled = np.bincount(bills.doc[documents.orders.taken[bills.line]], minlength=len(day)) > 0
        wanted = len(self.choose(np.flatnonzero(day > 0), rng))
        chosen = np.sort(rng.permutation(np.flatnonzero(fits & ~spoiled))[:wanted])
        bills.doc_paid_in_erp[chosen[::2]] = False
        bills.doc_paid_in_ap[chosen[1::2]] = False
        return [
            Label(self.fault_id(n), self.code, base.INVOICE, int(doc), self.code, None, int(gross[doc]))
            for n, doc in enumerate(chosen, 1)
        ]


class AccrualWrong(Fault):
    """The ERP booked the receipt, a tenth too high."""

    code = "ACCRUAL_WRONG"
    rate = 10

    def plant(self, documents: Documents, masters: Masters, rng: np.random.Generator) -> list[Label]:
        receipts = documents.receipts
        recent = receipts.alive & (receipts.posting_day > LAST_DAY - _RECENT)
        wanted = len(self.choose(np.flatnonzero(recent), rng))
        old = receipts.recorded_at < clock.world_end() - _SETTLED
        excess = _value(documents, np.arange(len(receipts.line))) // 10
        replicated = documents.orders.po_replicated[documents.orders.po[receipts.line]]
        able = np.flatnonzero(_plain_receipts(documents) & replicated & recent & old & (excess > _CLEARLY))
        shuffled = rng.permutation(able)
        # One receipt a line, so that each finding has one label.
        chosen = _one_a_line(receipts.line, np.sort(shuffled[:wanted]))
        others = shuffled[~np.isin(receipts.line[shuffled], receipts.line[chosen])]
        missing = max(self.least - len(chosen), 0)
        chosen = np.sort(np.concatenate([chosen, _one_a_line(receipts.line, others)[:missing]]))
        receipts.misbooked[chosen] = excess[chosen]
        documents.orders.taken[receipts.line[chosen]] = True
        return [
            Label(self.fault_id(n), self.code, ORDER_LINE, int(line), self.code, "RECEIPT_VALUE", int(cents))
            for n, (line, cents) in enumerate(zip(receipts.line[chosen], excess[chosen], strict=True), 1)
        ]


class AccrualMissing(Fault):
    """The ERP took the receipt, nothing of it is in its journal, and no invoice has come."""

    code = "ACCRUAL_MISSING"
    rate = 10

    def plant(self, documents: Documents, masters: Masters, rng: np.random.Generator) -> list[Label]:
        orders, receipts = documents.orders, documents.receipts
        unbilled = documents.invoices_per_line == 0
        alone = np.bincount(receipts.line[receipts.alive], minlength=len(orders.po)) == 1
        # Most of what came in these months is billed by now, so the rate is of all of it.
        recent = receipts.alive & (receipts.posting_day > LAST_DAY - _RECENT)
        wanted = len(self.choose(np.flatnonzero(recent), rng))
        old = (receipts.recorded_at < clock.world_end() - 2 * _SETTLED) & recent
        plain = _plain_receipts(documents) & orders.po_replicated[orders.po[receipts.line]]
        able = np.flatnonzero(plain & (unbilled & alone)[receipts.line] & old)
        chosen = np.sort(rng.permutation(able)[:wanted])
        receipts.accrued[chosen] = False
        orders.taken[receipts.line[chosen]] = True
        return [
            Label(self.fault_id(n), self.code, ORDER_LINE, int(line), self.code, None, int(cents))
            for n, (line, cents) in enumerate(
                zip(receipts.line[chosen], _value(documents, chosen), strict=True), 1
            )
        ]

"""What both ERPs have in common: when a document reached the ERP of its legal entity, and what was booked.

The ERPs print these facts under their own names and numbers. Nothing here is written to disk.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from sandbox import clock, names
from sandbox.beliefs.identity import Chunk
from sandbox.clock import Bools, Ints
from sandbox.columns import CENT
from sandbox.documents import CREDIT, RECEIPT
from sandbox.orders import CANCELLED, ISSUED

CASH, PAYABLE, GRNI, FREIGHT, TAX = "110000", "200000", "210000", "630100", "640100"
GOODS_RECEIPT, SUPPLIER_INVOICE, PAYMENT = range(3)
# Added to the number of a receipt that was booked astray; no world has so many.
STRAY = 50_000_000
ACCOUNTS = tuple(account[0] for account in names.ACCOUNTS)


@dataclass(frozen=True)
class Entries:
    """Journal lines sorted by document: `source` = row of the receipt, invoice or payment booked.

    `cents` are debits if positive; `line` is the order line of a line that is for one, else -1.
    """

    kind: Ints
    document: Ints
    number: Ints
    source: Ints
    account: Ints
    cents: Ints
    line: Ints
    po: Ints
    day: Ints
    at: Ints


@dataclass(frozen=True)
class Books:
    """The documents of a chunk as the ERP of each legal entity knows them."""

    chunk: Chunk

    @cached_property
    def order_known_at(self) -> Ints:
        """UTC seconds at which each order reached its ERP."""
        return self.chunk.documents.orders.approved_at + 120 + self.chunk.order_ids * 37 % 900

    @cached_property
    def has_order(self) -> Bools:
        """Approved orders that the ERP knows by now."""
        orders = self.chunk.documents.orders
        approved = (orders.po_state == ISSUED) | (orders.po_state == CANCELLED)
        known: Bools = approved & orders.po_replicated & (self.order_known_at <= clock.world_end())
        return known

    @cached_property
    def order_closed(self) -> Bools:
        """Orders whose closing the ERP knows by now."""
        closed = self.chunk.closed_at
        known: Bools = (closed > 0) & (closed + 300 <= clock.world_end())
        return known

    @cached_property
    def order_cancelled(self) -> Bools:
        """Orders whose cancellation the ERP knows by now."""
        cancelled = self.chunk.cancelled_at
        told = self.chunk.documents.orders.po_cancel_replicated
        known: Bools = (cancelled > 0) & (cancelled + 300 <= clock.world_end()) & told
        return known

    @cached_property
    def order_changed_at(self) -> Ints:
        """UTC seconds of the last change of each order's own data in the ERP."""
        closed = np.where(self.order_closed, self.chunk.closed_at + 300, 0)
        cancelled = np.where(self.order_cancelled, self.chunk.cancelled_at + 300, 0)
        changed: Ints = np.maximum.reduce([self.order_known_at, closed, cancelled])
        return changed

    @cached_property
    def receipt_known_at(self) -> Ints:
        """UTC seconds at which each receipt reached its ERP: minutes to hours after it was recorded."""
        receipts = self.chunk.documents.receipts
        number = receipts.document * 7_919
        return receipts.recorded_at + 300 + number % 7_200 + np.where(number % 10 == 3, 36_000, 0)

    @cached_property
    def has_receipt(self) -> Bools:
        """Receipt rows that the ERP knows by now."""
        receipts = self.chunk.documents.receipts
        known: Bools = receipts.alive & receipts.in_erp & (self.receipt_known_at <= clock.world_end())
        return known

    @cached_property
    def receipt_value(self) -> Ints:
        """Cents of each receipt row as booked: the order's price by the base units that inventory told."""
        orders, receipts = self.chunk.documents.orders, self.chunk.documents.receipts
        factor = self._order_factor[receipts.line]
        value = receipts.stock * orders.price[receipts.line]
        return (value + factor * CENT // 2) // (factor * CENT) + receipts.misbooked

    @cached_property
    def _order_factor(self) -> Ints:
        """Base units in the unit of each order line, as the ERP had it when the order was placed."""
        orders, masters = self.chunk.documents.orders, self.chunk.masters
        factor = masters.factor[orders.item, orders.unit]
        for item, units in masters.erp_units.items():
            for row in units:
                ends = clock.day_number(row.valid_to) if row.valid_to else clock.LAST_DAY + 1
                day = orders.po_day[orders.po]
                hit = (orders.item == item) & (orders.unit == row.unit) & (day < ends)
                factor[hit & (day >= clock.day_number(row.valid_from))] = row.factor
        return factor

    def has_invoice(self, entity: int) -> Bools:
        """Invoices posted in the ERP of a legal entity."""
        bills = self.chunk.documents.invoices
        own = self.chunk.documents.orders.entity[bills.doc_po] == entity
        posted: Bools = self.chunk.settlement.posted & bills.doc_in_erp & (own | bills.doc_in_both_erps)
        return posted

    def entries(self, entity: int) -> Entries:
        """The journal of a legal entity's ERP."""
        parts = (
            self._receipt_entries(entity),
            self._stray_entries(entity),
            self._invoice_entries(entity),
            self._payment_entries(entity),
        )
        joined = [np.concatenate(column) for column in zip(*parts, strict=True)]
        kind, document = joined[0], joined[1]
        order = np.lexsort((document, kind))
        kind, document, source, account, cents, line, po, day, at = (column[order] for column in joined)
        group = kind * 10**10 + document
        number = np.arange(len(group)) - np.searchsorted(group, group) + 1
        return Entries(kind, document, number, source, account, cents, line, po, day, at)

    def _receipt_entries(self, entity: int) -> tuple[Ints, ...]:
        """A line on the clearing account for each receipt row, counterparts by account of the document."""
        orders, receipts = self.chunk.documents.orders, self.chunk.documents.receipts
        own = orders.entity[orders.po[receipts.line]] == entity
        rows = np.flatnonzero(self.has_receipt & receipts.accrued & own)
        value = np.where(receipts.kind[rows] == RECEIPT, 1, -1) * self.receipt_value[rows]
        expense = self._item_account[orders.item[receipts.line[rows]]]
        key = receipts.document[rows] * 100 + expense
        _, first, place = np.unique(key, return_index=True, return_inverse=True)
        debit = np.zeros(len(first), dtype=np.int64)
        np.add.at(debit, place, value)
        source = np.concatenate([rows[first], rows])
        line = receipts.line[source]
        return (
            np.full(len(source), GOODS_RECEIPT),
            self.chunk.receipt_numbers[source],
            source,
            np.concatenate([expense[first], np.full(len(rows), ACCOUNTS.index(GRNI))]),
            np.concatenate([debit, -value]),
            np.concatenate([np.full(len(first), -1), receipts.line[rows]]),
            orders.po[line],
            receipts.posting_day[source],
            self.receipt_known_at[source],
        )

    def _stray_entries(self, entity: int) -> tuple[Ints, ...]:
        """Receipts booked once more under a number of their own, the line on the clearing account first."""
        orders, receipts = self.chunk.documents.orders, self.chunk.documents.receipts
        own = orders.entity[orders.po[receipts.line]] == entity
        rows = np.flatnonzero(receipts.booked_astray & self.has_receipt & own)
        value, source = self.receipt_value[rows], np.concatenate([rows, rows])
        expense = self._item_account[orders.item[receipts.line[rows]]]
        return (
            np.full(len(source), GOODS_RECEIPT),
            STRAY + self.chunk.receipt_numbers[source],
            source,
            np.concatenate([np.full(len(rows), ACCOUNTS.index(GRNI)), expense]),
            np.concatenate([-value, value]),
            np.full(len(source), -1),
            orders.po[receipts.line[source]],
            receipts.posting_day[source],
            self.receipt_known_at[source],
        )

    def _invoice_entries(self, entity: int) -> tuple[Ints, ...]:
        """Goods against the clearing account, services, freight and tax against expense, all that is owed."""
        orders, bills = self.chunk.documents.orders, self.chunk.documents.invoices
        here = self.has_invoice(entity)
        sign = np.where(bills.doc_kind == CREDIT, -1, 1)
        lines, docs = np.flatnonzero(here[bills.doc]), np.flatnonzero(here)
        freight, taxed = docs[bills.doc_freight[docs] > 0], docs[bills.doc_tax[docs] > 0]
        goods, order_line = orders.three_way[bills.line[lines]], bills.line[lines]
        service = self._item_account[orders.item[order_line]]
        source = np.concatenate([bills.doc[lines], freight, taxed, docs])
        others = len(freight) + len(taxed) + len(docs)
        settlement = self.chunk.settlement
        return (
            np.full(len(source), SUPPLIER_INVOICE),
            self.chunk.invoice_numbers[source],
            source,
            np.concatenate(
                [
                    np.where(goods, ACCOUNTS.index(GRNI), service),
                    np.full(len(freight), ACCOUNTS.index(FREIGHT)),
                    np.full(len(taxed), ACCOUNTS.index(TAX)),
                    np.full(len(docs), ACCOUNTS.index(PAYABLE)),
                ]
            ),
            sign[source]
            * np.concatenate(
                [
                    self.chunk.documents.line_amount[lines],
                    bills.doc_freight[freight],
                    bills.doc_tax[taxed],
                    -self.chunk.documents.gross_amount[docs],
                ]
            ),
            np.concatenate([order_line, np.full(others, -1)]),
            bills.doc_po[source],
            settlement.posting_day[source],
            settlement.posted_at[source] + 1_800,
        )

    def _payment_entries(self, entity: int) -> tuple[Ints, ...]:
        settlement = self.chunk.settlement
        rows = np.flatnonzero(settlement.payment_entity == entity)
        source = np.concatenate([rows, rows])
        amount = settlement.payment_amount[rows]
        accounts = [np.full(len(rows), ACCOUNTS.index(code)) for code in (PAYABLE, CASH)]
        nothing = np.full(len(source), -1)
        return (
            np.full(len(source), PAYMENT),
            self.chunk.offsets.payments + source + 1,
            source,
            np.concatenate(accounts),
            np.concatenate([amount, -amount]),
            nothing,
            nothing.copy(),
            settlement.payment_day[source],
            settlement.paid_at[source],
        )

    @cached_property
    def _item_account(self) -> Ints:
        return np.array([ACCOUNTS.index(row.account) for row in self.chunk.masters.items])

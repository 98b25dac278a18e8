"""The identifiers that all systems print for one chunk of documents, and what follows from its documents.

Numbers continue from chunk to chunk, so a chunk can be written without knowing the others.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pyarrow as pa

from sandbox import clock, columns
from sandbox.clock import Bools, Ints
from sandbox.documents import CREDIT, MISTYPED, RECEIPT, VOID, Documents
from sandbox.masters import Masters
from sandbox.names import ENTITIES
from sandbox.orders import CANCELLED, ISSUED
from sandbox.settlement import Settlement, settle

_CLOSING_DAYS = 25


@dataclass(frozen=True)
class Offsets:
    """How many orders, lines, invoices, receipts and payments earlier chunks have written."""

    orders: int = 0
    lines: int = 0
    invoices: int = 0
    receipts: int = 0
    payments: int = 0


@dataclass(frozen=True)
class Chunk:
    """One chunk of the world, ready to be printed."""

    number: int
    offsets: Offsets
    masters: Masters
    documents: Documents

    @property
    def order_ids(self) -> Ints:
        """Procurement's id of each order."""
        return 1_000_001 + self.offsets.orders + np.arange(len(self.documents.orders.po_day))

    @property
    def line_ids(self) -> Ints:
        """Procurement's id of each order line."""
        return 10_000_001 + self.offsets.lines + np.arange(len(self.documents.orders.po))

    @cached_property
    def po_numbers(self) -> pa.Array:
        """The order number every system prints."""
        return columns.numbered("PO", self.order_ids - 900_000, 8)

    @cached_property
    def invoice_ids(self) -> pa.Array:
        """AP automation's id of each invoice."""
        return columns.numbered("AP", self.invoice_numbers, 9)

    @property
    def invoice_numbers(self) -> Ints:
        """Running number of each invoice."""
        return 1 + self.offsets.invoices + np.arange(len(self.documents.invoices.doc_po))

    @cached_property
    def invoice_line_numbers(self) -> Ints:
        """Position of each line on its invoice, from 1; lines are sorted by invoice."""
        doc = self.documents.invoices.doc
        return np.arange(len(doc)) - np.searchsorted(doc, doc) + 1

    @cached_property
    def invoice_line_ids(self) -> pa.Array:
        """AP automation's id of each invoice line."""
        ids = self.invoice_ids.take(pa.array(self.documents.invoices.doc))
        return columns.joined("-", ids, columns.numbered("", self.invoice_line_numbers, 2))

    @cached_property
    def printed_numbers(self) -> pa.Array:
        """The supplier's own invoice number; credit memos and voided entries are told apart.

        It ends in two check digits, so that no two true numbers are one typing error apart.
        """
        bills, rows = self.documents.invoices, self.masters.suppliers
        supplier = self.documents.orders.po_supplier[bills.doc_po]
        kind = np.where(bills.doc_kind == CREDIT, 1, np.where(bills.doc_void, 2, 0))
        shown = np.where(bills.doc_print >= 0, bills.doc_print, np.arange(len(bills.doc_po)))
        body = 1_000_000 + self.invoice_numbers[shown]
        number = body * 100 + 98 - body * 100 % 97
        digit = number // 10_000 % 10
        number = np.where(bills.doc_style == MISTYPED, number + ((digit + 5) % 10 - digit) * 10_000, number)
        starts = [row.name[:2].upper() for row in rows]
        prefixes = [
            *(f"{start}-" for start in starts),
            *(f"{start.lower()} " for start in starts),
            *(f"{start}." for start in starts),
            *("" for _ in starts),
            *(f"{start}-" for start in starts),
        ]
        return columns.joined(
            "",
            columns.pick(prefixes, bills.doc_style * len(rows) + supplier),
            columns.numbered("", number),
            columns.pick(("", "CM", "X"), kind),
        )

    @cached_property
    def images(self) -> Ints:
        """Number of the scanned image of each invoice."""
        image = self.documents.invoices.doc_image
        shown = np.where(image >= 0, image, np.arange(len(image)))
        return self.invoice_numbers[shown] * 7_919 % 99_999_989 + 10**11

    @cached_property
    def settlement(self) -> Settlement:
        """When each invoice was posted and paid."""
        return settle(self.documents, self.masters, self.order_ids)

    @cached_property
    def receipt_numbers(self) -> Ints:
        """Inventory's number of each living receipt row's document; 0 for what never happened."""
        receipts = self.documents.receipts
        numbers = np.zeros(len(receipts.line), dtype=np.int64)
        place = np.unique(receipts.document[receipts.alive], return_inverse=True)[1]
        numbers[receipts.alive] = self.offsets.receipts + place + 1
        return numbers

    @cached_property
    def receipt_line_numbers(self) -> Ints:
        """Position of each living row on its receipt, from 1."""
        alive = np.flatnonzero(self.documents.receipts.alive)
        number = self.receipt_numbers[alive]
        by_document = np.lexsort((alive, number))
        ordered = number[by_document]
        numbers = np.zeros(len(self.documents.receipts.line), dtype=np.int64)
        numbers[alive[by_document]] = np.arange(len(alive)) - np.searchsorted(ordered, ordered) + 1
        return numbers

    @cached_property
    def received(self) -> Ints:
        """What came of each line in order units, returns not deducted."""
        receipts = self.documents.receipts
        sign = np.where(receipts.kind == RECEIPT, 1, np.where(receipts.kind == VOID, -1, 0)) * receipts.alive
        total = np.zeros(len(self.documents.orders.po), dtype=np.int64)
        np.add.at(total, receipts.line, sign * receipts.quantity)
        return total

    @cached_property
    def billed(self) -> Ints:
        """What was invoiced of each line in order units, credits not deducted."""
        bills = self.documents.invoices
        counts = (bills.doc_kind[bills.doc] != CREDIT) & ~bills.doc_void[bills.doc]
        total = np.zeros(len(self.documents.orders.po), dtype=np.int64)
        np.add.at(total, bills.line, counts * bills.quantity)
        return total

    @cached_property
    def delivery_complete(self) -> Bools:
        """Lines of which everything came; services are complete once invoiced."""
        orders = self.documents.orders
        came = np.where(orders.three_way, self.received, self.billed)
        complete: Bools = (came >= orders.quantity) & (orders.po_state == ISSUED)[orders.po]
        return complete

    @cached_property
    def finally_invoiced(self) -> Bools:
        """Lines of which everything was invoiced."""
        return (self.billed >= self.documents.orders.quantity) & self.delivery_complete

    @cached_property
    def last_event(self) -> Ints:
        """UTC seconds of the last receipt, return, invoice or credit of each order, else of its approval."""
        orders, receipts, bills = self.documents.orders, self.documents.receipts, self.documents.invoices
        last = orders.approved_at.copy()
        np.maximum.at(last, orders.po[receipts.line[receipts.alive]], receipts.recorded_at[receipts.alive])
        np.maximum.at(last, bills.doc_po, bills.doc_received_at)
        return last

    @cached_property
    def closed_at(self) -> Ints:
        """UTC seconds at which procurement closed an order, after all else; 0 while it is open."""
        orders = self.documents.orders
        open_lines = np.zeros(len(orders.po_day), dtype=np.int64)
        np.add.at(open_lines, orders.po, ~self.finally_invoiced | orders.taken)
        closed = self.last_event + _CLOSING_DAYS * clock.SECONDS_A_DAY
        done = (open_lines == 0) & (closed <= clock.world_end()) & (self.order_ids % 7 != 0)
        return np.where(done, closed, 0)

    @cached_property
    def cancelled_at(self) -> Ints:
        """UTC seconds at which an order was cancelled, else 0."""
        orders = self.documents.orders
        at = np.minimum(orders.approved_at + 2 * clock.SECONDS_A_DAY, clock.world_end())
        return np.where(orders.po_state == CANCELLED, at, 0)

    def entity_codes(self, orders: Ints) -> pa.Array:
        """Legal entity of orders by position."""
        return columns.pick([entity.code for entity in ENTITIES], self.documents.orders.entity[orders])

"""The shape of receipts and invoices in the generator: columns, one row a line, positions as references.

`fulfilment.py` and `corrections.py` fill them for the clean world, faults edit them, the beliefs print them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypedDict

import numpy as np

from sandbox.clock import Bools, Ints
from sandbox.columns import extend
from sandbox.masters import EA, Masters
from sandbox.orders import Orders

RECEIPT, RETURN, VOID = range(3)
INVOICE, CREDIT = range(2)
QUANTITY, REVERSAL = range(2)
# How an invoice number is printed: as the supplier does, retyped, with other punctuation, bare, mistyped.
PLAIN, RETYPED, DOTTED, BARE, MISTYPED = range(5)


@dataclass(frozen=True)
class Receipts:
    """One row per counted line of a receipt; `original` is the row a return or void refers to, else -1.

    `quantity` is what came, in order units; `counted` and `stock` are what the clerk and the system wrote.
    `document` groups rows onto one receipt; rows no longer `alive` never happened. The ERP took over rows
    `in_erp` and booked them where `accrued`, `misbooked` cents too high; those `booked_astray` it booked
    once more under a number that no receipt has.
    """

    line: Ints
    kind: Ints
    quantity: Ints
    document: Ints
    day: Ints
    posting_day: Ints
    recorded_at: Ints
    original: Ints
    counted: Ints
    counted_unit: Ints
    stock: Ints
    alive: Bools
    in_erp: Bools
    accrued: Bools
    misbooked: Ints
    booked_astray: Bools


@dataclass(frozen=True)
class Invoices:
    """Invoice headers (`doc_` columns) and lines; `doc` = position of its header.

    `quantity` is in order units, `bill_quantity` and `bill_price` are what the supplier printed. A header
    shows number and image of another one where `doc_print` and `doc_image` name it, else (-1) its own;
    likewise `doc_terms` are its payment terms where they are not those of its order. Its printed total is
    `doc_misprint` cents too high. AP automation sees no order number on it unless `doc_refers`, and files it
    under the other legal entity if `doc_misfiled`; the ERP knows a posted one if `doc_in_erp`, `doc_misread`
    cents too high.
    """

    doc_po: Ints
    doc_kind: Ints
    doc_original: Ints
    doc_day: Ints
    doc_received_at: Ints
    doc_freight: Ints
    doc_tax: Ints
    doc_misprint: Ints
    doc_void: Bools
    doc_credit_kind: Ints
    doc_print: Ints
    doc_style: Ints
    doc_image: Ints
    doc_held: Bools
    doc_paid_in_ap: Bools
    doc_paid_in_erp: Bools
    doc_in_both_erps: Bools
    doc_terms: Ints
    doc_refers: Bools
    doc_misfiled: Bools
    doc_in_erp: Bools
    doc_misread: Ints
    doc: Ints
    line: Ints
    quantity: Ints
    bill_unit: Ints
    bill_quantity: Ints
    bill_price: Ints


@dataclass(frozen=True)
class Documents:
    """The documents of a chunk."""

    orders: Orders
    receipts: Receipts
    invoices: Invoices

    @property
    def receipts_per_line(self) -> Ints:
        """Living receipt rows of any kind, by order line."""
        return np.bincount(self.receipts.line[self.receipts.alive], minlength=len(self.orders.po))

    @property
    def invoices_per_line(self) -> Ints:
        """Invoice rows of any kind, by order line."""
        return np.bincount(self.invoices.line, minlength=len(self.orders.po))

    @property
    def line_amount(self) -> Ints:
        """Cents of each invoice line."""
        return extend(self.invoices.bill_quantity, self.invoices.bill_price)

    @property
    def gross_amount(self) -> Ints:
        """Cents of each invoice as printed: its lines, freight and tax; credits are positive too."""
        bills = self.invoices
        gross = bills.doc_freight + bills.doc_tax + bills.doc_misprint
        np.add.at(gross, bills.doc, self.line_amount)
        return gross

    @property
    def received(self) -> Ints:
        """What came of each line and stayed, in order units."""
        receipts = self.receipts
        sign = np.where(receipts.kind == RECEIPT, 1, -1) * receipts.alive
        total = np.zeros(len(self.orders.po), dtype=np.int64)
        np.add.at(total, receipts.line, sign * receipts.quantity)
        return total


def receipt_rows(
    orders: Orders, masters: Masters, line: Ints, quantity: Ints, kind: Ints, original: Ints, *,
    document: Ints, day: Ints, posting: Ints, recorded: Ints,
) -> Receipts:  # fmt: skip
    """Rows counted as the clerk counts the line, converted by the item's true packs."""
    item, unit = orders.item[line], orders.unit[line]
    stock = quantity * masters.factor[item, unit]
    in_each = orders.counted_in_each[line]
    return Receipts(
        line=line,
        kind=kind,
        quantity=quantity,
        document=document,
        day=day,
        posting_day=posting,
        recorded_at=recorded,
        original=original,
        counted=np.where(in_each, stock, quantity),
        counted_unit=np.where(in_each, EA, unit),
        stock=stock,
        alive=np.ones(len(line), dtype=np.bool_),
        in_erp=np.ones(len(line), dtype=np.bool_),
        accrued=np.ones(len(line), dtype=np.bool_),
        misbooked=np.zeros(len(line), dtype=np.int64),
        booked_astray=np.zeros(len(line), dtype=np.bool_),
    )


def prints_buyer_items(supplier: Ints) -> Bools:
    """The third of suppliers who print the buyer's item number on their invoices."""
    prints: Bools = supplier % 3 == 0
    return prints


class UsualHeaders(TypedDict):
    """The header columns that say how an invoice was printed, posted and paid."""

    doc_tax: Ints
    doc_misprint: Ints
    doc_credit_kind: Ints
    doc_print: Ints
    doc_style: Ints
    doc_image: Ints
    doc_held: Bools
    doc_paid_in_ap: Bools
    doc_paid_in_erp: Bools
    doc_in_both_erps: Bools
    doc_terms: Ints
    doc_refers: Bools
    doc_misfiled: Bools
    doc_in_erp: Bools
    doc_misread: Ints


def usual_headers(count: int) -> UsualHeaders:
    """The header columns of invoices that are printed, posted and paid as they should be."""
    none, yes = np.full(count, -1), np.ones(count, dtype=np.bool_)
    return {
        "doc_tax": np.zeros(count, dtype=np.int64),
        "doc_misprint": np.zeros(count, dtype=np.int64),
        "doc_credit_kind": np.full(count, QUANTITY),
        "doc_print": none,
        "doc_style": np.full(count, PLAIN),
        "doc_image": none.copy(),
        "doc_held": ~yes,
        "doc_paid_in_ap": yes,
        "doc_paid_in_erp": yes.copy(),
        "doc_in_both_erps": ~yes,
        "doc_terms": none.copy(),
        "doc_refers": yes.copy(),
        "doc_misfiled": ~yes,
        "doc_in_erp": yes.copy(),
        "doc_misread": np.zeros(count, dtype=np.int64),
    }


def extended(bills: Invoices, **rows: Ints | Bools) -> Invoices:
    """The invoices with further headers and lines; columns not given are as usual."""
    given = {**usual_headers(len(rows["doc_po"])), **rows}
    return Invoices(**{k: np.concatenate([v, given[k]]) for k, v in vars(bills).items()})


def append(first: Receipts, second: Receipts) -> Receipts:
    """Both sets of rows, the first ones keeping their positions."""
    return Receipts(**{k: np.concatenate([v, getattr(second, k)]) for k, v in vars(first).items()})

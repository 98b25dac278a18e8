"""The shape of receipts and invoices in the generator: columns, one row a line, positions as references.

`fulfilment.py` and `corrections.py` fill them for the clean world, faults edit them, the beliefs print them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sandbox.clock import Bools, Ints
from sandbox.columns import extend
from sandbox.masters import EA, Masters
from sandbox.orders import Orders

RECEIPT, RETURN, VOID = range(3)
INVOICE, CREDIT = range(2)


@dataclass(frozen=True)
class Receipts:
    """One row per counted line of a receipt; `original` is the row a return or void refers to, else -1.

    `quantity` is what came, in order units; `counted` and `stock` are what the clerk and the system wrote.
    `document` groups rows onto one receipt; rows no longer `alive` never happened.
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


@dataclass(frozen=True)
class Invoices:
    """Invoice headers (`doc_` columns) and lines; `doc` = position of its header.

    `quantity` is in order units, `bill_quantity` and `bill_price` are what the supplier printed.
    """

    doc_po: Ints
    doc_kind: Ints
    doc_original: Ints
    doc_day: Ints
    doc_received_at: Ints
    doc_freight: Ints
    doc_void: Bools
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
    )


def append(first: Receipts, second: Receipts) -> Receipts:
    """Both sets of rows, the first ones keeping their positions."""
    return Receipts(**{k: np.concatenate([v, getattr(second, k)]) for k, v in vars(first).items()})

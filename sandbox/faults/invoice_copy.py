"""Copies of invoices: the choice of plain ones to copy, and the rows of the copy.

Shared by the duplicates and by what only looks like one; decides nothing about either.
"""

from __future__ import annotations

import numpy as np

from sandbox.clock import LAST_DAY, SECONDS_A_DAY, Bools, Ints
from sandbox.documents import INVOICE, Documents, Invoices, extended

# A copy comes within three weeks of its original.
ROOM = 25


def plain_documents(documents: Documents) -> Bools:
    """Invoices of goods, without freight, that alone bill lines which came and are billed in full."""
    orders, bills = documents.orders, documents.invoices
    line = bills.line
    full = (bills.quantity == orders.quantity[line]) & (documents.received[line] == orders.quantity[line])
    plain = full & orders.three_way[line] & ~orders.taken[line] & (documents.invoices_per_line[line] == 1)
    spoiled = np.bincount(bills.doc[~plain], minlength=len(bills.doc_po)) > 0
    fits = ~spoiled & (bills.doc_kind == INVOICE) & ~bills.doc_void & (bills.doc_freight == 0)
    chosen: Bools = fits & (np.bincount(bills.doc, minlength=len(bills.doc_po)) > 0)
    chosen &= (bills.doc_day <= LAST_DAY - ROOM) & (bills.doc_received_at < (LAST_DAY - ROOM) * SECONDS_A_DAY)
    return chosen


def take_lines(documents: Documents, docs: Ints) -> None:
    """Reserve all lines of some invoices."""
    bills = documents.invoices
    documents.orders.taken[bills.line[np.isin(bills.doc, docs)]] = True


def with_copies(documents: Documents, originals: Ints, days: Ints, **headers: Ints | Bools) -> Documents:
    """The documents with a copy of each original at their end, so many days later, two more on its way.

    `headers` are columns of the copies; what is not given is as on the original or as usual.
    """
    bills = documents.invoices
    count = len(originals)
    first = np.searchsorted(bills.doc, originals)
    size = np.searchsorted(bills.doc, originals, side="right") - first
    row = np.arange(size.sum()) + np.repeat(first - (np.cumsum(size) - size), size)
    columns: dict[str, Ints | Bools] = {
        "doc_po": bills.doc_po[originals],
        "doc_kind": bills.doc_kind[originals],
        "doc_original": np.full(count, -1),
        "doc_day": bills.doc_day[originals] + days,
        "doc_received_at": bills.doc_received_at[originals] + (days + 2) * SECONDS_A_DAY,
        "doc_freight": np.zeros(count, dtype=np.int64),
        "doc_void": np.zeros(count, dtype=np.bool_),
        "doc": np.repeat(len(bills.doc_po) + np.arange(count), size),
        "line": bills.line[row],
        "quantity": bills.quantity[row],
        "bill_unit": bills.bill_unit[row],
        "bill_quantity": bills.bill_quantity[row],
        "bill_price": bills.bill_price[row],
        **headers,
    }
    return Documents(documents.orders, documents.receipts, extended(bills, **columns))


def scale_lines(bills: Invoices, rows: Ints, quantity: Ints) -> None:
    """Bill another quantity in order units on some lines."""
    per_unit = bills.bill_quantity[rows] // bills.quantity[rows]
    bills.quantity[rows] = quantity
    bills.bill_quantity[rows] = quantity * per_unit

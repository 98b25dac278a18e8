"""Invoices whose order nobody can find, or whose order is another legal entity's; AP automation holds them.

Relevant are invoices of goods without freight that alone bill what came. Without an order only the buyer's
own item number says what a line is, so only suppliers who print it can leave the order out. Either way no
account can be derived, which is labelled too.
"""

from __future__ import annotations

import numpy as np

from sandbox.clock import Bools, Ints
from sandbox.documents import Documents, prints_buyer_items
from sandbox.faults.base import INVOICE_LINE, Fault, Label
from sandbox.faults.invoice_copy import plain_documents, take_lines
from sandbox.masters import Masters


class _ReferenceFault(Fault):
    expected: str
    underived: str
    rate = 15

    def plant(self, documents: Documents, masters: Masters, rng: np.random.Generator) -> list[Label]:
        bills, amount = documents.invoices, documents.line_amount
        docs = self.choose(np.flatnonzero(plain_documents(documents) & self.suits(documents)), rng)
        self.spoil(documents, docs)
        bills.doc_held[docs] = True
        take_lines(documents, docs)
        return [
            Label(self.fault_id(n), self.code, INVOICE_LINE, row, expected, cause, int(amount[row]))
            for n, doc in enumerate(docs, 1)
            for row in np.flatnonzero(bills.doc == doc).tolist()
            for expected, cause in ((self.expected, None), ("DERIVATION_FAILED", self.underived))
        ]

    def suits(self, documents: Documents) -> Bools:
        """Which invoices can have this fault; every one, if not said otherwise."""
        return np.ones(len(documents.invoices.doc_po), dtype=np.bool_)

    def spoil(self, documents: Documents, docs: Ints) -> None:
        """Edit the headers."""
        raise NotImplementedError


class InvoiceNoPo(_ReferenceFault):
    """Neither the invoice nor its lines name an order, which alone knew the commodity."""

    code = "INVOICE_NO_PO"
    expected = "NO_PO_LINK"
    underived = "NO_CATEGORY"

    def suits(self, documents: Documents) -> Bools:
        return prints_buyer_items(documents.orders.po_supplier[documents.invoices.doc_po])

    def spoil(self, documents: Documents, docs: Ints) -> None:
        documents.invoices.doc_refers[docs] = False


class InvoiceWrongPo(_ReferenceFault):
    """The invoice is filed under one legal entity, its order and cost center are the other one's."""

    code = "INVOICE_WRONG_PO"
    expected = "LINK_CONFLICT"
    underived = "COST_CENTER_MAP_GAP"

    def spoil(self, documents: Documents, docs: Ints) -> None:
        documents.invoices.doc_misfiled[docs] = True

"""What nobody agreed to on an invoice: sales tax, freight, and a total that does not add up.

Relevant are invoices of goods without freight that alone bill what came. A total that does not add up cannot
be posted, so AP automation holds its invoice.
"""

from __future__ import annotations

import numpy as np

from sandbox.clock import Bools, Ints
from sandbox.documents import Documents
from sandbox.faults import base
from sandbox.faults.base import Fault, Label
from sandbox.faults.invoice_copy import plain_documents, take_lines
from sandbox.masters import Masters

# Cents: above the cap for charges and clearly above what is accepted as a small difference.
_CHARGE_FROM, _CHARGE_TO = 6_000, 14_000
_MISPRINT_FROM, _MISPRINT_TO = 600, 9_000


class _HeaderFault(Fault):
    expected: str
    rate = 15

    def plant(self, documents: Documents, masters: Masters, rng: np.random.Generator) -> list[Label]:
        docs = self.choose(np.flatnonzero(plain_documents(documents) & self.suits(documents)), rng)
        amount = self.spoil(documents, docs, documents.gross_amount[docs], rng)
        take_lines(documents, docs)
        return [
            Label(self.fault_id(n), self.code, base.INVOICE, int(doc), self.expected, None, int(cents))
            for n, (doc, cents) in enumerate(zip(docs, amount, strict=True), 1)
        ]

    def suits(self, documents: Documents) -> Bools:
        """Which invoices can have this fault; every one, if not said otherwise."""
        return np.ones(len(documents.invoices.doc_po), dtype=np.bool_)

    def spoil(self, documents: Documents, docs: Ints, gross: Ints, rng: np.random.Generator) -> Ints:
        """Edit the headers; the cents that each is wrong by."""
        raise NotImplementedError


class TaxOnExempt(_HeaderFault):
    """Sales tax, charged to a buyer who is exempt."""

    code = "TAX_ON_EXEMPT"
    expected = "TAX_UNEXPECTED"

    def suits(self, documents: Documents) -> Bools:
        # A tax of a few cents would be rounding.
        large: Bools = documents.gross_amount >= 1_000
        return large

    def spoil(self, documents: Documents, docs: Ints, gross: Ints, rng: np.random.Generator) -> Ints:
        tax: Ints = gross * rng.integers(500, 826, len(docs)) // 10_000
        documents.invoices.doc_tax[docs] = tax
        return tax


class FreightUnplanned(_HeaderFault):
    """Freight on an order that has none, above the cap in money and in share."""

    code = "FREIGHT_UNPLANNED"
    expected = "CHARGE_UNPLANNED"

    def suits(self, documents: Documents) -> Bools:
        free: Bools = documents.orders.po_freight[documents.invoices.doc_po] == 0
        return free

    def spoil(self, documents: Documents, docs: Ints, gross: Ints, rng: np.random.Generator) -> Ints:
        freight: Ints = gross // 40 + rng.integers(_CHARGE_FROM, _CHARGE_TO, len(docs))
        documents.invoices.doc_freight[docs] = freight
        return freight


class HeaderTotal(_HeaderFault):
    """The printed total is not the sum of its lines, too high and too low in turns."""

    code = "HEADER_TOTAL"
    expected = "CONTROL_TOTAL_MISMATCH"

    def suits(self, documents: Documents) -> Bools:
        large: Bools = documents.gross_amount > 2 * _MISPRINT_TO
        return large

    def spoil(self, documents: Documents, docs: Ints, gross: Ints, rng: np.random.Generator) -> Ints:
        off: Ints = rng.integers(_MISPRINT_FROM, _MISPRINT_TO, len(docs))
        documents.invoices.doc_misprint[docs] = np.where(np.arange(len(docs)) % 2 == 0, off, -off)
        documents.invoices.doc_held[docs] = True
        return off

"""What the ERP made of documents: invoices it never got or mistook, and receipts it booked for nobody.

Relevant are posted invoices that are not paid yet and no delay explains, and the receipts of the cloud ERP.
"""

from __future__ import annotations

import numpy as np

from sandbox import clock
from sandbox.clock import LAST_DAY, SECONDS_A_DAY, Ints
from sandbox.columns import extend
from sandbox.documents import INVOICE, RECEIPT, Documents
from sandbox.faults import base
from sandbox.faults.base import JOURNAL_LINE, Fault, Label
from sandbox.faults.invoice_copy import take_lines
from sandbox.masters import Masters
from sandbox.settlement import settle

_POSTED_BEFORE = 6
_SETTLED = 3 * SECONDS_A_DAY
_CLOUD_ENTITY = 0
_MISREAD_FROM, _MISREAD_TO = 200, 20_000


def _owed(documents: Documents, masters: Masters) -> Ints:
    """Invoices that the ERP should hold by now and has not paid, free of other faults."""
    bills = documents.invoices
    # Order ids only choose between two records of one supplier, and nobody is paid here.
    settlement = settle(documents, masters, np.zeros(len(documents.orders.po_day), dtype=np.int64))
    fits = settlement.posted & (settlement.run_day == 0) & (bills.doc_kind == INVOICE)
    fits &= settlement.posting_day <= LAST_DAY - _POSTED_BEFORE
    spoiled = np.bincount(bills.doc[documents.orders.taken[bills.line]], minlength=len(bills.doc_po)) > 0
    return np.flatnonzero(fits & ~spoiled)


class InvoiceNotReplicated(Fault):
    """AP automation posted an invoice that never reached the ERP."""

    code = "INVOICE_NOT_REPLICATED"
    rate = 40

    def plant(self, documents: Documents, masters: Masters, rng: np.random.Generator) -> list[Label]:
        gross = documents.gross_amount
        docs = self.choose(_owed(documents, masters), rng)
        documents.invoices.doc_in_erp[docs] = False
        take_lines(documents, docs)
        return [
            Label(self.fault_id(n), self.code, base.INVOICE, int(doc), self.code, None, int(gross[doc]))
            for n, doc in enumerate(docs, 1)
        ]


class InvoiceValueDiffers(Fault):
    """The ERP's own invoice has a higher total than the one in AP automation."""

    code = "INVOICE_VALUE_DIFFERS"
    rate = 40

    def plant(self, documents: Documents, masters: Masters, rng: np.random.Generator) -> list[Label]:
        docs = self.choose(_owed(documents, masters), rng)
        more = rng.integers(_MISREAD_FROM, _MISREAD_TO, len(docs))
        documents.invoices.doc_misread[docs] = more
        take_lines(documents, docs)
        return [
            Label(self.fault_id(n), self.code, base.INVOICE, int(doc), self.code, None, int(cents))
            for n, (doc, cents) in enumerate(zip(docs, more, strict=True), 1)
        ]


class OrphanPosting(Fault):
    """The cloud ERP booked a receipt once more, under a number that no receipt has."""

    code = "ORPHAN_POSTING"
    rate = 4

    def plant(self, documents: Documents, masters: Masters, rng: np.random.Generator) -> list[Label]:
        orders, receipts = documents.orders, documents.receipts
        po = orders.po[receipts.line]
        fits = receipts.alive & receipts.in_erp & receipts.accrued & (receipts.kind == RECEIPT)
        fits &= (orders.entity[po] == _CLOUD_ENTITY) & orders.po_replicated[po] & ~orders.taken[receipts.line]
        fits &= receipts.recorded_at < clock.world_end() - _SETTLED
        # A receipt has one number, however many lines.
        _, first = np.unique(receipts.document, return_index=True)
        rows = self.choose(np.intersect1d(first, np.flatnonzero(fits)), rng)
        receipts.booked_astray[rows] = True
        amount = extend(receipts.quantity[rows], orders.price[receipts.line[rows]])
        return [
            Label(self.fault_id(n), self.code, JOURNAL_LINE, int(row), self.code, None, int(cents))
            for n, (row, cents) in enumerate(zip(rows, amount, strict=True), 1)
        ]

"""Control: invoices that look like copies and are none, in three ways that take turns.

A supplier that begins its numbers again, which is allowed with a warning; a service billed in equal parts
month by month; an invoice that was reversed by a credit and sent again. The rate is of all invoices.
"""

from __future__ import annotations

import numpy as np

from sandbox import clock
from sandbox.clock import LAST_DAY, SECONDS_A_DAY, Bools, Ints
from sandbox.documents import CREDIT, INVOICE, REVERSAL, Documents
from sandbox.faults import base
from sandbox.faults.base import Fault, Label
from sandbox.faults.invoice_copy import plain_documents, scale_lines, take_lines, with_copies
from sandbox.masters import Masters

_A_YEAR = 340
_MONTH = 30
_PARTS = (6, 5, 4, 3, 2)


class InvoiceLookalike(Fault):
    """Labelled on the later invoice, of which no more should be said than that its number began again."""

    code = "INVOICE_LOOKALIKE"
    rate = 3

    def __init__(self, rate: float, chunk: int, least: int = 1) -> None:
        super().__init__(rate, chunk, least)
        self._planted: list[int] = []
        self._begun_again: set[int] = set()

    def extend(self, documents: Documents, masters: Masters, rng: np.random.Generator) -> Documents:
        bills = documents.invoices
        real = int(((bills.doc_kind == INVOICE) & ~bills.doc_void).sum())
        wanted = self.count(real)
        each = [(wanted + 2 - way) // 3 for way in range(3)]
        self._begin_again(documents, each[0], rng)
        documents = self._bill_monthly(documents, each[1], rng)
        return self._send_again(documents, each[2], rng)

    def _begin_again(self, documents: Documents, wanted: int, rng: np.random.Generator) -> None:
        """Print on an invoice the number of another one of the year before, with another amount."""
        bills, gross = documents.invoices, documents.gross_amount
        supplier = documents.orders.po_supplier[bills.doc_po]
        number = np.arange(len(bills.doc_po))
        plain = (bills.doc_kind == INVOICE) & ~bills.doc_void & self._free(documents)
        for doc in rng.permutation(np.flatnonzero(plain & (bills.doc_day >= clock.RENEWAL_DAY)))[:wanted]:
            earlier = plain & (supplier == supplier[doc]) & (bills.doc_day <= bills.doc_day[doc] - _A_YEAR)
            earlier &= (bills.doc_print < 0) & (gross != gross[doc])
            # Two invoices of one day under one number would be duplicates.
            earlier &= ~np.isin(number, bills.doc_print[bills.doc_day == bills.doc_day[doc]])
            found = np.flatnonzero(earlier)
            if len(found):
                bills.doc_print[doc] = found[0]
                take_lines(documents, np.array([doc, found[0]]))
                self._planted.append(int(doc))
                self._begun_again.add(int(doc))

    @staticmethod
    def _free(documents: Documents) -> Bools:
        bills = documents.invoices
        taken = np.bincount(bills.doc[documents.orders.taken[bills.line]], minlength=len(bills.doc_po))
        free: Bools = taken == 0
        return free

    def _bill_monthly(self, documents: Documents, wanted: int, rng: np.random.Generator) -> Documents:
        """Bill a service of several units in equal parts, a month apart."""
        orders, bills = documents.orders, documents.invoices
        alone = documents.invoices_per_line[bills.line] == 1
        row = alone & ~orders.three_way[bills.line] & (bills.quantity == orders.quantity[bills.line])
        single = np.bincount(bills.doc, minlength=len(bills.doc_po))[bills.doc] == 1
        doc = bills.doc
        row &= single & self._free(documents)[doc] & (bills.doc_freight[doc] == 0) & ~bills.doc_void[doc]
        divisor = np.max([np.where(bills.quantity % part == 0, part, 1) for part in _PARTS], axis=0)
        row &= (divisor > 1) & (bills.doc_day[doc] + _MONTH * divisor < LAST_DAY)
        chosen = np.sort(rng.permutation(np.flatnonzero(row))[:wanted])
        scale_lines(bills, chosen, bills.quantity[chosen] // divisor[chosen])
        copies = divisor[chosen] - 1
        originals = np.repeat(doc[chosen], copies)
        month = np.arange(len(originals)) - np.repeat(np.cumsum(copies) - copies, copies) + 1
        self._planted += list(range(len(bills.doc_po), len(bills.doc_po) + len(originals)))
        take_lines(documents, originals)
        return with_copies(documents, originals, month * _MONTH)

    def _send_again(self, documents: Documents, wanted: int, rng: np.random.Generator) -> Documents:
        """Reverse an invoice by a credit and enter it again under its number."""
        chosen = np.sort(rng.permutation(np.flatnonzero(plain_documents(documents)))[:wanted])
        take_lines(documents, chosen)
        three, count = np.full(len(chosen), 3), len(chosen)
        documents = with_copies(
            documents,
            chosen,
            three,
            doc_kind=np.full(count, CREDIT),
            doc_credit_kind=np.full(count, REVERSAL),
            doc_original=chosen,
        )
        first = len(documents.invoices.doc_po)
        arrived: Ints = documents.invoices.doc_received_at[chosen] + 6 * SECONDS_A_DAY
        self._planted += list(range(first, first + count))
        return with_copies(documents, chosen, three, doc_print=chosen, doc_received_at=arrived)

    def _warning(self, doc: int) -> str | None:
        return "INVOICE_NUMBER_RESTARTED" if doc in self._begun_again else None

    def plant(self, documents: Documents, masters: Masters, rng: np.random.Generator) -> list[Label]:
        gross = documents.gross_amount
        return [
            Label(
                self.fault_id(number), self.code, base.INVOICE, doc, self._warning(doc), None, int(gross[doc])
            )
            for number, doc in enumerate(self._planted, 1)
        ]

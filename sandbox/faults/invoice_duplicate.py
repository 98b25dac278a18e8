"""Invoices that came twice: under the same, a retyped, mistyped or other number, or posted in both ERPs.

The rate is of all invoices; the eight ways take turns. A copy bills goods that are ordered, received and
billed already, so its lines exceed both.
"""

from __future__ import annotations

import numpy as np

from sandbox import names
from sandbox.clock import LAST_DAY, SECONDS_A_DAY, Bools, Ints
from sandbox.documents import BARE, DOTTED, INVOICE, MISTYPED, PLAIN, RETYPED, Documents
from sandbox.faults import base
from sandbox.faults.base import INVOICE_LINE, Fault, Label
from sandbox.faults.invoice_copy import plain_documents, scale_lines, take_lines, with_copies
from sandbox.masters import Masters

_WAYS = ("D1", "D2", "D3", "D4", "D5", "D6", "D7", "D8")
_DAYS_LATER = {"D1": 0, "D2": 0, "D3": 3, "D4": 0, "D5": 10, "D6": 5, "D7": 4}
_STYLE = {"D1": RETYPED, "D2": DOTTED, "D3": BARE, "D6": MISTYPED}
_OTHER_AMOUNT = ("D2", "D7")
_POSTED_WITHIN = 6


class InvoiceDuplicate(Fault):
    """A second copy of an invoice; labelled on the copy, or on the invoice that stands in two ERPs."""

    code = "INVOICE_DUPLICATE"
    rate = 12

    def __init__(self, rate: float, chunk: int, least: int = 1) -> None:
        super().__init__(rate, chunk, least)
        self._planted: list[tuple[str, int]] = []

    def extend(self, documents: Documents, masters: Masters, rng: np.random.Generator) -> Documents:
        bills = documents.invoices
        real = int(((bills.doc_kind == INVOICE) & ~bills.doc_void).sum())
        wanted = self.count(real)
        ways = np.array(_WAYS)[np.arange(wanted) % len(_WAYS)]
        twice = rng.permutation(np.flatnonzero(self._not_due(documents, masters)))[: (ways == "D8").sum()]
        bills.doc_in_both_erps[twice] = True
        take_lines(documents, twice)
        originals, ways = self._originals(documents, ways[ways != "D8"], rng)
        take_lines(documents, originals)
        later = np.array([_DAYS_LATER[way] for way in ways], dtype=np.int64)
        style = np.array([_STYLE.get(way, PLAIN) for way in ways], dtype=np.int64)
        first_copy = len(bills.doc_po)
        documents = with_copies(
            documents,
            originals,
            later,
            doc_style=style,
            doc_print=np.where(style == PLAIN, -1, originals),
            doc_image=np.where(ways == "D7", originals, -1),
        )
        copies = first_copy + np.arange(len(originals))
        bills = documents.invoices
        changed = np.searchsorted(bills.doc, copies[np.isin(ways, _OTHER_AMOUNT)])
        scale_lines(bills, changed, bills.quantity[changed] - 1)
        self._planted = [(str(way), int(doc)) for way, doc in zip(ways, copies, strict=True)]
        self._planted += [("D8", int(doc)) for doc in twice]
        return documents

    @staticmethod
    def _not_due(documents: Documents, masters: Masters) -> Bools:
        """Invoices that are posted, but in no payment yet."""
        orders, bills = documents.orders, documents.invoices
        terms = np.array([names.TERMS[row.terms][1] for row in masters.suppliers])
        fits = bills.doc_day + terms[orders.po_supplier[bills.doc_po]] > LAST_DAY
        fits &= bills.doc_received_at // SECONDS_A_DAY + _POSTED_WITHIN <= LAST_DAY
        spoiled = np.bincount(bills.doc[orders.taken[bills.line]], minlength=len(bills.doc_po)) > 0
        chosen: Bools = fits & ~spoiled & (bills.doc_kind == INVOICE) & ~bills.doc_void
        return chosen

    @staticmethod
    def _originals(documents: Documents, ways: Ints, rng: np.random.Generator) -> tuple[Ints, Ints]:
        """One plain invoice for each way, as far as they go; some ways need one they can change."""
        bills = documents.invoices
        pool = rng.permutation(np.flatnonzero(plain_documents(documents)))
        first = np.searchsorted(bills.doc, pool)
        single = np.searchsorted(bills.doc, pool, side="right") - first == 1
        changeable = pool[single & (bills.quantity[first] >= 2)]
        needs = np.isin(ways, _OTHER_AMOUNT)
        special = changeable[: needs.sum()]
        others = pool[~np.isin(pool, special)][: (~needs).sum()]
        kept = np.concatenate([np.flatnonzero(needs)[: len(special)], np.flatnonzero(~needs)[: len(others)]])
        order = np.argsort(kept, kind="stable")
        return np.concatenate([special, others])[order], ways[kept[order]]

    def plant(self, documents: Documents, masters: Masters, rng: np.random.Generator) -> list[Label]:
        bills, gross, amount = documents.invoices, documents.gross_amount, documents.line_amount
        labels = []
        for number, (way, doc) in enumerate(self._planted, 1):
            name = self.fault_id(number)
            labels.append(
                Label(name, self.code, base.INVOICE, doc, "DUPLICATE_INVOICE", way, int(gross[doc]))
            )
            if way == "D8":
                posted = Label(
                    name, self.code, base.INVOICE, doc, "POSTED_IN_TWO_LEDGERS", None, int(gross[doc])
                )
                labels.append(posted)
                continue
            first, last = np.searchsorted(bills.doc, [doc, doc + 1])
            labels += [
                Label(name, self.code, INVOICE_LINE, row, code, None, int(amount[row]))
                for row in range(int(first), int(last))
                for code in ("QTY_OVER_ORDERED", "QTY_OVER_RECEIVED")
            ]
        return labels

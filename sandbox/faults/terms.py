"""Payment terms that contradict each other: those of a copied record, a contract, an order or an invoice.

Terms were agreed before the world begins and never change, so each of them has one right answer. An invoice
repeats what its order says, right or wrong. The rate is of all suppliers, and of 1,000 orders and invoices.
"""

from __future__ import annotations

import numpy as np

from sandbox import names
from sandbox.banks import Payments
from sandbox.beliefs import apauto
from sandbox.clock import Ints
from sandbox.contracts import contract_of
from sandbox.documents import CREDIT, Documents
from sandbox.faults.base import INVOICE, ORDER, SUPPLIER, Fault, Label, MasterLabel, plainly_billed
from sandbox.masters import Masters
from sandbox.orders import ISSUED


def _others(terms: Ints) -> Ints:
    """Terms that are not these ones; the last two of the list differ in discount too."""
    return (terms + 1) % len(names.TERMS)


class TermsMismatch(Fault):
    """Records of AP automation and contracts in the masters; orders and invoices in each chunk."""

    code = "TERMS_MISMATCH"
    rate = 8

    def plant(self, documents: Documents, masters: Masters, rng: np.random.Generator) -> list[Label]:
        orders, bills = documents.orders, documents.invoices
        usual = np.array([row.terms for row in masters.suppliers])
        line_is_used = np.bincount(orders.po, weights=orders.taken, minlength=len(orders.po_day)) > 0
        chosen = self.choose(np.flatnonzero((orders.po_state == ISSUED) & ~line_is_used), rng)
        orders.po_terms[chosen] = _others(usual[orders.po_supplier[chosen]])
        plain = np.ones(len(bills.doc_po), dtype=np.bool_)
        plain[bills.doc[~plainly_billed(documents)]] = False
        plain &= (bills.doc_kind != CREDIT) & ~bills.doc_void & (orders.po_terms[bills.doc_po] < 0)
        billed = self.choose(np.flatnonzero(plain), rng)
        bills.doc_terms[billed] = _others(usual[orders.po_supplier[bills.doc_po[billed]]])
        planted = [(ORDER, row, "ORDER_VS_RECORD") for row in chosen.tolist()]
        planted += [(INVOICE, row, "INVOICE_VS_ORDER") for row in billed.tolist()]
        return [
            Label(self.fault_id(number), self.code, entity, row, self.code, cause, 0)
            for number, (entity, row, cause) in enumerate(planted, 1)
        ]

    def close(self, payments: Payments, masters: Masters, rng: np.random.Generator) -> list[MasterLabel]:
        suppliers = np.arange(len(masters.suppliers))
        labels = []
        for supplier in self.choose(suppliers, rng).tolist():
            masters.other_terms["apauto", supplier] = int(_others(masters.suppliers[supplier].terms))
            native_id = apauto.vendor_ids(masters)[supplier]
            labels.append(("apauto", SUPPLIER, native_id, "RECORD_VS_RECORD"))
        contracted = np.array([n for n in suppliers.tolist() if contract_of(n)])
        for supplier in self.choose(contracted, rng).tolist():
            masters.other_terms["sourcing", supplier] = int(_others(masters.suppliers[supplier].terms))
            contract = contract_of(supplier)
            number = contract.number if contract else ""
            labels.append(("sourcing", "contract", number, "CONTRACT_VS_RECORD"))
        return [
            MasterLabel(
                f"{self.code}-M-{number:05d}", self.code, instance, entity, native_id, self.code, 0, cause
            )
            for number, (instance, entity, native_id, cause) in enumerate(labels, 1)
        ]

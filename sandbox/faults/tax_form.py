"""What a 1099 lacks: the W-9 of a supplier that is reported, or a flag on which two systems agree.

The flag stands in procurement and in the legacy ERP, the W-9 in procurement. The rate is of 1,000 suppliers
that are reported.
"""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import replace

import numpy as np

from sandbox.banks import Payments
from sandbox.beliefs import erp_legacy, procurement
from sandbox.documents import Documents
from sandbox.faults.base import SUPPLIER, Fault, Label, MasterLabel
from sandbox.masters import Masters
from sandbox.tax_forms import TaxForm


class _TaxFormFault(Fault):
    def plant(self, documents: Documents, masters: Masters, rng: np.random.Generator) -> list[Label]:
        return []

    def close(self, payments: Payments, masters: Masters, rng: np.random.Generator) -> list[MasterLabel]:
        forms = masters.tax_forms
        # A second record may have another legal form in its name, and then other rules hold for both.
        doubled = {extra.of for extra in masters.extra_suppliers}
        reported = [
            number
            for number, form in enumerate(forms)
            if form.box and form.w9_date and form.in_legacy and number not in doubled
        ]
        labels = []
        for number, supplier in enumerate(self.choose(np.array(reported), rng).tolist(), 1):
            forms[supplier] = self.spoil(forms[supplier])
            instance, native_id = self.found(masters, supplier)
            fault_id = self.fault_id(number)
            labels.append(MasterLabel(fault_id, self.code, instance, SUPPLIER, native_id, self.code))
        return labels

    @abstractmethod
    def spoil(self, form: TaxForm) -> TaxForm:
        """The form as it should not be."""

    @abstractmethod
    def found(self, masters: Masters, supplier: int) -> tuple[str, str]:
        """Instance and id of the record on which it is found."""


class W9Missing(_TaxFormFault):
    """Nobody has asked the supplier for its W-9."""

    code = "W9_MISSING"
    rate = 80

    def spoil(self, form: TaxForm) -> TaxForm:
        return replace(form, w9_date=None)

    def found(self, masters: Masters, supplier: int) -> tuple[str, str]:
        return "procurement", str(procurement.supplier_ids(masters)[supplier])


class Flag1099Differs(_TaxFormFault):
    """The legacy ERP would report nothing."""

    code = "FLAG_1099_DIFFERS"
    rate = 80

    def spoil(self, form: TaxForm) -> TaxForm:
        return replace(form, in_legacy=False)

    def found(self, masters: Masters, supplier: int) -> tuple[str, str]:
        return "erp_legacy", erp_legacy.vendor_ids(masters)[supplier]

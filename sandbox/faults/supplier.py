"""Supplier records: one supplier twice in one system, and records that are alike but mean different ones.

The rate is of all suppliers, planted with the first chunk only. A duplicate is used on some orders or
invoices; what only looks like one stands in procurement and in the finance system under one number.
"""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import replace

import numpy as np

from sandbox import identifiers, names
from sandbox.banks import Payments
from sandbox.beliefs import apauto, erp_legacy, procurement
from sandbox.documents import Documents
from sandbox.faults.base import SUPPLIER, Fault, Label, MasterLabel
from sandbox.masters import ExtraSupplier, Masters, Supplier
from sandbox.orders import Orders

_HOLDERS = ("apauto", "procurement", "erp_cloud")
_SUFFIXES = {"Inc.": "Incorporated", "LLC": "L.L.C.", "Corp.": "Corporation", "Co.": "Company", "LP": "L.P."}
_PLACEHOLDER = "12-3456789"


class _SupplierFault(Fault):
    """Extra supplier records of suppliers that have none yet; nothing happens to documents."""

    expected: str | None = None

    def __init__(self, rate: float, chunk: int) -> None:
        super().__init__(rate, chunk)
        self._planted: list[tuple[int, str | None]] = []
        self._originals: list[int] = []

    @abstractmethod
    def add(self, masters: Masters, supplier: int, number: int) -> list[tuple[ExtraSupplier, str | None]]:
        """The records to add for one supplier and the cause expected of each; the first one is labelled."""

    def shape(self, orders: Orders, masters: Masters, rng: np.random.Generator) -> None:
        if self.chunk:
            return
        used = {extra.like for extra in masters.extra_suppliers}
        known = np.array([n for n in range(len(masters.suppliers)) if n not in used])
        # Those who sell most are most likely to have been entered twice.
        busy = known[np.argsort(-masters.supplier_weight[known], kind="stable")]
        count = min(max(round(len(masters.suppliers) * self.wanted / 1_000), 1), len(busy) // 2)
        chosen = np.sort(rng.choice(busy[: 2 * count], count, replace=False)) if self.wanted > 0 else busy[:0]
        self._originals = chosen.tolist()
        for number, supplier in enumerate(self._originals):
            for place, (extra, cause) in enumerate(self.add(masters, supplier, number)):
                if not place:
                    self._planted.append((len(masters.extra_suppliers), cause))
                masters.extra_suppliers.append(extra)

    def plant(self, documents: Documents, masters: Masters, rng: np.random.Generator) -> list[Label]:
        return [
            Label(self.fault_id(number), self.code, SUPPLIER, row, self.expected, cause, 0)
            for number, (row, cause) in enumerate(self._planted, 1)
        ]


def _native_id(instance: str, number: int) -> str:
    """An id that sorts behind all usual ones of its system."""
    return {"apauto": f"V{90_011 + number}", "procurement": f"{9_001 + number}"}.get(
        instance, f"{900_001 + number}"
    )


def _common_records(masters: Masters, supplier: int) -> list[tuple[str, str]]:
    """Instance and id of the records that every system holds of a supplier."""
    return [
        ("procurement", str(procurement.supplier_ids(masters)[supplier])),
        ("apauto", apauto.vendor_ids(masters)[supplier]),
        ("erp_cloud", masters.suppliers[supplier].number),
        ("erp_legacy", erp_legacy.vendor_ids(masters)[supplier]),
    ]


def _respelled(name: str, number: int) -> str:
    """The same name in other letters: capitals, another legal form, no comma."""
    words, suffix = name.rsplit(", ", 1)
    return (f"{words.upper()} {suffix.upper()}", f"{words}, {_SUFFIXES[suffix]}", f"{words} {suffix}")[
        number % 3
    ]


class DuplicateSupplier(_SupplierFault):
    """One system holds the supplier twice, by tax id and name, or without tax id by DUNS and name."""

    code = "DUPLICATE_SUPPLIER"
    rate = 60
    expected = "DUPLICATE_SUPPLIER"

    def add(self, masters: Masters, supplier: int, number: int) -> list[tuple[ExtraSupplier, str | None]]:
        instance = _HOLDERS[number % len(_HOLDERS)]
        # AP automation knows no DUNS.
        by_duns = instance != "apauto" and number // len(_HOLDERS) % 3 == 2
        original = masters.suppliers[supplier]
        native_id = _native_id(instance, number)
        row = replace(
            original,
            number=native_id if instance == "erp_cloud" else f"{900_001 + number}",
            name=_respelled(original.name, number // len(_HOLDERS)),
            tax_id=None if by_duns else original.tax_id,
            npi=None,
            lei=None,
        )
        return [(ExtraSupplier(instance, native_id, row, like=supplier), "S1D" if by_duns else "S1")]


class LookalikeSupplier(_SupplierFault):
    """A subsidiary under its parent's tax id, a namesake elsewhere (control), a placeholder for a tax id.

    None is a duplicate; of the tax ids that two have or nobody has each record is labelled.
    """

    code = "LOOKALIKE_SUPPLIER"
    rate = 30

    def add(self, masters: Masters, supplier: int, number: int) -> list[tuple[ExtraSupplier, str | None]]:
        row = self._look(masters.suppliers[supplier], number)
        return [
            (ExtraSupplier("procurement", f"{9_401 + number}", row), None),
            (ExtraSupplier("erp_cloud", row.number, row), None),
        ]

    def plant(self, documents: Documents, masters: Masters, rng: np.random.Generator) -> list[Label]:
        labels = super().plant(documents, masters, rng)
        return [label for number, label in enumerate(labels) if number % 3 == 1]

    def close(self, payments: Payments, masters: Masters, rng: np.random.Generator) -> list[MasterLabel]:
        labels = []
        for number, supplier in enumerate(self._originals):
            extra = masters.extra_suppliers[self._planted[number][0]]
            records = [("procurement", extra.native_id), ("erp_cloud", extra.row.number)]
            code = {0: "TIN_SHARED", 2: "TIN_PLACEHOLDER"}.get(number % 3)
            if number % 3 == 0:
                records += _common_records(masters, supplier)
            labels += [
                MasterLabel(self.fault_id(number + 1), self.code, instance, SUPPLIER, native_id, code)
                for instance, native_id in records
                if code
            ]
        return labels

    @staticmethod
    def _look(original: Supplier, number: int) -> Supplier:
        way, own_number = number % 3, f"{940_001 + number}"
        first, suffix = original.name.split(" ")[0], original.name.rsplit(", ", 1)[1]
        own = replace(
            original,
            number=own_number,
            tax_id=identifiers.ein(500 + number),
            duns=identifiers.duns(500 + number),
            npi=None,
            lei=None,
        )
        if way == 0:
            name = f"{first} Specialty Distribution {number}, {suffix}"
            return replace(own, name=name, tax_id=original.tax_id)
        if way == 1:
            elsewhere = next(city for city in names.CITIES if city[1] != original.city[1])
            return replace(own, city=elsewhere)
        return replace(own, name=f"{first} Temporary Services {number}, {suffix}", tax_id=_PLACEHOLDER)

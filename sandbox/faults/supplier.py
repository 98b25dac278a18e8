"""Supplier records: one supplier twice in one system, and records that are alike but mean different ones.

The rate is of all suppliers, planted with the first chunk only. A duplicate that carries the supplier's tax
id or DUNS is used on some orders or invoices; what only looks like one stands in procurement and in the
finance system under one number.
"""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import replace

import numpy as np

from sandbox.banks import Payments, usual_accounts
from sandbox.documents import Documents
from sandbox.faults.base import SUPPLIER, Fault, Label, MasterLabel
from sandbox.faults.duplicate_ways import WAYS
from sandbox.faults.lookalike_families import FAMILIES
from sandbox.masters import ExtraSupplier, Masters
from sandbox.orders import Orders
from sandbox.whois import records_of

_HOLDERS = ("apauto", "procurement", "erp_cloud")
_ACCOUNT = "supplier_bank_account"


class _SupplierFault(Fault):
    """Extra supplier records near suppliers that have none yet; nothing happens to documents."""

    def __init__(self, rate: float, chunk: int, least: int = 1) -> None:
        super().__init__(rate, chunk, least)
        # Supplier, place of its first extra record, and one after its last.
        self._planted: list[tuple[int, int, int]] = []

    @abstractmethod
    def add(self, masters: Masters, supplier: int, number: int) -> list[ExtraSupplier]:
        """The records to add for one supplier."""

    def shape(self, orders: Orders, masters: Masters, rng: np.random.Generator) -> None:
        if self.chunk:
            return
        used = {extra.of for extra in masters.extra_suppliers}
        known = np.array([n for n in range(len(masters.suppliers)) if n not in used])
        # Those who sell most are most likely to have been entered twice.
        busy = known[np.argsort(-masters.supplier_weight[known], kind="stable")]
        count = min(self.count(len(masters.suppliers)), len(busy) // 2)
        chosen = np.sort(rng.choice(busy[: 2 * count], count, replace=False)) if count else busy[:0]
        for number, supplier in enumerate(chosen.tolist()):
            start = len(masters.extra_suppliers)
            masters.extra_suppliers.extend(self.add(masters, supplier, number))
            self._planted.append((supplier, start, len(masters.extra_suppliers)))

    def _label(self, number: int, row: int, expected: str | None, cause: str | None = None) -> Label:
        return Label(self.fault_id(number + 1), self.code, SUPPLIER, row, expected, cause, 0)


class DuplicateSupplier(_SupplierFault):
    """One system holds the supplier twice, in one of the ways of `duplicate_ways` after the other."""

    code = "DUPLICATE_SUPPLIER"
    rate = 60

    def add(self, masters: Masters, supplier: int, number: int) -> list[ExtraSupplier]:
        way, instance = WAYS[number % len(WAYS)], _HOLDERS[number % len(_HOLDERS)]
        # AP automation knows no DUNS.
        instance = "erp_cloud" if way.cause == "S1D" and instance == "apauto" else instance
        original = masters.suppliers[supplier]
        known = replace(
            original,
            duns=original.duns if way.cause == "S1D" else None,
            npi=None,
            lei=None,
            email=original.email and original.email.replace("ar@", "orders@"),
        )
        native_id = _native_id(instance, number)
        row = replace(
            way.write(known, (supplier * 7 + number) % 4),
            number=native_id if instance == "erp_cloud" else f"{900_001 + number}",
        )
        is_used = way.cause == "S1D" or _digits(row.tax_id) == _digits(original.tax_id)
        return [ExtraSupplier(instance, native_id, row, supplier, is_used, way.code)]

    def plant(self, documents: Documents, masters: Masters, rng: np.random.Generator) -> list[Label]:
        causes = [WAYS[number % len(WAYS)].cause for number in range(len(self._planted))]
        return [
            self._label(number, start, self.code, causes[number])
            for number, (_, start, _) in enumerate(self._planted)
        ]


class LookalikeSupplier(_SupplierFault):
    """Families of suppliers that look like one, one after the other; none is a duplicate.

    A family of which no rule says anything is a control; the others label each record that it speaks of.
    """

    code = "LOOKALIKE_SUPPLIER"
    rate = 30

    def add(self, masters: Masters, supplier: int, number: int) -> list[ExtraSupplier]:
        family = FAMILIES[number % len(FAMILIES)]
        extras = []
        for which, row in enumerate(family.make(masters.suppliers[supplier], number)):
            native_id = f"{9_401 + number * 2 + which}"
            extras.append(ExtraSupplier("procurement", native_id, row, way=family.code))
            extras.append(ExtraSupplier("erp_cloud", row.number, row, way=family.code))
        if family.finding == "BANK_SHARED":
            # An account of their own would be the next fault's to change.
            accounts = usual_accounts(supplier)
            place = len(masters.suppliers) + len(masters.extras_of("erp_cloud"))
            masters.erp_banks.update({supplier: accounts, place: accounts[:1]})
        return extras

    def plant(self, documents: Documents, masters: Masters, rng: np.random.Generator) -> list[Label]:
        return [
            self._label(number, start, None)
            for number, (_, start, _) in enumerate(self._planted)
            if FAMILIES[number % len(FAMILIES)].finding is None
        ]

    def close(self, payments: Payments, masters: Masters, rng: np.random.Generator) -> list[MasterLabel]:
        labels = []
        for number, (supplier, start, stop) in enumerate(self._planted):
            finding = FAMILIES[number % len(FAMILIES)].finding
            extras = [(extra.instance, extra.native_id) for extra in masters.extra_suppliers[start:stop]]
            spoken_of = [(SUPPLIER, *record) for record in extras]
            if finding == "TIN_SHARED":
                spoken_of += [(SUPPLIER, *record) for record in records_of(masters, supplier)]
            if finding == "BANK_SHARED":
                numbers = (masters.suppliers[supplier].number, extras[1][1])
                spoken_of = [(_ACCOUNT, "erp_cloud", f"{one}|0001") for one in numbers]
            labels += [
                MasterLabel(self.fault_id(number + 1), self.code, instance, entity, native_id, finding)
                for entity, instance, native_id in spoken_of
                if finding
            ]
        return labels


def _native_id(instance: str, number: int) -> str:
    """An id that sorts behind all usual ones of its system."""
    return {"apauto": f"V{90_011 + number}", "procurement": f"{9_001 + number}"}.get(
        instance, f"{900_001 + number}"
    )


def _digits(tax_id: str | None) -> str:
    return "".join(filter(str.isdigit, tax_id or ""))

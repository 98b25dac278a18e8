"""Exclusion lists: suppliers that are on one, seem to be or were, and a list that nobody fetched in time.

Decided when the whole world is known. Each round of the rate plants every way once.
"""

from __future__ import annotations

from datetime import date
from math import ceil

import numpy as np

from sandbox.banks import Payments
from sandbox.beliefs.exclusions import FEDERAL, STATE
from sandbox.documents import Documents
from sandbox.exclusions import Exclusion
from sandbox.faults.base import SUPPLIER, Fault, Label, MasterLabel
from sandbox.masters import Masters, Supplier

_EXCLUDED_ON, _REINSTATED_ON = date(2026, 2, 20), date(2026, 5, 19)
# What is expected of each way: the same number; the same name and no number; a name alike; reinstated.
_WAYS = ("HIT_CONFIRM", "HIT_REVIEW", "HIT_POSSIBLE", None)
_LATE_DAYS = 45
_FEW_LETTERS = 2


class _ListFault(Fault):
    rate = 2

    def plant(self, documents: Documents, masters: Masters, rng: np.random.Generator) -> list[Label]:
        return []


class ScreeningHit(_ListFault):
    """The federal list names a supplier, or one that looks like it; one that was reinstated is a control."""

    code = "SCREENING_HIT"

    def close(self, payments: Payments, masters: Masters, rng: np.random.Generator) -> list[MasterLabel]:
        by_rate = round(len(masters.suppliers) * self.wanted / 1_000)
        rounds = max(by_rate, ceil(self.least / len(_WAYS))) if self.wanted > 0 else 0
        labels: list[MasterLabel] = []
        # A list that names one of several records of like names would name them all.
        repeated = {extra.of for extra in masters.extra_suppliers}
        alike = {_root(extra.row) for extra in masters.extra_suppliers}
        free = [n for n in rng.permutation(len(masters.suppliers)).tolist() if n not in repeated]
        free = [n for n in free if _root(masters.suppliers[n]) not in alike]
        # Of a shared tax id something else is said.
        shared = {extra.row.tax_id for extra in masters.extra_suppliers}
        free = [n for n in free if masters.suppliers[n].tax_id not in shared]
        # One reason to hold the payments of a supplier is enough.
        free = [n for n in free if n not in masters.erp_banks]
        for expected in _WAYS * rounds:
            needs_number = expected in ("HIT_CONFIRM", None)
            able = (n for n in free if masters.suppliers[n].npi or not needs_number)
            supplier = next(n for n in able if not _meets_others(masters, n, expected))
            free.remove(supplier)
            row = masters.suppliers[supplier]
            masters.exclusions.append(_entry(row, expected, len(labels)))
            fault_id = self.fault_id(len(labels) + 1)
            labels.append(MasterLabel(fault_id, self.code, "erp_cloud", SUPPLIER, row.number, expected))
        return labels


class ScreeningStale(_ListFault):
    """The state's list was last fetched six weeks ago."""

    code = "SCREENING_STALE"
    most = 1

    def close(self, payments: Payments, masters: Masters, rng: np.random.Generator) -> list[MasterLabel]:
        if self.wanted <= 0:
            return []
        masters.exclusion_ages[STATE] = _LATE_DAYS
        label = (self.fault_id(1), self.code, "exclusions_state", "screening_list", "STATE_MEDICAID")
        return [MasterLabel(*label, self.code)]


def _meets_others(masters: Masters, supplier: int, expected: str | None) -> bool:
    """Whether the entry would name another supplier of the same town too, or nearly."""
    row = masters.suppliers[supplier]
    listed = _entry(row, expected, 0).business.split(",")[0]
    others = [other for n, other in enumerate(masters.suppliers) if n != supplier]
    others += [extra.row for extra in masters.extra_suppliers]
    # Names that are alike have the same trade; this spares most comparisons.
    near = [_root(other) for other in others if other.city == row.city]
    return any(name[-5:] == listed[-5:] and _letters_between(listed, name) <= _FEW_LETTERS for name in near)


def _letters_between(one: str, other: str) -> int:
    """How many letters one must type, leave out or change to get from one name to the other."""
    row = list(range(len(other) + 1))
    for place, letter in enumerate(one, 1):
        before, row = row, [place]
        for at, theirs in enumerate(other):
            row.append(min(before[at] + (letter != theirs), before[at + 1] + 1, row[at] + 1))
    return row[-1]


def _root(row: Supplier) -> str:
    """The name of a supplier without its legal form."""
    return row.name.upper().split(",")[0]


def _entry(row: Supplier, expected: str | None, number: int) -> Exclusion:
    """The entry of a list that gives the finding expected of a supplier."""
    name = row.name.upper()
    if expected in ("HIT_CONFIRM", None):
        # Known by its number only: it was excluded under a name that it no longer bears.
        name = f"FORMERLY KNOWN PARTY {number}"
    if expected == "HIT_POSSIBLE":
        name = name[:3] + name[2] + name[3:]
    return Exclusion(
        publisher=FEDERAL,
        business=name,
        npi=row.npi if expected in ("HIT_CONFIRM", None) else None,
        street=row.street.upper(),
        city=row.city,
        excluded_on=_EXCLUDED_ON,
        reinstated_on=None if expected else _REINSTATED_ON,
    )

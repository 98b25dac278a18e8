"""Diversity certificates that ended and were not renewed, and such that contradict each other.

Planted in procurement, which keeps them. The rate is of 1,000 certificates. Certificates that no fault has
touched stay as they were.
"""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import replace
from datetime import date

import numpy as np

from sandbox.banks import Payments
from sandbox.certificates import certificate
from sandbox.documents import Documents
from sandbox.faults.base import Fault, Label, MasterLabel
from sandbox.masters import Masters

_FIRST_ID = 81_001


class _CertificateFault(Fault):
    expected = ""

    def plant(self, documents: Documents, masters: Masters, rng: np.random.Generator) -> list[Label]:
        return []

    def close(self, payments: Payments, masters: Masters, rng: np.random.Generator) -> list[MasterLabel]:
        rows = masters.certificates
        owners = [row.supplier for row in rows]
        plain = [
            n for n, row in enumerate(rows) if owners.count(row.supplier) == 1 and row.starts_on.day == 1
        ]
        labels = []
        for number, place in enumerate(self.choose(np.array(plain), rng).tolist(), 1):
            labels += [
                MasterLabel(
                    self.fault_id(number),
                    self.code,
                    "procurement",
                    "supplier_certificate",
                    str(_FIRST_ID + found),
                    self.expected,
                    cause_code=cause,
                )
                for found, cause in self.spoil(masters, place)
            ]
        return labels

    @abstractmethod
    def spoil(self, masters: Masters, place: int) -> list[tuple[int, str | None]]:
        """Changes the certificate at a place; says which ones should be found, with their cause."""


class CertificateExpired(_CertificateFault):
    """It ended some months ago."""

    code = "CERTIFICATE_EXPIRED"
    rate = 60
    expected = "CERTIFICATE_EXPIRED"

    def spoil(self, masters: Masters, place: int) -> list[tuple[int, str | None]]:
        ended = date(2025, 9 + place % 4, 14)
        masters.certificates[place] = replace(
            masters.certificates[place], starts_on=date(2023, 5, 15), expires_on=ended
        )
        return [(place, None)]


class OwnershipConflict(_CertificateFault):
    """The supplier is certified as owned by persons and as a nonprofit that nobody owns."""

    code = "OWNERSHIP_CONFLICT"
    rate = 40
    expected = "OWNERSHIP_CONFLICT"

    def spoil(self, masters: Masters, place: int) -> list[tuple[int, str | None]]:
        row = replace(masters.certificates[place], code="WBE", starts_on=date(2024, 5, 15))
        masters.certificates[place] = row
        masters.certificates.append(replace(certificate(row.supplier, 2, "NPO"), starts_on=date(2024, 5, 15)))
        return [(place, "OWNED_AND_NONPROFIT"), (len(masters.certificates) - 1, "OWNED_AND_NONPROFIT")]

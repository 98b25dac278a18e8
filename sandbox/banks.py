"""Bank accounts of suppliers and the payments of the cloud ERP that went to them, for faults that need both.

Accounts are what the ERP prints; payments are collected chunk by chunk, since what was paid is known only
when all documents are. Knows no fault.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np

from sandbox import identifiers
from sandbox.beliefs.identity import Chunk
from sandbox.clock import Ints
from sandbox.masters import BankAccount

FIRST_VALID_FROM = date(2015, 1, 1)
_ENTITY = 0


@dataclass(frozen=True)
class Payments:
    """Payments of the cloud ERP's entity: supplier record, day, cents and running number of each."""

    record: Ints
    day: Ints
    amount: Ints
    number: Ints

    def of(self, record: int) -> Payments:
        """Those of one supplier record, by day."""
        rows = np.flatnonzero(self.record == record)
        rows = rows[np.argsort(self.day[rows], kind="stable")]
        return Payments(*(column[rows] for column in vars(self).values()))


def payments_of(chunk: Chunk) -> Payments:
    """What one chunk paid."""
    settlement = chunk.settlement
    rows = np.flatnonzero(settlement.payment_entity == _ENTITY)
    return Payments(
        settlement.payment_record[rows],
        settlement.payment_day[rows],
        settlement.payment_amount[rows],
        chunk.offsets.payments + rows + 1,
    )


def together(parts: list[Payments]) -> Payments:
    """The payments of all chunks."""
    return Payments(
        *(np.concatenate(columns) for columns in zip(*(vars(p).values() for p in parts), strict=True))
    )


def usual_accounts(supplier: int) -> list[BankAccount]:
    """The accounts nobody changed; every tenth supplier has a second one."""
    return [
        BankAccount(
            place=which + 1,
            routing=identifiers.routing(supplier * 389 % 997 * 2 + which),
            account=f"{(supplier * 77_003 + which * 911 + 4_400_001) % 10**10:010d}",
            valid_from=FIRST_VALID_FROM,
        )
        for which in range(2 if supplier % 10 == 0 else 1)
    ]


def other_account(serial: int, place: int, valid_from: date) -> BankAccount:
    """An account that no supplier has from the beginning."""
    return BankAccount(
        place=place,
        routing=identifiers.routing(500_000 + serial),
        account=f"{7_700_000_001 + serial * 7_919:010d}",
        valid_from=valid_from,
    )

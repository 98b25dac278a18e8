"""Bank accounts in the cloud ERP: changed before a large payment or any payment, changed back, shared.

Decided when all payments of the world are known. Every change that stays is one that nobody released, so
each payment after it is labelled too. The rate is of all suppliers.
"""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass, replace
from datetime import date, timedelta

import numpy as np

from sandbox import clock
from sandbox.banks import Payments, other_account, usual_accounts
from sandbox.documents import Documents
from sandbox.faults.base import Fault, Label, MasterLabel
from sandbox.masters import BankAccount, Masters

_INSTANCE = "erp_cloud"
_COMPANY = "LH01"
_FIRST_PAYMENT = 2_000_000_000
_SOON = 10


@dataclass(frozen=True)
class _Found:
    """One finding to expect; `amount` is in cents."""

    entity_type: str
    native_id: str
    code: str
    amount: int = 0


def _day(number: int) -> date:
    return date(1970, 1, 1) + timedelta(days=number)


def _account_id(masters: Masters, supplier: int, place: int) -> str:
    return f"{masters.suppliers[supplier].number}|{place:04d}"


def _large(payments: Payments) -> float:
    """What only one payment in twenty is above."""
    return float(np.percentile(payments.amount, 95)) if len(payments.day) else 0.0


def _large_between(payments: Payments, first: int, last: int) -> bool:
    soon = (payments.day >= first) & (payments.day <= last)
    return bool((payments.amount[soon] > _large(payments)).any())


class _BankFault(Fault):
    """Changes accounts of suppliers that stand in one record and whose accounts no other fault changed."""

    rate = 4

    def plant(self, documents: Documents, masters: Masters, rng: np.random.Generator) -> list[Label]:
        return []

    def close(self, payments: Payments, masters: Masters, rng: np.random.Generator) -> list[MasterLabel]:
        wanted = self.count(len(masters.suppliers))
        if not wanted:
            return []
        repeated = {extra.of for extra in masters.extra_suppliers}
        labels: list[MasterLabel] = []
        planted = 0
        for supplier in rng.permutation(len(masters.suppliers)).tolist():
            if planted == wanted:
                break
            if supplier in repeated or supplier in masters.erp_banks:
                continue
            found = self.change(masters, supplier, payments.of(supplier))
            planted += bool(found)
            labels += [
                MasterLabel(
                    self.fault_id(planted),
                    self.code,
                    _INSTANCE,
                    one.entity_type,
                    one.native_id,
                    one.code,
                    one.amount,
                )
                for one in found
            ]
        return labels

    @abstractmethod
    def change(self, masters: Masters, supplier: int, payments: Payments) -> list[_Found]:
        """Changes the accounts of one supplier and says what is to be found; nothing when it does not fit."""

    @staticmethod
    def _changed(masters: Masters, supplier: int, day: int) -> list[BankAccount]:
        """The supplier's accounts with another one instead of the first from a day on."""
        first, *others = usual_accounts(supplier)
        new = other_account(len(masters.erp_banks), 3, _day(day))
        masters.erp_banks[supplier] = [replace(first, valid_to=_day(day)), *others, new]
        return masters.erp_banks[supplier]

    def _unreleased(self, masters: Masters, supplier: int, payments: Payments, day: int) -> list[_Found]:
        """The change and its side effects."""
        self._changed(masters, supplier, day)
        found = [_Found("supplier_bank_account", _account_id(masters, supplier, 3), "BANK_CHANGE_UNRELEASED")]
        for paid, amount, number in zip(payments.day, payments.amount, payments.number, strict=True):
            if paid < day:
                continue
            native_id = f"{_COMPANY}|{_day(int(paid)).year}|{_FIRST_PAYMENT + int(number)}"
            found.append(_Found("payment", native_id, "PAID_TO_UNRELEASED_BANK", int(amount)))
            if paid <= day + _SOON and amount > _large(payments):
                found.append(_Found("payment", native_id, "RISKY_TIMING", int(amount)))
        return found


class BankChangeRisk(_BankFault):
    """The account changes a few days before the largest payment."""

    code = "BANK_CHANGE_RISK"

    def change(self, masters: Masters, supplier: int, payments: Payments) -> list[_Found]:
        if len(payments.day) < 2 or payments.amount.max() <= _large(payments):
            return []
        day = int(payments.day[np.argmax(payments.amount)]) - 1 - supplier % 7
        return self._unreleased(masters, supplier, payments, day)


class PaidToUnreleasedBank(_BankFault):
    """The account changes and is paid to; nothing else is unusual."""

    code = "PAID_TO_UNRELEASED_BANK"

    def change(self, masters: Masters, supplier: int, payments: Payments) -> list[_Found]:
        days = [int(day) - supplier % 3 for day in payments.day[-3:]]
        fitting = [day for day in days if not _large_between(payments, day, day + _SOON)]
        return self._unreleased(masters, supplier, payments, fitting[0]) if fitting else []


class BankFlip(_BankFault):
    """The account changes and is back after four days, while nothing is paid."""

    code = "BANK_FLIP"

    def change(self, masters: Masters, supplier: int, payments: Payments) -> list[_Found]:
        away = 4
        for day in range(clock.LAST_DAY - 60, clock.LAST_DAY - 20):
            is_paid = ((payments.day >= day) & (payments.day < day + away)).any()
            if is_paid or _large_between(payments, day, day + away + _SOON):
                continue
            first, *others, other = self._changed(masters, supplier, day)
            back = replace(first, place=4, valid_from=_day(day + away), valid_to=None)
            other = replace(other, valid_to=_day(day + away))
            masters.erp_banks[supplier] = [first, *others, other, back]
            return [_Found("supplier_bank_account", _account_id(masters, supplier, 4), self.code)]
        return []


class BankShared(_BankFault):
    """Two suppliers have had the same account from the beginning."""

    code = "BANK_SHARED"

    def change(self, masters: Masters, supplier: int, payments: Payments) -> list[_Found]:
        taken = {extra.of for extra in masters.extra_suppliers} | {supplier, *masters.erp_banks}
        partner = next(n for n in range(len(masters.suppliers)) if n not in taken)
        theirs, *others = usual_accounts(partner)
        ours = usual_accounts(supplier)[0]
        shared = replace(theirs, routing=ours.routing, account=ours.account)
        masters.erp_banks[supplier] = usual_accounts(supplier)
        masters.erp_banks[partner] = [shared, *others]
        return [
            _Found("supplier_bank_account", _account_id(masters, n, 1), self.code)
            for n in (supplier, partner)
        ]

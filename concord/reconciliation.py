"""The account of goods received and not invoiced as a reconciliation: parts that add up, and what is behind.

A key names the same part or document in every period, so that what somebody wrote about it can be carried on.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import groupby
from pathlib import Path
from typing import Any

from concord.bridging import ACCOUNT
from publishing.serving import in_place, read

RUN = "select run_id, as_of from marts.publication limit 1"
PARTS = "select * from marts.mart_grni_bridge order by all"
ITEMS = """
    select * from marts.mart_grni_bridge_line
    order by abs(amount) desc, entity_type, source_instance, native_id
"""
SEPARATOR = "~"


class ReconciliationError(ValueError):
    """Nothing can be exported; the text says why and what to do."""


@dataclass(frozen=True)
class Item:
    """One document of a part."""

    key: str
    row: Mapping[str, Any]


@dataclass(frozen=True)
class Part:
    """One part of the balance with its documents."""

    key: str
    row: Mapping[str, Any]
    items: Sequence[Item]

    @property
    def name(self) -> str:
        return str(self.row["bridge_class"])

    @property
    def amount(self) -> Decimal:
        return Decimal(self.row["amount"])


@dataclass(frozen=True)
class Account:
    """One account of the legal entity: its parts add up to what its ledger shows."""

    key: str
    row: Mapping[str, Any]
    parts: Sequence[Part]

    @property
    def ledger_balance(self) -> Decimal:
        return Decimal(self.row["ledger_balance"])


@dataclass(frozen=True)
class Reconciliation:
    """All accounts of one legal entity at the end of a run's day."""

    legal_entity_code: str
    as_of: date
    run_id: str
    accounts: Sequence[Account]

    @property
    def keys(self) -> list[str]:
        """Of all parts and their documents."""
        parts = [part for account in self.accounts for part in account.parts]
        return [part.key for part in parts] + [item.key for part in parts for item in part.items]


def reconcile(serving_dir: Path, legal_entity_code: str | None) -> Reconciliation:
    """The served reconciliation of a legal entity, which may go unnamed where there is one."""
    release = in_place(serving_dir)
    [run] = read(release, RUN).to_pylist()
    rows = read(release, PARTS).to_pylist()
    if not rows:
        raise ReconciliationError(
            "no account is reconciled: seeds/accrual_owner.csv names none for RECEIPT, or nothing was on it"
        )
    entities = sorted({row["legal_entity_code"] or "" for row in rows})
    if legal_entity_code is None and len(entities) > 1:
        raise ReconciliationError(f"name one with --legal-entity: {', '.join(entities)}")
    entity = legal_entity_code or entities[0]
    if entity not in entities:
        raise ReconciliationError(f"{entity} has no account reconciled; there are {', '.join(entities)}")
    items: dict[tuple[Any, ...], list[Mapping[str, Any]]] = {}
    for item in read(release, ITEMS).to_pylist():
        items.setdefault(_part_of(item), []).append(item)
    own = sorted((row for row in rows if (row["legal_entity_code"] or "") == entity), key=_place)
    accounts = [_account(list(parts), items) for _, parts in groupby(own, key=_account_of)]
    return Reconciliation(entity, run["as_of"], run["run_id"], accounts)


def _account(
    rows: Sequence[Mapping[str, Any]], items: Mapping[tuple[Any, ...], Sequence[Mapping[str, Any]]]
) -> Account:
    parts = [_part(row, items.get(_part_of(row), ())) for row in rows]
    account = Account(_key(*_account_of(rows[0])), rows[0], parts)
    total = sum((part.amount for part in parts), Decimal(0))
    if total != account.ledger_balance:
        raise ReconciliationError(
            f"{account.key} does not tie: parts {total:,}, ledger {account.ledger_balance:,}"
        )
    return account


def _part(row: Mapping[str, Any], items: Sequence[Mapping[str, Any]]) -> Part:
    names = ("entity_type", "source_instance", "native_id")
    key = _key(*_part_of(row))
    part = Part(key, row, [Item(_key(key, *(item[name] for name in names)), item) for item in items])
    total = sum((Decimal(item["amount"]) for item in items), Decimal(0))
    if total != part.amount:
        raise ReconciliationError(f"{key} does not tie: documents {total:,}, part {part.amount:,}")
    return part


def _account_of(row: Mapping[str, Any]) -> tuple[Any, ...]:
    return tuple(row[name] for name in ACCOUNT)


def _part_of(row: Mapping[str, Any]) -> tuple[Any, ...]:
    return (*_account_of(row), row["bridge_class"])


def _place(row: Mapping[str, Any]) -> tuple[Any, ...]:
    return (*(str(value or "") for value in _account_of(row)), row["line_number"])


def _key(*values: Any) -> str:
    return SEPARATOR.join("" if value is None else str(value) for value in values)

"""The seed of state combinations answers every vector of states once and names who acts (3.12)."""

import csv
from itertools import product

import pytest

from tests.conftest import ROOT

STATES = {
    "procurement_phase": ("PLANNED", "OPEN", "RECEIVED", "CLOSED", "CANCELLED"),
    "inventory_state": ("NOT_EXPECTED", "NOT_RECEIVED", "PARTIALLY_RECEIVED", "RECEIVED"),
    "payables_state": ("NOT_INVOICED", "RECEIVED", "WAITING", "EXCEPTION", "POSTED", "PAID"),
    "ledger_state": ("NOT_READ", "EMPTY", "RECEIPT", "INVOICE", "RECEIPT_AND_INVOICE"),
}


@pytest.fixture(scope="module")
def rows() -> list[dict[str, str]]:
    with (ROOT / "dbt_project/seeds/state_combination.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _speaks(rows: list[dict[str, str]], vector: dict[str, str]) -> list[dict[str, str]]:
    """The rows that fit best: the first named column weighs more than all after it."""
    fits = [row for row in rows if all(row[name] in ("*", state) for name, state in vector.items())]
    best = max(tuple(row[name] != "*" for name in STATES) for row in fits)
    return [row for row in fits if tuple(row[name] != "*" for name in STATES) == best]


def test_every_vector_has_one_answer_that_somebody_listed(rows: list[dict[str, str]]) -> None:
    for states in product(*STATES.values()):
        [answer] = _speaks(rows, dict(zip(STATES, states, strict=True)))
        assert answer["verdict"] != "UNEXPECTED", states


def test_only_states_that_exist_are_named(rows: list[dict[str, str]]) -> None:
    for row in rows:
        assert all(row[name] in ("*", *known) for name, known in STATES.items()), row


def test_whoever_is_to_act_is_named_and_nobody_else(rows: list[dict[str, str]]) -> None:
    for row in rows:
        assert row["words"] and bool(row["owner_role"]) == (row["verdict"] != "ALIGNED"), row

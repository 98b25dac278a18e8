"""Parents before children, reversals before reposts, and what was posted for good is never posted over."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

import pytest

from publishing.messages import WAITING, Entry, OutboxRow, State, idempotency_key
from publishing.planning import ALREADY_THERE, GONE, LIVE, Limits, Plan, Terms, plan

NOW = datetime(2026, 7, 1)
JOURNAL = Terms("amount", is_final=True, reversal_column="reverses_reference")


def row(key: str, amount: str = "1.00", text: str = "", **more: Any) -> OutboxRow:
    parent = more.pop("depends_on", None)
    payload = json.dumps({"amount": amount, "text": text, "reverses_reference": None, **more})
    return OutboxRow(key, f"receipt {key}", f"{amount}{text}", payload, parent)


def entry(key: str, amount: str, state: State, occurrence: int = 1, **more: Any) -> Entry:
    return Entry(key, occurrence, amount, idempotency_key(key, amount, occurrence), state, NOW, **more)


def made(*rows: OutboxRow, ledger: tuple[Entry, ...] = (), terms: Terms = JOURNAL, **more: Any) -> Plan:
    by_key = {
        key: tuple(e for e in ledger if e.posting_key == key) for key in {e.posting_key for e in ledger}
    }
    options: dict[str, Any] = {"mode": LIVE, "limits": Limits(), "blocked": {}, "run_id": "r", "now": NOW}
    return plan(rows, by_key, terms=terms, **(options | more))


def test_a_child_is_withheld_by_name_until_its_parent_is_confirmed() -> None:
    child = row("c", depends_on="p")
    waits = made(child)
    assert (waits.send, waits.withheld) == ((), {})
    assert waits.held == {"c": "waits for its parent p, which no target has confirmed yet"}
    assert waits.insert[0].state is State.WITHHELD
    ledger = (entry("c", "1.00", State.WITHHELD),)
    assert made(child, ledger=ledger).withhold == {ledger[0].idempotency_key: waits.held["c"]}
    assert made(child, ledger=ledger, parents={"p"}).send == (ledger[0].idempotency_key,)


def test_the_gate_speaks_before_the_parent() -> None:
    found = made(row("c", depends_on="p"), blocked={"c": "unbalanced"})
    assert (found.withheld, found.held) == ({"c": "unbalanced"}, {})


def test_reversals_go_first_and_get_the_limit() -> None:
    old = entry("a", "1.00", State.GATED)
    old = Entry(*(getattr(old, name) for name in old.__slots__[:5]), NOW - timedelta(days=9))
    rows = (row("a"), row("z", reverses_reference="x"))
    found = made(*rows, ledger=(old,))
    assert found.send == (idempotency_key("z", "1.00", 1), old.idempotency_key)
    assert made(*rows, ledger=(old,), limits=Limits(max_count=1)).send == found.send[:1]


@pytest.mark.parametrize("waiting", [None, *sorted(WAITING - {State.REJECTED})])
def test_another_amount_is_a_conflict_and_never_sent(waiting: State | None) -> None:
    posted = entry("a", "1.00", State.CONFIRMED)
    ledger = (posted, *([entry("a", "2.00", waiting, 2)] if waiting else []))
    found = made(row("a", "2.00"), ledger=ledger, confirmed={"a": row("a").payload})
    assert (found.send, found.conflicts, found.unchanged) == ((), 1, 0)
    if waiting is None:
        assert [message.state for message in found.insert] == [State.CONFLICT]
    elif waiting is not State.CONFLICT:
        assert list(found.conflict) == [ledger[1].idempotency_key]


def test_other_words_with_the_same_amount_are_nothing_new() -> None:
    ledger = (entry("a", "1.00", State.CONFIRMED), entry("a", "2.00", State.CONFLICT, 2))
    found = made(row("a", text="merged"), ledger=ledger, confirmed={"a": row("a").payload})
    assert (found.send, found.unchanged) == ((), 1)
    assert list(found.retire.values()) == [ALREADY_THERE]


def test_a_sign_turned_round_is_another_amount() -> None:
    ledger = (entry("a", "1.00", State.CONFIRMED),)
    assert made(row("a", "-1.00"), ledger=ledger, confirmed={"a": row("a").payload}).conflicts == 1


def test_what_another_target_confirmed_is_not_posted_here_too() -> None:
    found = made(row("a"), elsewhere={"a": "erp_legacy"})
    assert (found.send, found.conflicts) == ((), 1)
    assert "erp_legacy has confirmed this posting" in (found.insert[0].last_error or "")


def test_content_that_may_change_is_sent_over_what_was_confirmed() -> None:
    found = made(row("a", "2.00"), ledger=(entry("a", "1.00", State.CONFIRMED),), terms=Terms("amount"))
    assert len(found.send) == 1


def test_a_conflict_ends_when_nobody_wants_it() -> None:
    ledger = (entry("a", "1.00", State.CONFIRMED), entry("a", "2.00", State.CONFLICT, 2))
    assert list(made(ledger=ledger).retire.values()) == [GONE]


def test_a_conflict_at_the_target_waits_and_new_content_replaces_it() -> None:
    ledger = (entry("a", "1.00", State.CONFLICT),)
    assert made(row("a"), ledger=ledger) == Plan(conflicts=1)
    assert len(made(row("a", "2.00"), ledger=ledger).send) == 1


def test_what_a_person_canceled_is_not_planned_again_until_it_changes() -> None:
    ledger = (entry("a", "1.00", State.DEAD, canceled_by="ana"),)
    assert made(row("a"), ledger=ledger) == Plan(canceled=1)
    assert made(row("a", "2.00"), ledger=ledger).send == (idempotency_key("a", "2.00", 2),)
    superseded = (entry("a", "1.00", State.DEAD),)
    assert len(made(row("a"), ledger=superseded).send) == 1

"""The planner: pure, idempotent, and never two deliveries of one key at once."""

from __future__ import annotations

import itertools
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from publishing.messages import IN_FLIGHT, Entry, OutboxRow, State, idempotency_key
from publishing.planning import ALREADY_THERE, GONE, LIVE, SUPERSEDED, Limits, Plan, Terms, plan

NOW = datetime(2025, 7, 1)
KEYS = st.sampled_from("abc")
CONTENTS = st.sampled_from("XYZ")
NO_LIMITS = Limits()
ANSWERS = ("book", "reject", "busy", "time out before", "time out after", "crash before", "crash after")


def row(key: str, content: str, amount: str = "1.00") -> OutboxRow:
    return OutboxRow(key, f"invoice {key}", content, f'{{"payable_amount": "{amount}"}}')


def entry(key: str, content: str, occurrence: int, state: State) -> Entry:
    return Entry(key, occurrence, content, idempotency_key(key, content, occurrence), state, NOW)


def ledger_of(*entries: Entry) -> dict[str, tuple[Entry, ...]]:
    return {
        key: tuple(e for e in entries if e.posting_key == key) for key in {e.posting_key for e in entries}
    }


def made(
    *rows: OutboxRow,
    ledger: dict[str, tuple[Entry, ...]] | None = None,
    blocked: dict[str, str] | None = None,
    mode: str = LIVE,
    limits: Limits = NO_LIMITS,
    **more: Any,
) -> Plan:
    return plan(
        rows, ledger or {}, mode=mode, limits=limits, blocked=blocked or {}, run_id="r", now=NOW,
        terms=Terms("payable_amount"), **more,
    )  # fmt: skip


def test_a_new_row_is_sent() -> None:
    found = made(row("a", "X"))
    assert found.send == (idempotency_key("a", "X", 1),)
    assert [message.state for message in found.insert] == [State.GATED]


def test_what_the_target_has_is_not_sent_and_open_versions_end() -> None:
    entries = ledger_of(entry("a", "X", 1, State.CONFIRMED), entry("a", "Y", 2, State.REJECTED))
    found = made(row("a", "X"), ledger=entries)
    assert (found.send, found.insert, found.unchanged) == ((), (), 1)
    assert list(found.retire.values()) == [ALREADY_THERE]


def test_only_the_last_confirmed_content_counts() -> None:
    entries = ledger_of(entry("a", "X", 1, State.CONFIRMED), entry("a", "Y", 2, State.CONFIRMED))
    assert made(row("a", "X"), ledger=entries).send == (idempotency_key("a", "X", 3),)


def test_newer_content_takes_the_place_of_an_unsent_one_and_keeps_its_age() -> None:
    old = Entry("a", 1, "X", "k", State.READY, NOW - timedelta(days=3))
    found = made(row("a", "Y"), ledger={"a": (old,)})
    assert found.retire == {"k": SUPERSEDED}
    assert found.insert[0].occurrence == 2
    assert found.insert[0].first_ready_at == old.first_ready_at


def test_nothing_happens_to_a_key_in_flight() -> None:
    for state in IN_FLIGHT:
        found = made(row("a", "Y"), ledger=ledger_of(entry("a", "X", 1, state)), blocked={"a": "bad"})
        assert found == Plan(in_flight=1)


def test_a_rejection_waits_until_the_content_changes() -> None:
    entries = ledger_of(entry("a", "X", 1, State.REJECTED))
    assert made(row("a", "X"), ledger=entries) == Plan(awaiting_owner=1)
    assert made(row("a", "Y"), ledger=entries).send == (idempotency_key("a", "Y", 2),)


def test_a_withheld_row_goes_once_the_gate_lets_it() -> None:
    found = made(row("a", "X"), blocked={"a": "bad"})
    assert (found.send, found.withheld) == ((), {"a": "bad"})
    entries = ledger_of(entry("a", "X", 1, State.WITHHELD))
    assert made(row("a", "X"), ledger=entries, blocked={"a": "worse"}).withhold == {
        idempotency_key("a", "X", 1): "worse"
    }
    freed = made(row("a", "X"), ledger=entries)
    assert freed.gate == freed.send == (idempotency_key("a", "X", 1),)


def test_a_key_that_occurs_twice_is_withheld() -> None:
    assert made(row("a", "X"), row("a", "Y")).withheld == {"a": "the posting key occurs 2 times"}


def test_a_row_that_is_gone_is_not_sent() -> None:
    entries = ledger_of(entry("a", "X", 1, State.CONFIRMED), entry("a", "Y", 2, State.GATED))
    assert list(made(ledger=entries).retire.values()) == [GONE]


def test_only_live_sends() -> None:
    for mode in ("dry_run", "shadow"):
        found = made(row("a", "X"), mode=mode)
        assert (found.send, found.planned, len(found.insert)) == ((), 1, 1)


@given(
    amounts=st.lists(st.decimals(-100, 100, places=2), max_size=12),
    count=st.none() | st.integers(0, 12),
    total=st.none() | st.decimals(0, 300, places=2),
)
def test_limits_are_never_exceeded_and_nothing_is_lost(
    amounts: list[Decimal], count: int | None, total: Decimal | None
) -> None:
    rows = [row(f"{i:02}", "X", str(amount)) for i, amount in enumerate(amounts)]
    found = made(*rows, limits=Limits(count, total))
    weights = {idempotency_key(each.posting_key, "X", 1): each.amount("payable_amount") for each in rows}
    assert count is None or len(found.send) <= count
    assert total is None or sum((weights[key] for key in found.send), Decimal(0)) <= total
    assert sorted([*found.send, *found.over_limit]) == sorted(weights)


class Deliveries(RuleBasedStateMachine):
    """Any order of changes, gates, answers, time-outs and crashes over a model of ledger and target."""

    def __init__(self) -> None:
        super().__init__()
        self.wanted: dict[str, str] = {}
        self.ledger: dict[str, Entry] = {}
        self.told: dict[str, list[str]] = {}
        self.booked: set[str] = set()

    def _entries(self) -> dict[str, tuple[Entry, ...]]:
        return ledger_of(*self.ledger.values())

    def _move(self, key: str, state: State) -> None:
        old = self.ledger[key]
        self.ledger[key] = Entry(
            old.posting_key, old.occurrence, old.payload_hash, key, state, old.first_ready_at
        )

    def _book(self, key: str) -> None:
        if key not in self.booked:
            self.booked.add(key)
            self.told.setdefault(self.ledger[key].posting_key, []).append(self.ledger[key].payload_hash)

    @rule(key=KEYS, content=CONTENTS)
    def change(self, key: str, content: str) -> None:
        self.wanted[key] = content

    @rule(key=KEYS)
    def vanish(self, key: str) -> None:
        self.wanted.pop(key, None)

    @rule(
        blocked=st.sets(KEYS),
        answers=st.lists(st.sampled_from(ANSWERS), min_size=3),
        limit=st.none() | st.integers(0, 2),
    )
    def run(self, blocked: set[str], answers: list[str], limit: int | None) -> None:
        for key, found in list(self.ledger.items()):
            if found.state in (State.SENT, State.UNKNOWN):
                self._move(key, State.CONFIRMED if key in self.booked else State.READY)
        rows = [row(key, content) for key, content in self.wanted.items()]
        reasons = dict.fromkeys(blocked, "bad")
        planned = made(*rows, ledger=self._entries(), blocked=reasons, limits=Limits(limit))
        for message in planned.insert:
            assert message.idempotency_key not in self.ledger
            self.ledger[message.idempotency_key] = Entry(
                message.posting_key, message.occurrence, message.payload_hash, message.idempotency_key,
                message.state, message.first_ready_at,
            )  # fmt: skip
        for keys, state in (
            (planned.retire, State.DEAD), (planned.withhold, State.WITHHELD), (planned.gate, State.GATED),
        ):  # fmt: skip
            for key in keys:
                self._move(key, state)
        again = made(*rows, ledger=self._entries(), blocked=reasons, limits=Limits(limit))
        assert (again.insert, again.gate, again.retire, again.send) == ((), (), {}, planned.send)
        for key, answer in zip(planned.send, answers, strict=False):
            self._move(key, State.SENT)
            if answer in ("book", "time out after", "crash after"):
                self._book(key)
            ended = {"book": State.CONFIRMED, "reject": State.REJECTED, "busy": State.READY}
            if not answer.startswith("crash"):
                self._move(key, ended.get(answer, State.UNKNOWN))

    @invariant()
    def at_most_one_in_flight(self) -> None:
        for entries in self._entries().values():
            assert sum(found.state in IN_FLIGHT for found in entries) <= 1

    @invariant()
    def the_target_is_never_told_the_same_twice_running(self) -> None:
        for told in self.told.values():
            assert all(before != after for before, after in itertools.pairwise(told))


TestDeliveries = Deliveries.TestCase
TestDeliveries.settings = settings(max_examples=60, stateful_step_count=15, deadline=None)

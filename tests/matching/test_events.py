"""Golden identity as one append-only table says the same as the values it came from."""

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pyarrow as pa

from matching.events import EVENT, events_of, state_of
from matching.golden import update
from matching.identity import DISTINCT, Decision, Outcome, Pair, Record, State, latest_memberships
from matching.policy import MERGE, REVIEW

DAY = datetime(2026, 3, 1, tzinfo=UTC)
SAID = Decision(1, DISTINCT, "a", "c", "pat", "two firms", DAY)


def _stories() -> tuple[State, list[pa.Table]]:
    """Two batches that join published keys, then a split: every kind of row."""
    records = {key: Record(key, f"hash of {key}") for key in "abcd"}
    steps = [
        (("a", "c", "d"), [Pair("c", "d", 6.0, REVIEW, None, "SITE_OF")], ()),
        (
            ("a", "b", "c", "d"),
            [Pair(one, two, 20.0, MERGE, "SAME_TAX_ID", "SAME") for one, two in ("ab", "bc")],
            (),
        ),
        (("a", "b", "c", "d"), [], (SAID,)),
    ]
    state, tables = State(), []
    for day, (keys, pairs, decisions) in enumerate(steps):
        state = replace(state, decisions=decisions)
        known = {key: records[key] for key in keys}
        outcome = update(state, known, pairs, DAY + timedelta(days=day), "1-test")
        state = state.with_outcome(outcome)
        tables.append(events_of(outcome))
    return state, tables


def test_the_rows_of_all_outcomes_are_the_state() -> None:
    state, tables = _stories()
    rows = pa.concat_tables(tables)
    assert rows.schema == EVENT
    assert {*rows["event"].to_pylist()} == {"MEMBERSHIP", "REDIRECT", "TASK"}
    again = state_of(rows, [SAID])
    assert latest_memberships(again.memberships) == latest_memberships(state.memberships)
    assert set(again.redirects) == set(state.redirects) and set(again.tasks) == set(state.tasks)
    records = {key: Record(key, f"hash of {key}") for key in "abcd"}
    assert update(again, records, [], DAY + timedelta(days=9), "1-test") == Outcome()


def test_order_and_repetition_of_rows_do_not_matter() -> None:
    _, tables = _stories()
    rows = pa.concat_tables([*tables, tables[0]])
    order = random.Random(4).sample(range(rows.num_rows), rows.num_rows)
    assert state_of(rows.take(order)) == state_of(pa.concat_tables(tables))


def test_ids_do_not_repeat() -> None:
    _, tables = _stories()
    ids = [event_id for table in tables for event_id in table["event_id"].to_pylist()]
    assert len(ids) == len(set(ids)) > 6


def test_nothing_is_no_row() -> None:
    assert events_of(Outcome()).equals(EVENT.empty_table())
    assert state_of(EVENT.empty_table()) == State()

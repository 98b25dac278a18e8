"""From tables to an outcome: what callers pass and get."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pyarrow as pa

from matching import census
from matching.identity import DISTINCT, SAME, Decision, Outcome, State, latest_memberships
from matching.model import load_model
from matching.profile import profiles_of
from matching.session import match
from matching.splink_session import connected
from matching.yardstick.dress import Truth
from tests.matching.conftest import record, table_of

DAY = datetime(2026, 3, 1, tzinfo=UTC)
HARBOR = {"street": "77 Quarry Road", "postal_code": "60614", "region": "IL"}
World = tuple[pa.Table, list[Truth]]


def _golden(state: State) -> dict[str, str]:
    return {key: row.golden_key for key, row in latest_memberships(state.memberships).items()}


def test_a_batch_joins_what_is_known_and_the_same_batch_is_nothing(small_world: World) -> None:
    background, _ = small_world
    first = record("x|1", "Quovadelle Surgical", **HARBOR)
    second = record("a|2", "QUOVADELLE SURG INC", **HARBOR)
    with connected() as connection:
        known = pa.concat_tables([background, profiles_of(table_of([first]))])
        before = match(connection, known, State(), DAY)
        state = State().with_outcome(before.outcome)
        more = pa.concat_tables([known, profiles_of(table_of([second]))])
        later = match(connection, more, state, DAY + timedelta(days=1), census=before.census)
        state = state.with_outcome(later.outcome)
        again = match(connection, more, state, DAY + timedelta(days=2), census=before.census)
    assert [(row.record_key, row.golden_key, row.via) for row in later.outcome.memberships] == [
        ("a|2", "x|1", "x|1")
    ]
    assert later.pairs.num_rows == 1 and _golden(state)["a|2"] == "x|1"
    assert again.outcome == Outcome() and again.pairs.num_rows == 0


def test_the_caller_says_whose_key_a_new_golden_record_takes(small_world: World) -> None:
    rows = [record(key, "Quovadelle Surgical", **HARBOR) for key in ("a|1", "m|1", "z|1")]
    with connected() as connection:
        profiles = pa.concat_tables([small_world[0], profiles_of(table_of(rows))])
        found = match(connection, profiles, State(), DAY, anchor_ranks={"m|1": 0})
    assert {_golden(State().with_outcome(found.outcome))[key] for key in ("a|1", "m|1", "z|1")} == {"m|1"}


def test_decisions_win_over_a_model_that_comes_later(small_world: World) -> None:
    """Under a model that sees copies everywhere, about records that changed since."""
    decided = [
        Decision(1, DISTINCT, "p|1", "p|2", "a.steward", "two houses", DAY),
        Decision(2, SAME, "q|1", "q|2", "a.steward", "one house", DAY),
    ]
    names = {"p|1": "Quovadelle Surgical", "p|2": "Quovadelle Surgical", "q|1": "Abaddon", "q|2": "Zephyrine"}
    places = {"p|1": HARBOR, "p|2": HARBOR, "q|1": {}, "q|2": {}}
    rows = [record(key, name, **places[key]) for key, name in names.items()]
    changed = [row | {"phones": [f"312664018{at}"]} for at, row in enumerate(rows)]
    other = replace(load_model(), version="1-retrained", prior=0.4)
    with connected() as connection:
        first = pa.concat_tables([small_world[0], profiles_of(table_of(rows))])
        state = State(decisions=decided)
        state = state.with_outcome(match(connection, first, state, DAY).outcome)
        second = pa.concat_tables([small_world[0], profiles_of(table_of(changed))])
        later = match(connection, second, state, DAY + timedelta(days=1), model=other)
    assert {"p|1", "p|2"} in [{row["left_key"], row["right_key"]} for row in later.pairs.to_pylist()]
    golden = _golden(state.with_outcome(later.outcome))
    assert golden["p|1"] != golden["p|2"] and golden["q|1"] == golden["q|2"]


def test_a_placeholder_does_not_keep_records_apart(small_world: World) -> None:
    """A number that many firms carry is no tax id, for joining as for parting."""
    firms = ("Abaddon", "Bricolux", "Cravenhal", "Drumlock", "Esperanto", "Fribourg", "Grimoire")
    rows = [record(f"p|{at}", f"{firm} Ltd", tax="361234567") for at, firm in enumerate(firms[1:], 1)]
    rows.append(record("p|0", "Abaddon Ltd", tax="361234567", **HARBOR))
    rows.append(record("p|8", "Abaddon Ltd", tax="472345678", **HARBOR))
    with connected() as connection:
        profiles = pa.concat_tables([small_world[0], profiles_of(table_of(rows))])
        found = match(connection, profiles, State(), DAY)
        assert len(census.placeholders(found.census)) >= 1
    golden = _golden(State().with_outcome(found.outcome))
    assert golden["p|0"] == golden["p|8"]
    assert len({golden[f"p|{at}"] for at in range(7)}) == 7

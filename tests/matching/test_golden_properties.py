"""Golden identity on any input: keys stay, decisions hold, the order of rows and batches matters little."""

import random
from collections import defaultdict
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matching.golden import concerned, update
from matching.identity import (
    DISTINCT,
    MERGED,
    SAME,
    Decision,
    Outcome,
    Pair,
    Record,
    State,
    latest_decisions,
    latest_memberships,
    resolve,
)
from matching.policy import MERGE, REVIEW
from matching.profile import profiles_of
from matching.session import match
from matching.splink_session import connected
from matching.yardstick.dress import Truth, make_records
from matching.yardstick.measure import agreement, quality

DAY = datetime(2026, 3, 1, tzinfo=UTC)
KEYS = "abcdefghij"
_two = st.lists(st.sampled_from(KEYS), min_size=2, max_size=2, unique=True).map(sorted)
_pairs = st.lists(
    st.tuples(
        _two,
        st.integers(4, 40),
        st.sampled_from([MERGE, MERGE, REVIEW]),
        st.sampled_from(["SAME_TAX_ID", "NAME_AND_PHONE"]),
    ),
    max_size=18,
    unique_by=lambda one: tuple(one[0]),
).map(
    lambda found: [
        Pair(two[0], two[1], float(weight), band, gate, "SAME") for two, weight, band, gate in found
    ]
)
_records = st.fixed_dictionaries(
    {
        key: st.sampled_from([None, None, "t1", "t2", "t3"]).map(
            lambda tax, key=key: Record(key, f"hash {key}", tax)
        )
        for key in KEYS
    }
)
_decisions = st.lists(st.tuples(_two, st.sampled_from([SAME, DISTINCT])), max_size=5).map(
    lambda found: [
        Decision(at, kind, two[0], two[1], "pat", "looked", DAY) for at, (two, kind) in enumerate(found)
    ]
)

_few = st.sets(st.sampled_from(KEYS), max_size=2)


def _grouped(state: State) -> dict[str, str]:
    return {key: row.golden_key for key, row in latest_memberships(state.memberships).items()}


def _in_batches(
    records: dict[str, Record], pairs: list[Pair], cuts: list[int], decisions: list[Decision]
) -> list[State]:
    """States after each batch; a pair is scored in the batch in which its later record arrives."""
    states, state, keys = [], State(decisions=decisions), sorted(records)
    for at, (start, end) in enumerate(pairwise([0, *sorted(cuts), len(keys)])):
        known = {key: records[key] for key in keys[:end]}
        new = set(keys[start:end])
        now = [
            pair
            for pair in pairs
            if {pair.left_key, pair.right_key} & new and {pair.left_key, pair.right_key} <= set(known)
        ]
        state = state.with_outcome(update(state, known, now, DAY + timedelta(days=at), "m"))
        states.append(state)
    return states


@given(_records, _pairs, _decisions, st.lists(st.integers(0, len(KEYS)), max_size=3), st.randoms())
@settings(max_examples=200, deadline=None)
def test_what_always_holds(
    records: dict[str, Record],
    pairs: list[Pair],
    decisions: list[Decision],
    cuts: list[int],
    chance: random.Random,
) -> None:
    states = _in_batches(records, pairs, cuts, decisions)
    final = states[-1]
    now = _grouped(final)
    assert set(now) == set(records)
    for pair, one in latest_decisions(decisions).items():
        assert one.kind != DISTINCT or now[pair[0]] != now[pair[1]]
    taxes = defaultdict(set)
    told = {key for one in latest_decisions(decisions).values() if one.kind == SAME for key in one.pair}
    for key, golden_key in now.items():
        if records[key].tax and not any(now[other] == golden_key for other in told):
            taxes[golden_key].add(records[key].tax)
    assert all(len(found) == 1 for found in taxes.values())
    # Every key that was ever published still stands for something, and no record moved without a redirect.
    published = {row.golden_key for state in states for row in state.memberships}
    assert {resolve(final.redirects, key) for key in published} <= set(now.values())
    for earlier, later in pairwise(states):
        then = _grouped(earlier)
        for key, golden_key in then.items():
            assert _grouped(later)[key] == resolve(later.redirects, golden_key)
    assert len({redirect.from_key for redirect in final.redirects if redirect.kind == MERGED}) == len(
        final.redirects
    )
    shuffled = chance.sample(pairs, len(pairs))
    items = chance.sample(sorted(records.items()), len(records))
    again = _in_batches(dict(items), shuffled, cuts, chance.sample(decisions, len(decisions)))
    assert _grouped(again[-1]) == now and again[-1].redirects == final.redirects
    assert update(final, records, [], DAY + timedelta(days=9), "m") == Outcome()


@given(_records, _pairs, _pairs, _decisions, _few, _few)
@settings(max_examples=200, deadline=None)
def test_what_is_not_concerned_makes_no_difference(
    records: dict[str, Record],
    before: list[Pair],
    pairs: list[Pair],
    decisions: list[Decision],
    changed: set[str],
    arrived: set[str],
) -> None:
    known = {key: one for key, one in records.items() if key not in arrived}
    first = [pair for pair in before if {pair.left_key, pair.right_key} <= set(known)]
    state = State().with_outcome(update(State(), known, first, DAY, "m"))
    state = replace(state, decisions=decisions)
    later = {key: replace(one, content_hash="new") if key in changed else one for key, one in records.items()}
    scored = [pair for pair in pairs if {pair.left_key, pair.right_key} & (arrived | changed)]
    named = {key for pair in scored for key in (pair.left_key, pair.right_key)}
    needed = concerned(state, later, arrived | changed | named)
    some = {key: one for key, one in later.items() if key in needed}
    expected = update(state, later, scored, DAY + timedelta(days=1), "m")
    assert update(state, some, scored, DAY + timedelta(days=1), "m") == expected


@given(_records, _pairs, st.sampled_from(KEYS))
@settings(max_examples=100, deadline=None)
def test_a_change_moves_no_unchanged_record(
    records: dict[str, Record], pairs: list[Pair], changed: str
) -> None:
    state = State().with_outcome(update(State(), records, pairs, DAY, "m"))
    before = _grouped(state)
    later = {**records, changed: replace(records[changed], content_hash="other", tax=None)}
    outcome = update(state, later, [], DAY + timedelta(days=1), "m")
    assert _grouped(state.with_outcome(outcome)) == before
    is_alone = list(before.values()).count(before[changed]) == 1
    assert [task.kind for task in outcome.tasks] == ([] if is_alone else ["LOST_EVIDENCE"])


@given(_records, _pairs, _two)
@settings(max_examples=100, deadline=None)
def test_a_split_keeps_the_key_with_those_who_were_first(
    records: dict[str, Record], pairs: list[Pair], two: list[str]
) -> None:
    state = State().with_outcome(update(State(), records, pairs, DAY, "m"))
    before = _grouped(state)
    state = replace(state, decisions=[Decision(1, DISTINCT, two[0], two[1], "pat", "looked", DAY)])
    outcome = update(state, records, [], DAY + timedelta(days=1), "m")
    after = _grouped(state.with_outcome(outcome))
    moved = {key for key in records if after[key] != before[key]}
    assert moved <= set(two) and len(moved) == (before[two[0]] == before[two[1]])
    assert all(key not in before.values() for key in (after[key] for key in moved))


def _fed(profiles: pa.Table, batches: list[list[str]]) -> State:
    keys, state = profiles["record_key"].to_pylist(), State()
    at = {key: row for row, key in enumerate(keys)}
    seen: list[int] = []
    for day, batch in enumerate(batches):
        seen += [at[key] for key in batch]
        with connected() as connection:
            found = match(connection, profiles.take(seen), state, DAY + timedelta(days=day))
        state = state.with_outcome(found.outcome)
    return state


@pytest.fixture(scope="module")
def world() -> tuple[pa.Table, list[Truth]]:
    records, truths = make_records(3000, seed=31)
    return profiles_of(records), truths


@pytest.fixture(scope="module")
def few(small_world: tuple[pa.Table, list[Truth]]) -> tuple[pa.Table, Outcome]:
    """Some records, and what they are in their own order by two threads."""
    profiles = small_world[0].slice(0, 400)
    with connected(threads=2) as connection:
        return profiles, match(connection, profiles, State(), DAY).outcome


@given(st.randoms(use_true_random=False), st.sampled_from([1, 2]))
@settings(max_examples=4, deadline=None)
def test_order_and_threads_change_nothing_and_a_batch_twice_is_once(
    few: tuple[pa.Table, Outcome], chance: random.Random, threads: int
) -> None:
    profiles, expected = few
    shuffled = profiles.take(chance.sample(range(profiles.num_rows), profiles.num_rows))
    with connected(threads=threads) as connection:
        found = match(connection, shuffled, State(), DAY).outcome
        again = match(connection, profiles, State().with_outcome(found), DAY + timedelta(days=1))
    assert found == expected and len(found.memberships) == profiles.num_rows and found.tasks
    assert again.outcome == Outcome() and again.pairs.num_rows == 0


@pytest.mark.slow
@pytest.mark.parametrize("order", [1, 2])
def test_ten_batches_in_any_order_agree_with_one(world: tuple[pa.Table, list[Truth]], order: int) -> None:
    profiles, _ = world
    keys = profiles["record_key"].to_pylist()
    at_once = _fed(profiles, [keys])
    random.Random(order).shuffle(keys)
    batched = _fed(profiles, [keys[start::10] for start in range(10)])
    assert agreement(_grouped(batched), _grouped(at_once)).f1 >= 0.995
    issued = {row.golden_key for row in batched.memberships}
    retired = {redirect.from_key for redirect in batched.redirects}
    assert len(retired) <= 0.04 * len(issued)
    assert {resolve(batched.redirects, key) for key in issued} == set(_grouped(batched).values())


def test_an_unseen_world_is_matched_as_promised(world: tuple[pa.Table, list[Truth]]) -> None:
    profiles, truths = world
    with connected() as connection:
        outcome = match(connection, profiles, State(), DAY).outcome
    found = quality(outcome.memberships, outcome.tasks, truths)
    assert found.automatic.precision >= 0.995 and found.automatic.recall >= 0.90
    assert found.reviewed.recall >= 0.95
    assert found.tasks_per_thousand <= 80 and found.true_share >= 0.25
    assert found.wrongly_merged["shared_building"][0] == 0
    assert all(wrong <= 0.04 * every for wrong, every in found.wrongly_merged.values())
    state = State().with_outcome(outcome)
    with connected() as connection:
        order = random.Random(2).sample(range(profiles.num_rows), profiles.num_rows)
        assert match(connection, profiles.take(order), state, DAY).outcome == Outcome()

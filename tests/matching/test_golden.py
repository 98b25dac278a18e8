"""Golden identity told as stories: what joins, what stays, what parts, and what people are asked."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from matching.golden import arrived, update
from matching.identity import (
    CHILD_OF,
    DISTINCT,
    MERGED,
    SAME,
    SITE_OF,
    SPLIT,
    STATED,
    UNSURE,
    Decision,
    Outcome,
    Pair,
    Record,
    Redirect,
    State,
    latest_memberships,
    resolve,
    who_was,
)
from matching.policy import DEFAULT, MERGE, REVIEW, Policy

DAY = datetime(2026, 3, 1, tzinfo=UTC)


def records(*keys: str, **changed: Record) -> dict[str, Record]:
    return {key: changed.get(key, Record(key, f"hash of {key}", name_root=key)) for key in keys}


def merge(left: str, right: str, weight: float = 20.0, gate: str = "SAME_TAX_ID") -> Pair:
    return Pair(left, right, weight, MERGE, gate, "SAME")


def review(left: str, right: str, relationship: str = "SAME", weight: float = 6.0) -> Pair:
    return Pair(left, right, weight, REVIEW, None, relationship)


def decide(kind: str, left: str, right: str, seq: int = 1, origin: str = "STEWARD") -> Decision:
    return Decision(seq, kind, left, right, "pat", "looked at both", DAY, origin)


def run(
    state: State,
    known: dict[str, Record],
    pairs: Iterable[Pair] = (),
    day: int = 0,
    policy: Policy = DEFAULT,
) -> tuple[State, Outcome]:
    outcome = update(state, known, pairs, DAY + timedelta(days=day), "1-test", policy)
    return state.with_outcome(outcome), outcome


def golden(state: State) -> dict[str, str]:
    return {key: row.golden_key for key, row in sorted(latest_memberships(state.memberships).items())}


def hashes(known: dict[str, Record]) -> dict[str, str]:
    return {key: one.content_hash for key, one in known.items()}


def asked(outcome: Outcome) -> list[tuple[str, str, str, str]]:
    return sorted((task.kind, task.left_key, task.right_key, task.reason) for task in outcome.tasks)


def test_records_join_under_the_key_of_their_anchor() -> None:
    known = records("a", "b", "c", "d", b=Record("b", "hash of b", anchor_rank=-1))
    state, outcome = run(State(), known, [merge("a", "b"), merge("b", "c")])
    assert golden(state) == {"a": "b", "b": "b", "c": "b", "d": "d"}
    [anchor] = [row for row in outcome.memberships if row.record_key == "a"]
    assert (anchor.method, anchor.via, anchor.weight, anchor.model_version) == ("MATCH", "b", 20.0, "1-test")


def test_the_same_again_is_nothing() -> None:
    known = records("a", "b", "c")
    state, _ = run(State(), known, [merge("a", "b"), review("b", "c")])
    assert arrived(state, hashes(known)) == []
    assert run(state, known, day=1)[1] == Outcome()
    assert run(state, known, [merge("a", "b"), review("b", "c")], day=1)[1] == Outcome()


def test_a_record_that_arrives_takes_the_key_that_is_there() -> None:
    state, _ = run(State(), records("m"))
    state, outcome = run(state, records("a", "m"), [merge("a", "m")], day=1)
    assert golden(state) == {"a": "m", "m": "m"}
    assert outcome.redirects == () and len(outcome.memberships) == 1


def test_two_golden_records_become_one_under_the_older_key() -> None:
    state, _ = run(State(), records("z"))
    state, _ = run(state, records("a", "z"), day=1)
    state, outcome = run(state, records("a", "m", "z"), [merge("a", "m"), merge("m", "z", 19.0)], day=2)
    assert golden(state) == {"a": "z", "m": "z", "z": "z"}
    [redirect] = outcome.redirects
    assert (redirect.from_key, redirect.to_key, redirect.kind) == ("a", "z", MERGED)
    assert redirect.at == DAY + timedelta(days=2) and "SAME_TAX_ID" in redirect.reason
    assert resolve(state.redirects, "a") == "z"
    assert resolve(state.redirects, "a", DAY + timedelta(days=1)) == "a"


def test_history_tells_who_a_record_was_on_a_day() -> None:
    state, _ = run(State(), records("z"))
    state, _ = run(state, records("a", "z"), day=1)
    state, _ = run(state, records("a", "m", "z"), [merge("a", "m"), merge("m", "z")], day=2)
    assert [who_was(state.memberships, "a", DAY + timedelta(days=day)) for day in range(4)] == [
        None,
        "a",
        "z",
        "z",
    ]


def test_redirects_in_a_circle_are_an_error() -> None:
    circle = [Redirect("a", "b", MERGED, DAY, ""), Redirect("b", "a", MERGED, DAY, "")]
    with pytest.raises(ValueError, match="redirects to itself"):
        resolve(circle, "a")


@pytest.mark.parametrize(
    ("policy", "paid", "joins"),
    [
        (DEFAULT, True, True),
        (Policy(joins_issued=False), False, False),
        (Policy(joins_paid=False), False, True),
        (Policy(joins_paid=False), True, False),
    ],
)
def test_joining_published_keys_can_be_left_to_people(policy: Policy, paid: bool, joins: bool) -> None:
    known = {key: replace(one, has_payments=paid) for key, one in records("a", "z").items()}
    state, _ = run(State(), known)
    known["m"] = Record("m", "hash of m")
    state, outcome = run(state, known, [merge("a", "m"), merge("m", "z", 19.0)], day=1, policy=policy)
    assert (golden(state)["a"] == golden(state)["z"]) == joins
    assert asked(outcome) == ([] if joins else [("REFUSED", "m", "z", "BOTH_ISSUED")])


def test_a_changed_record_stays_and_lost_evidence_is_a_task() -> None:
    state, _ = run(State(), records("a", "b", "c"), [merge("a", "b"), merge("b", "c")])
    changed = records("a", "b", "c", "x", c=Record("c", "renamed", name_root="newco"))
    state, outcome = run(state, changed, [merge("c", "x")], day=1)
    assert golden(state) == {"a": "a", "b": "a", "c": "a", "x": "x"}
    assert [task[:3] for task in asked(outcome)] == [("LOST_EVIDENCE", "a", "c"), ("REFUSED", "c", "x")]
    assert arrived(state, hashes(changed)) == []
    assert run(state, changed, day=2)[1] == Outcome()


def test_a_changed_record_that_keeps_evidence_asks_nothing() -> None:
    state, _ = run(State(), records("a", "b"), [merge("a", "b")])
    changed = records("a", "b", b=Record("b", "moved"))
    state, outcome = run(state, changed, [review("a", "b")], day=1)
    assert golden(state) == {"a": "a", "b": "a"} and outcome.tasks == ()
    assert [row.method for row in outcome.memberships] == ["KEPT"]


def test_a_changed_record_that_stood_alone_moves_and_renames_nobody() -> None:
    state, _ = run(State(), records("a"))
    state, _ = run(state, records("a", "m", "z"), [merge("m", "z")], day=1)
    changed = records("a", "m", "z", a=Record("a", "with a tax id"))
    state, outcome = run(state, changed, [merge("a", "z")], day=2)
    assert golden(state) == {"a": "m", "m": "m", "z": "m"}
    assert [(one.from_key, one.to_key) for one in outcome.redirects] == [("a", "m")]


def test_a_changed_record_does_not_join_two_published_groups() -> None:
    state, _ = run(State(), records("a", "b", "y", "z"), [merge("a", "b"), merge("y", "z")])
    changed = records("a", "b", "y", "z", b=Record("b", "with a tax id"))
    state, outcome = run(state, changed, [merge("b", "y"), merge("a", "b")], day=1)
    assert golden(state) == {"a": "a", "b": "a", "y": "y", "z": "y"}
    assert asked(outcome) == [("REFUSED", "b", "y", "BOTH_ISSUED")]


def test_people_keep_apart_what_scores_join() -> None:
    state = State(decisions=[decide(DISTINCT, "a", "b")])
    state, outcome = run(
        state, records("a", "b", "c"), [merge("a", "b", 30), merge("a", "c"), merge("b", "c", 19.0)]
    )
    assert golden(state) == {"a": "a", "b": "b", "c": "a"}
    assert asked(outcome) == []


def test_people_join_what_scores_do_not() -> None:
    state, outcome = run(State(decisions=[decide(SAME, "a", "b")]), records("a", "b"))
    assert golden(state) == {"a": "a", "b": "a"}
    assert {row.method for row in outcome.memberships} == {"STEWARD"}


def test_a_person_is_stronger_than_a_system_and_the_last_word_holds() -> None:
    said = [decide(SAME, "a", "b", 1), decide(DISTINCT, "b", "a", 2), decide(SAME, "a", "b", 3, STATED)]
    state, _ = run(State(decisions=said), records("a", "b"))
    assert golden(state) == {"a": "a", "b": "b"}


def test_decisions_that_contradict_each_other_are_asked_back() -> None:
    said = [decide(SAME, "a", "b", 1), decide(SAME, "b", "c", 2), decide(DISTINCT, "a", "c", 3)]
    state, outcome = run(State(decisions=said), records("a", "b", "c"))
    assert golden(state) == {"a": "a", "b": "a", "c": "c"}
    assert [task[:3] for task in asked(outcome)] == [("CONTRADICTION", "b", "c")]


def test_unmerging_gives_the_later_one_a_new_key_and_keeps_history() -> None:
    state, _ = run(State(), records("a", "b", "c", "d"), [merge("a", "b"), merge("b", "c")])
    said = [decide(DISTINCT, "a", "c"), decide(SAME, "c", "b", 2)]
    state, outcome = run(replace(state, decisions=said), records("a", "b", "c", "d"), day=5)
    assert golden(state) == {"a": "a", "b": "b", "c": "b", "d": "d"}
    [redirect] = outcome.redirects
    assert (redirect.from_key, redirect.to_key, redirect.kind) == ("a", "b", SPLIT)
    assert redirect.reason == "pat: looked at both"
    assert resolve(state.redirects, "a") == "a"
    assert who_was(state.memberships, "c", DAY + timedelta(days=4)) == "a"
    assert run(state, records("a", "b", "c", "d"), day=6)[1] == Outcome()


def test_a_retired_key_is_never_issued_again() -> None:
    state, _ = run(State(), records("a", "b"))
    state, _ = run(replace(state, decisions=[decide(SAME, "a", "b")]), records("a", "b"), day=1)
    assert golden(state) == {"a": "a", "b": "a"} and resolve(state.redirects, "b") == "a"
    state, outcome = run(replace(state, decisions=[decide(DISTINCT, "a", "b", 2)]), records("a", "b"), day=2)
    now = golden(state)
    assert now["a"] == "a" and now["b"] not in ("a", "b") and len(now["b"]) == 32
    assert resolve(state.redirects, "b") == "a"
    assert [redirect.kind for redirect in outcome.redirects] == [SPLIT]


@pytest.mark.parametrize(("kind", "joins"), [(SITE_OF, False), (CHILD_OF, False), (UNSURE, False)])
def test_other_answers_end_the_question_without_joining(kind: str, joins: bool) -> None:
    state, outcome = run(State(decisions=[decide(kind, "a", "b")]), records("a", "b"), [merge("a", "b")])
    assert (golden(state)["a"] == golden(state)["b"]) == joins
    assert outcome.tasks == ()


def test_a_subsidiary_is_not_joined_through_others_either() -> None:
    pairs = [merge("a", "c"), merge("b", "c", 19.0)]
    state, _ = run(State(decisions=[decide(CHILD_OF, "a", "b")]), records("a", "b", "c"), pairs)
    assert golden(state)["a"] != golden(state)["b"]
    state, _ = run(State(decisions=[decide(SITE_OF, "a", "b")]), records("a", "b", "c"), pairs)
    assert golden(state)["a"] == golden(state)["b"]


def test_unsure_lasts_until_a_record_changes() -> None:
    state, _ = run(State(decisions=[decide(UNSURE, "a", "b")]), records("a", "b"), [merge("a", "b")])
    changed = records("a", "b", b=Record("b", "with a tax id"))
    state, _ = run(state, changed, [merge("a", "b")], day=1)
    assert golden(state) == {"a": "a", "b": "a"}


def test_two_valid_tax_ids_never_share_a_key_but_a_mistyped_one_does() -> None:
    taxed = {
        "a": Record("a", "1", "t1", frozenset("xy")),
        "b": Record("b", "2", "t2", frozenset("z")),
        "c": Record("c", "3"),
        "d": Record("d", "4", "t1x", frozenset("yw")),
    }
    pairs = [merge("a", "c", 30), merge("b", "c", 29), merge("a", "d", 28)]
    state, outcome = run(State(), taxed, pairs)
    assert golden(state) == {"a": "a", "b": "b", "c": "a", "d": "a"}
    assert asked(outcome) == [("REFUSED", "b", "c", "TAX_ID_CONFLICT")]


def test_one_that_fits_two_firms_joins_neither() -> None:
    taxed = {"a": Record("a", "1", "t1"), "b": Record("b", "2", "t2"), "c": Record("c", "3")}
    pairs = [merge("a", "c", 20, "NAME_AND_PHONE"), merge("b", "c", 19, "NAME_AND_PHONE")]
    state, outcome = run(State(), taxed, pairs)
    assert golden(state) == {"a": "a", "b": "b", "c": "c"}
    assert {task.reason for task in outcome.tasks} == {"AMBIGUOUS"}


def test_a_golden_record_that_grows_suspiciously_is_asked_about() -> None:
    keys = [f"r{at:02}" for at in range(30)]
    pairs = [merge(one, other) for one, other in pairwise(keys)]
    alike = {key: Record(key, key, name_root="zellart") for key in keys}
    state, outcome = run(State(), alike, pairs)
    sizes = sorted(list(golden(state).values()).count(key) for key in set(golden(state).values()))
    assert sizes == [5, 25] and {task.reason for task in outcome.tasks} == {"CLUSTER_SUSPECT_SIZE"}
    state, outcome = run(State(), records(*keys[:8]), pairs[:7])
    assert {task.reason for task in outcome.tasks} == {"CLUSTER_SUSPECT_NAMES"}
    said = [decide(SAME, "r05", "r06")]
    assert len(set(golden(run(State(decisions=said), records(*keys[:8]), pairs[:7])[0]).values())) <= 2


def test_two_groups_are_asked_about_once() -> None:
    pairs = [merge("a", "b"), review("a", "c", weight=7), review("b", "c", weight=6)]
    _, outcome = run(State(), records("a", "b", "c"), pairs)
    assert asked(outcome) == [("SUGGESTION", "a", "c", "NO_GATE")]


def test_a_question_comes_again_when_a_record_has_changed() -> None:
    state, first = run(State(), records("a", "b"), [review("a", "b")])
    changed = records("a", "b", b=Record("b", "other phone"))
    _, second = run(state, changed, [review("a", "b")], day=1)
    assert len(first.tasks) == len(second.tasks) == 1
    assert first.tasks[0].task_id != second.tasks[0].task_id


def test_pairs_of_unknown_records_are_left_out() -> None:
    state, _ = run(State(), records("a"), [merge("a", "gone")])
    assert golden(state) == {"a": "a"}

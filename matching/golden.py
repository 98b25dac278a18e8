"""Golden identity: which records are one supplier, under a key that does not move.

`update` is a pure function of what was decided before and what arrived. Decisions come first, then scored
pairs from the best down. Membership is sticky: a record that lost its evidence stays and a task says so; only
a decision divides. A key once published never stands for something else; one that is given up redirects.
"""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime

from matching.clusters import Clusters
from matching.grouping import Run, apply_same, restore
from matching.identity import (
    CHILD_OF,
    DISTINCT,
    SAME,
    Outcome,
    Pair,
    Record,
    State,
    latest_decisions,
    latest_memberships,
)
from matching.issuing import write_rows
from matching.joining import apply_scores, ask_for_lost_evidence
from matching.policy import DEFAULT, Policy


def arrived(state: State, hashes: Mapping[str, str]) -> list[str]:
    """Keys of the records that are new or whose content changed: what has to be scored, sorted."""
    now = latest_memberships(state.memberships)
    return sorted(
        key for key, content in hashes.items() if key not in now or now[key].content_hash != content
    )


def concerned(state: State, known: Collection[str], keys: Iterable[str]) -> set[str]:
    """Of the `known` records those that `update` needs for `keys` and for decisions not yet carried out.

    Their golden records are whole. So the work of an update grows with what arrived, not with all records.
    """
    golden = {key: row.golden_key for key, row in latest_memberships(state.memberships).items()}
    named = set(keys)
    for pair, one in latest_decisions(state.decisions).items():
        is_one = pair[0] in golden and golden[pair[0]] == golden.get(pair[1])
        if (one.kind == SAME and not is_one) or (one.kind == DISTINCT and is_one):
            named.update(pair)
    whole = {golden[key] for key in named if key in golden}
    named.update(key for key, golden_key in golden.items() if golden_key in whole)
    return named.intersection(known)


def update(
    state: State,
    records: Mapping[str, Record],
    pairs: Iterable[Pair],
    at: datetime,
    model_version: str,
    policy: Policy = DEFAULT,
) -> Outcome:
    """What this run adds.

    `records` are at least those that arrived, those that `pairs` and new decisions name, and all members of
    their golden records (`concerned`); `pairs` are those that hold an arrived record. `at` is when it runs.
    """
    known = latest_memberships(state.memberships)
    before = {key: known[key] for key in records if key in known}
    decisions = {
        pair: one
        for pair, one in latest_decisions(state.decisions).items()
        if pair[0] in records and pair[1] in records
    }
    apart = [pair for pair, one in decisions.items() if one.kind in (DISTINCT, CHILD_OF)]
    run = Run(records, before, decisions, Clusters(records, apart, policy), at)
    restore(run)
    apply_same(run)
    scored = sorted(
        (pair for pair in pairs if pair.left_key in records and pair.right_key in records),
        key=lambda pair: (-round(pair.weight, 6), pair.left_key, pair.right_key),
    )
    held = ask_for_lost_evidence(run, scored)
    apply_scores(run, scored, held, policy)
    memberships, redirects = write_rows(run, state, model_version)
    asked = {task.task_id for task in state.tasks}
    tasks = tuple(task for task_id, task in sorted(run.tasks.items()) if task_id not in asked)
    return Outcome(memberships, redirects, tasks)

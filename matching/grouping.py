"""One update of golden identity in progress, and what decisions make of the groups as they were."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from matching.clusters import Clusters
from matching.identity import (
    DISTINCT,
    SAME,
    STEWARD,
    Decision,
    Membership,
    Pair,
    Record,
    Task,
    ordered,
    short_hash,
)
from matching.policy import DEFAULT

CONTRADICTION = "CONTRADICTION"


@dataclass(frozen=True)
class Link:
    via: str
    method: str
    weight: float | None = None


@dataclass
class Run:
    """One update in progress: groups, why records joined them, and what is asked of people."""

    records: Mapping[str, Record]
    before: Mapping[str, Membership]
    decisions: Mapping[tuple[str, str], Decision]
    clusters: Clusters
    at: datetime
    links: dict[str, Link] = field(default_factory=dict)
    tasks: dict[str, Task] = field(default_factory=dict)
    splits: list[tuple[str, str, Decision]] = field(default_factory=list)
    reasons: dict[str, str] = field(default_factory=dict)
    # Keys of records that changed and stood alone: they give way even to younger ones.
    yielding: set[str] = field(default_factory=set)

    def has_changed(self, key: str) -> bool:
        """Whether a record that was known arrived with other content."""
        return key in self.before and self.before[key].content_hash != self.records[key].content_hash

    def ask(self, kind: str, left: str, right: str, reason: str, pair: Pair | None = None) -> None:
        """The question is new when the content of a record is."""
        left, right = ordered(left, right)
        hashes = (self.records[left].content_hash, self.records[right].content_hash)
        task_id = short_hash(kind, left, right, *hashes)
        weight, relationship = (pair.weight, pair.relationship) if pair else (None, "")
        self.tasks.setdefault(
            task_id, Task(task_id, kind, left, right, self.at, reason, weight, relationship)
        )

    def join(self, left: str, right: str, method: str, reason: str, weight: float | None = None) -> None:
        for root in (self.clusters.root(left), self.clusters.root(right)):
            for key in self.clusters.keys.get(root, ()):
                self.reasons[key] = reason
        for one, other in ((left, right), (right, left)):
            if one not in self.before:
                self.links.setdefault(one, Link(other, method, weight))
        self.clusters.join(left, right)


def restore(run: Run) -> None:
    """Groups as they were, without those whom a decision has parted since."""
    groups: dict[str, list[str]] = {}
    for key, row in run.before.items():
        groups.setdefault(row.golden_key, []).append(key)
    foes: dict[str, list[tuple[str, str]]] = {}
    for pair, one in run.decisions.items():
        left, right = (run.before.get(key) for key in pair)
        if one.kind == DISTINCT and left and right and left.golden_key == right.golden_key:
            foes.setdefault(left.golden_key, []).append(pair)
    for golden_key, members in sorted(groups.items()):
        members.sort(
            key=lambda key: (run.before[key].since, key != golden_key, run.records[key].anchor_rank, key)
        )
        staying, leaving = _parted(run, members, foes.get(golden_key, []))
        for key in staying[1:]:
            run.clusters.join(staying[0], key)
        run.clusters.keys[run.clusters.root(staying[0])] = [golden_key]
        for group in leaving:
            for key in group[1:]:
                run.clusters.join(group[0], key)
            run.splits.append((golden_key, group[0], _parting(run, staying, group)))


def _parted(
    run: Run, members: list[str], foes: Sequence[tuple[str, str]]
) -> tuple[list[str], list[list[str]]]:
    """Who stays with the first-linked record, and the groups that leave with what was stated about them.

    `foes` are pairs of members that a decision parts.
    """
    if not foes:
        return members, []
    inside = set(members)
    bound = Clusters({key: run.records[key] for key in members}, foes, DEFAULT)
    for one in _in_force(run.decisions.values()):
        if (
            one.left_key in inside
            and one.right_key in inside
            and not bound.are_apart(one.left_key, one.right_key)
        ):
            bound.join(one.left_key, one.right_key)
    groups: dict[str, list[str]] = {}
    for key in members:
        groups.setdefault(bound.root(key), []).append(key)
    staying: list[str] = []
    leaving: list[list[str]] = []
    for group in groups.values():
        target = next(
            (kept for kept in [staying, *leaving] if not kept or not _are_foes(foes, kept, group)), None
        )
        if target is staying or (target is None and not staying):
            staying.extend(group)
        elif target is None:
            leaving.append(list(group))
        else:
            target.extend(group)
    return staying, leaving


def _are_foes(foes: Sequence[tuple[str, str]], one: list[str], other: list[str]) -> bool:
    left, right = set(one), set(other)
    return any((a in left and b in right) or (a in right and b in left) for a, b in foes)


def _parting(run: Run, staying: list[str], group: list[str]) -> Decision:
    inside = {*staying, *group}
    return next(
        one
        for pair, one in sorted(run.decisions.items())
        if one.kind == DISTINCT and inside.issuperset(pair) and not set(group).issuperset(pair)
    )


def _in_force(decisions: Iterable[Decision]) -> Iterator[Decision]:
    """Those that join: a person's first, each in the order in which they were taken."""
    yield from sorted(
        (one for one in decisions if one.kind == SAME), key=lambda one: (one.origin != STEWARD, one.seq)
    )


def apply_same(run: Run) -> None:
    for one in _in_force(run.decisions.values()):
        if run.clusters.root(one.left_key) == run.clusters.root(one.right_key):
            continue
        if run.clusters.are_apart(one.left_key, one.right_key):
            run.ask(
                CONTRADICTION,
                one.left_key,
                one.right_key,
                f"{one.kind} against a decision that keeps them apart",
            )
        else:
            run.join(one.left_key, one.right_key, one.origin, f"{one.actor}: {one.reason}")

"""The values of golden identity: records, memberships, redirects, decisions, tasks; and their history."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

SAME, DISTINCT, SITE_OF, CHILD_OF, UNSURE, UNIQUE = (
    "SAME",
    "DISTINCT",
    "SITE_OF",
    "CHILD_OF",
    "UNSURE",
    "UNIQUE",
)
STEWARD, STATED = "STEWARD", "STATED"
MERGED, SPLIT = "MERGED", "SPLIT"


@dataclass(frozen=True)
class Record:
    """A supplier record; the lowest `anchor_rank` of a new golden record gives it its key."""

    record_key: str
    content_hash: str
    tax: str | None = None
    tax_near: frozenset[str] = frozenset()
    name_root: str | None = None
    anchor_rank: int = 0
    has_payments: bool = False


@dataclass(frozen=True)
class Pair:
    """A scored pair of this run, as far as identity needs it; the evidence stays with `scoring`."""

    left_key: str
    right_key: str
    weight: float
    band: str
    gate: str | None = None
    relationship: str = ""


@dataclass(frozen=True)
class Membership:
    """From `since` on the record belongs to `golden_key`. `via` is the record that it was joined to."""

    record_key: str
    golden_key: str
    since: datetime
    method: str
    content_hash: str
    via: str | None = None
    weight: float | None = None
    model_version: str | None = None


@dataclass(frozen=True)
class Redirect:
    """MERGED: `from_key` was given up for `to_key`. SPLIT: `to_key` left `from_key`, which goes on."""

    from_key: str
    to_key: str
    kind: str
    at: datetime
    reason: str


@dataclass(frozen=True)
class Decision:
    """What a person decided (STEWARD) or a system states (STATED) about two records; the last holds.

    SAME joins, DISTINCT parts and keeps apart, CHILD_OF keeps apart what is apart, SITE_OF and UNSURE only
    answer the question (UNSURE until one of the two changes). DISTINCT is stronger than SAME.
    """

    seq: int
    kind: str
    left_key: str
    right_key: str
    actor: str
    reason: str
    at: datetime
    origin: str = STEWARD

    @property
    def pair(self) -> tuple[str, str]:
        return ordered(self.left_key, self.right_key)


@dataclass(frozen=True)
class Task:
    """A question for a person. The id repeats only if records, their content and the question do."""

    task_id: str
    kind: str
    left_key: str
    right_key: str
    opened_at: datetime
    reason: str
    weight: float | None = None
    relationship: str = ""


@dataclass(frozen=True)
class State:
    """All that was decided so far; only ever appended to."""

    memberships: Sequence[Membership] = ()
    redirects: Sequence[Redirect] = ()
    decisions: Sequence[Decision] = ()
    tasks: Sequence[Task] = ()

    def with_outcome(self, outcome: "Outcome") -> "State":
        return State(
            (*self.memberships, *outcome.memberships),
            (*self.redirects, *outcome.redirects),
            self.decisions,
            (*self.tasks, *outcome.tasks),
        )


@dataclass(frozen=True)
class Outcome:
    """What to append; all empty when nothing that arrived says anything new."""

    memberships: tuple[Membership, ...] = ()
    redirects: tuple[Redirect, ...] = ()
    tasks: tuple[Task, ...] = ()


def ordered(one: str, other: str) -> tuple[str, str]:
    return (one, other) if one <= other else (other, one)


def short_hash(*parts: str) -> str:
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:32]


def latest_memberships(memberships: Iterable[Membership]) -> dict[str, Membership]:
    """Where each record is now; of two rows of one moment the later in order holds."""
    now: dict[str, Membership] = {}
    for row in memberships:
        known = now.get(row.record_key)
        if known is None or row.since >= known.since:
            now[row.record_key] = row
    return now


def latest_decisions(decisions: Iterable[Decision]) -> dict[tuple[str, str], Decision]:
    """The decision in force per pair: a person's before a system's statement, then the last."""
    held: dict[tuple[str, str], Decision] = {}
    for one in sorted(decisions, key=lambda one: (one.origin == STEWARD, one.seq)):
        if one.left_key != one.right_key:
            held[one.pair] = one
    return held


def resolve(redirects: Sequence[Redirect], golden_key: str, at: datetime | None = None) -> str:
    """The key that stands for a golden key today or as of `at`."""
    merged = {one.from_key: one for one in redirects if one.kind == MERGED and (at is None or one.at <= at)}
    seen = {golden_key}
    while golden_key in merged:
        golden_key = merged[golden_key].to_key
        if golden_key in seen:
            raise ValueError(f"golden key {golden_key} redirects to itself; remove one of its redirects")
        seen.add(golden_key)
    return golden_key


def who_was(memberships: Iterable[Membership], record_key: str, at: datetime) -> str | None:
    """The golden key of a record as of a moment, as it was known then; None before it was known."""
    rows = (row for row in memberships if row.record_key == record_key and row.since <= at)
    row = latest_memberships(rows).get(record_key)
    return row.golden_key if row else None

"""Golden identity as one append-only table: what an outcome adds, and the state that all rows together are.

One shape for memberships, redirects and tasks, so that a state store, a raw table and a model need one each.
"""

from collections.abc import Iterable, Mapping
from typing import Any

import pyarrow as pa

from matching.evidence import evidence_text
from matching.identity import Decision, Membership, Outcome, Redirect, State, Task, ordered, short_hash

MEMBERSHIP, REDIRECT, TASK = "MEMBERSHIP", "REDIRECT", "TASK"
# `subject_key` to `object_key`: record to golden key, key given up to its successor, left to right record.
# `code` is the method, MERGED or SPLIT, or the kind of question; `event_id` never repeats; `evidence` is that
# of the scored pair behind it, in full (`evidence.evidence_from` reads it).
EVENT = pa.schema(
    [
        pa.field("event_id", pa.string(), nullable=False),
        pa.field("event", pa.string(), nullable=False),
        pa.field("subject_key", pa.string(), nullable=False),
        pa.field("object_key", pa.string(), nullable=False),
        pa.field("happened_at", pa.timestamp("us", "UTC"), nullable=False),
        ("code", pa.string()),
        ("reason", pa.string()),
        ("via_key", pa.string()),
        ("weight", pa.float64()),
        ("relationship", pa.string()),
        ("content_hash", pa.string()),
        ("model_version", pa.string()),
        ("evidence", pa.string()),
    ]
)


def events_of(outcome: Outcome, pairs: pa.Table | None = None) -> pa.Table:
    """What an outcome adds, in the shape of EVENT; the same outcome gives the same rows.

    `pairs` (PAIR) are those it was found from: a membership and a task of a scored pair keep its evidence.
    """
    proofs = {(row["left_key"], row["right_key"]): row for row in pairs.to_pylist()} if pairs else {}
    rows = [
        *(_membership_row(one) for one in outcome.memberships),
        *(_redirect_row(one) for one in outcome.redirects),
        *(_task_row(one) for one in outcome.tasks),
    ]
    for row in rows:
        other = row["object_key"] if row["event"] == TASK else row["via_key"]
        is_scored = other is not None and row["weight"] is not None
        proof = proofs.get(ordered(row["subject_key"], other)) if is_scored else None
        row["evidence"] = evidence_text(proof) if proof else None
    return pa.Table.from_pylist(rows, schema=EVENT)


def state_of(events: pa.Table, decisions: Iterable[Decision] = ()) -> State:
    """The state that the rows of all outcomes are, in whatever order; rows that repeat count once."""
    unique = {row["event_id"]: row for row in events.to_pylist()}
    rows = sorted(unique.values(), key=lambda row: (row["happened_at"], row["event_id"]))
    return State(
        tuple(_membership(row) for row in rows if row["event"] == MEMBERSHIP),
        tuple(_redirect(row) for row in rows if row["event"] == REDIRECT),
        tuple(decisions),
        tuple(_task(row) for row in rows if row["event"] == TASK),
    )


def _row(event: str, **values: Any) -> dict[str, Any]:
    identity = (
        event,
        values["subject_key"],
        values["object_key"],
        values["happened_at"].isoformat(),
        values["code"],
    )
    return {"event_id": short_hash(*identity), **dict.fromkeys(EVENT.names[1:]), "event": event, **values}


def _membership_row(one: Membership) -> dict[str, Any]:
    return _row(
        MEMBERSHIP,
        subject_key=one.record_key,
        object_key=one.golden_key,
        happened_at=one.since,
        code=one.method,
        via_key=one.via,
        weight=one.weight,
        content_hash=one.content_hash,
        model_version=one.model_version,
    )


def _redirect_row(one: Redirect) -> dict[str, Any]:
    return _row(
        REDIRECT,
        subject_key=one.from_key,
        object_key=one.to_key,
        happened_at=one.at,
        code=one.kind,
        reason=one.reason,
    )


def _task_row(one: Task) -> dict[str, Any]:
    row = _row(
        TASK,
        subject_key=one.left_key,
        object_key=one.right_key,
        happened_at=one.opened_at,
        code=one.kind,
        reason=one.reason,
        weight=one.weight,
        relationship=one.relationship,
    )
    return {**row, "event_id": one.task_id}


def _membership(row: Mapping[str, Any]) -> Membership:
    return Membership(
        row["subject_key"],
        row["object_key"],
        row["happened_at"],
        row["code"],
        row["content_hash"],
        row["via_key"],
        row["weight"],
        row["model_version"],
    )


def _redirect(row: Mapping[str, Any]) -> Redirect:
    return Redirect(row["subject_key"], row["object_key"], row["code"], row["happened_at"], row["reason"])


def _task(row: Mapping[str, Any]) -> Task:
    return Task(
        row["event_id"],
        row["code"],
        row["subject_key"],
        row["object_key"],
        row["happened_at"],
        row["reason"],
        row["weight"],
        row["relationship"] or "",
    )

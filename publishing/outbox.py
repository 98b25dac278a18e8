"""What people ask of the ledger and do to it: list, show, retry, cancel; nothing here knows a screen.

Called by the command line, the summary and whatever page comes later. Payloads hold tokens only. A person's
act names its actor and reason, moves one message and is audited.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from publishing.ledger import Ledger, Stamp
from publishing.ledger_tables import delivery_attempt, make_tables, outbox_message
from publishing.messages import IN_FLIGHT, State, Stream
from publishing.protocols import AuditedState, StateDatabase

OPEN = frozenset(State) - {State.CONFIRMED, State.DEAD}
_SHORTEST_PREFIX = 4
_MANUAL = "manual"  # stands for the run where a person acted
_VERSION = ("posting_key", "occurrence")
_DELIVERY = (
    "posting_key", "idempotency_key", "target", "entity", "occurrence", "business_key", "payload_hash",
    "payload", "state", "reference", "first_ready_at",
)  # fmt: skip


class OutboxError(Exception):
    """What was asked cannot be done; the message says why and what can be done instead."""


@dataclass(frozen=True, slots=True)
class OutboxLine:
    """One message for the eye. `age` runs from the moment its content was first ready."""

    target: str
    entity: str
    business_key: str
    state: State
    reason: str
    age: timedelta
    attempts: int
    reference: str
    occurrence: int
    idempotency_key: str

    @property
    def short_key(self) -> str:
        """Enough of the key to name the message to another command."""
        return self.idempotency_key[:12]


@dataclass(frozen=True, slots=True)
class HistoryStep:
    """One step of a message: the state it entered, who or which run did it, and the reason or answer."""

    at: datetime
    state: State
    actor: str
    run_id: str
    detail: str


@dataclass(frozen=True, slots=True)
class OutboxMessage:
    """Everything kept about one message. `answer` is what the target last said: a reference or a reason."""

    line: OutboxLine
    posting_key: str
    payload: Mapping[str, Any]
    payload_hash: str
    correlation_id: str
    depends_on: str
    canceled_by: str
    first_ready_at: datetime
    changed_at: datetime
    answer: str
    history: tuple[HistoryStep, ...]


def list_messages(
    state: StateDatabase,
    now: datetime,
    *,
    target: str | None = None,
    entity: str | None = None,
    states: Iterable[State] = OPEN,
) -> tuple[OutboxLine, ...]:
    """The messages in `states` (by default all that are not finished), oldest first."""
    columns = outbox_message.c
    query = sa.select(outbox_message).where(columns.state.in_(sorted(states)))
    if target:
        query = query.where(columns.target == target)
    if entity:
        query = query.where(columns.entity == entity)
    query = query.order_by(columns.first_ready_at, columns.business_key)
    return tuple(_line(row, now) for row in _rows(state, query))


def count_by_state(state: StateDatabase) -> dict[Stream, dict[State, int]]:
    """How many messages of each stream stand where."""
    columns = outbox_message.c
    keys = (columns.target, columns.entity, columns.state)
    query = sa.select(*keys, sa.func.count().label("messages")).group_by(*keys).order_by(*keys)
    counts: dict[Stream, dict[State, int]] = {}
    for row in _rows(state, query):
        of_stream = counts.setdefault(Stream(row["target"], row["entity"]), {})
        of_stream[State(row["state"])] = row["messages"]
    return counts


def delivery_rows(state: StateDatabase) -> list[dict[str, Any]]:
    """All messages as `raw_concord.delivery` takes them: how deliveries come back to the models.

    With each: how often it was sent, when its target first refused it, and how often a person moved it.
    """
    steps, keys = delivery_attempt.c, ("target", "entity", "idempotency_key")
    refused = steps.state.in_([State.REJECTED, State.CONFLICT])
    told = (
        sa.select(
            *(steps[name] for name in keys),
            sa.func.min(sa.case((refused, steps.at))).label("refused_at"),
            sa.func.count(sa.case((steps.run_id == _MANUAL, 1))).label("manual_count"),
        )
        .where(refused | (steps.run_id == _MANUAL))
        .group_by(*(steps[name] for name in keys))
        .subquery()
    )
    columns = [outbox_message.c[name] for name in _DELIVERY]
    query = sa.select(
        *columns,
        outbox_message.c.changed_at.label("updated_at"),
        outbox_message.c.attempts,
        told.c.refused_at,
        sa.func.coalesce(told.c.manual_count, 0).label("manual_count"),
    ).outerjoin_from(
        outbox_message, told, sa.and_(*(outbox_message.c[name] == told.c[name] for name in keys))
    )
    return [
        dict(row)
        for row in _rows(
            state,
            query.order_by(*(outbox_message.c[name] for name in ("target", "entity", *_VERSION))),
        )
    ]


def show(state: StateDatabase, key: str, now: datetime) -> OutboxMessage:
    """One message with its whole history.

    `key` is the beginning of its idempotency key, or the posting key or document of just one message; for
    several versions of one posting the latest is meant. Raises OutboxError when it names none or several.
    """
    row = _find(state, key, now)
    where = [delivery_attempt.c[name] == row[name] for name in ("target", "entity", "idempotency_key")]
    steps = _rows(state, sa.select(delivery_attempt).where(*where).order_by(delivery_attempt.c.attempt_id))
    said = (State.ACKED, State.CONFIRMED, State.REJECTED, State.CONFLICT)
    return OutboxMessage(
        line=_line(row, now),
        posting_key=row["posting_key"],
        payload=json.loads(row["payload"]),
        payload_hash=row["payload_hash"],
        correlation_id=row["correlation_id"],
        depends_on=row["depends_on"] or "",
        canceled_by=row["canceled_by"] or "",
        first_ready_at=row["first_ready_at"],
        changed_at=row["changed_at"],
        answer=next((step["detail"] or "" for step in reversed(steps) if step["state"] in said), ""),
        history=tuple(
            HistoryStep(s["at"], State(s["state"]), s["actor"], s["run_id"], s["detail"] or "") for s in steps
        ),
    )


def retry(state: AuditedState, key: str, *, actor: str, reason: str, now: datetime) -> OutboxMessage:
    """A person sends a rejected, conflicting or dead message round again.

    The next delivery plans it like any other: it goes only if its content is still wanted.
    """
    row = _asked(state, key, actor, reason, now)
    stream, stamp = _stream(row), _by_hand(actor, now)
    if not Ledger(state).release(stream, row["idempotency_key"], stamp, reason):
        raise OutboxError(
            f"{_named(row)} is {row['state']}: only REJECTED, CONFLICT and DEAD wait for a retry"
        )
    _audit(state, "retry", row, actor, reason, now)
    return show(state, row["idempotency_key"], now)


def cancel(state: AuditedState, key: str, *, actor: str, reason: str, now: datetime) -> OutboxMessage:
    """A person ends a waiting message: it is not sent until its content changes or someone retries it."""
    row = _asked(state, key, actor, reason, now)
    stream, stamp = _stream(row), _by_hand(actor, now)
    if not Ledger(state).cancel(stream, row["idempotency_key"], stamp, reason):
        why = "has ended"
        if State(row["state"]) in IN_FLIGHT:
            why = "may already be at the target, which the next run asks"
        raise OutboxError(f"{_named(row)} is {row['state']} and cannot be canceled: it {why}")
    _audit(state, "cancel", row, actor, reason, now)
    return show(state, row["idempotency_key"], now)


def _rows(state: StateDatabase, query: sa.Select[Any]) -> list[Mapping[str, Any]]:
    make_tables(state.engine)
    with state.engine.connect() as connection:
        return [dict(row) for row in connection.execute(query).mappings()]


def _find(state: StateDatabase, key: str, now: datetime) -> Mapping[str, Any]:
    columns = outbox_message.c
    query = sa.select(outbox_message).order_by(columns.target, columns.entity, columns.occurrence)
    by_key = columns.idempotency_key == key
    if len(key) >= _SHORTEST_PREFIX:
        by_key = columns.idempotency_key.startswith(key.lower(), autoescape=True)
    found = _rows(state, query.where(by_key))
    if not found:
        found = _rows(state, query.where((columns.posting_key == key) | (columns.business_key == key)))
    latest = {(row["target"], row["entity"], row["posting_key"]): row for row in found}
    if not latest:
        raise OutboxError(f"no message is called {key!r}; `concord outbox list` shows the keys")
    if len(latest) > 1:
        names = "; ".join(_named(row) for row in list(latest.values())[:5])
        raise OutboxError(f"{key!r} could be {len(latest)} messages: {names}; give more of the key")
    (row,) = latest.values()
    return row


def _asked(state: StateDatabase, key: str, actor: str, reason: str, now: datetime) -> Mapping[str, Any]:
    if not actor.strip() or not reason.strip():
        raise OutboxError("an act on a message needs its actor and its reason, both in words")
    return _find(state, key, now)


def _audit(
    state: AuditedState, action: str, row: Mapping[str, Any], actor: str, reason: str, now: datetime
) -> None:
    detail = {"idempotency_key": row["idempotency_key"], "reason": reason, "was": row["state"]}
    state.append_audit(at=now, actor=actor, action=action, subject=str(_stream(row)), detail=detail)


def _stream(row: Mapping[str, Any]) -> Stream:
    return Stream(row["target"], row["entity"])


def _by_hand(actor: str, now: datetime) -> Stamp:
    return Stamp(_MANUAL, actor, now, _MANUAL, now.date(), now)


def _named(row: Mapping[str, Any]) -> str:
    return f"{row['idempotency_key'][:12]} ({row['target']} {row['entity']} {row['business_key']})"


def _line(row: Mapping[str, Any], now: datetime) -> OutboxLine:
    return OutboxLine(
        target=row["target"],
        entity=row["entity"],
        business_key=row["business_key"],
        state=State(row["state"]),
        reason=row["last_error"] or "",
        age=now - row["first_ready_at"],
        attempts=row["attempts"],
        reference=row["reference"] or "",
        occurrence=row["occurrence"],
        idempotency_key=row["idempotency_key"],
    )

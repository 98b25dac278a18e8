"""What people ask of the ledger: what is on its way, what waits, for whom and since when.

Read by the command line and the summary; the one thing written here is a person's release of a message.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from publishing.ledger import Ledger, Stamp, outbox_message
from publishing.messages import State, Stream
from publishing.protocols import AuditedState, StateDatabase

OPEN = frozenset(State) - {State.CONFIRMED, State.DEAD}


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


def list_messages(
    state: StateDatabase,
    now: datetime,
    *,
    target: str | None = None,
    entity: str | None = None,
    states: Iterable[State] = OPEN,
) -> tuple[OutboxLine, ...]:
    """The messages in `states` (by default all that are not finished), oldest first."""
    Ledger(state)
    columns = outbox_message.c
    query = sa.select(outbox_message).where(columns.state.in_(sorted(states)))
    if target:
        query = query.where(columns.target == target)
    if entity:
        query = query.where(columns.entity == entity)
    query = query.order_by(columns.first_ready_at, columns.business_key)
    with state.engine.connect() as connection:
        rows = connection.execute(query).mappings().all()
    return tuple(
        OutboxLine(
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
        for row in rows
    )


def count_by_state(state: StateDatabase) -> dict[Stream, dict[State, int]]:
    """How many messages of each stream stand where."""
    Ledger(state)
    columns = outbox_message.c
    keys = (columns.target, columns.entity, columns.state)
    query = sa.select(*keys, sa.func.count().label("messages")).group_by(*keys).order_by(*keys)
    counts: dict[Stream, dict[State, int]] = {}
    with state.engine.connect() as connection:
        for row in connection.execute(query).mappings():
            of_stream = counts.setdefault(Stream(row["target"], row["entity"]), {})
            of_stream[State(row["state"])] = row["messages"]
    return counts


def release(
    state: AuditedState, stream: Stream, idempotency_key: str, *, actor: str, reason: str, now: datetime
) -> bool:
    """A person sends a rejected or dead message round again; False when it waits for nobody.

    The next delivery plans it like any other, so it goes only if its content is still wanted.
    """
    stamp = Stamp("manual", actor, now, "manual", now.date(), now)
    released = Ledger(state).release(stream, idempotency_key, stamp, reason)
    if released:
        detail = {"idempotency_key": idempotency_key, "reason": reason}
        state.append_audit(at=now, actor=actor, action="release", subject=str(stream), detail=detail)
    return released

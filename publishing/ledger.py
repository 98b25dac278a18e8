"""The delivery ledger: what was decided, sent and answered, in the state database.

`outbox_message` holds the present state of every message version, `delivery_attempt` every step, appended and
never changed. Writes are bulk and the same SQL on SQLite and PostgreSQL; decisions are made elsewhere.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa

from publishing.ledger_tables import delivery_attempt, make_tables, outbox_message
from publishing.messages import IN_FLIGHT, SENDABLE, WAITING, Entry, Message, State, Stream
from publishing.planning import Plan
from publishing.protocols import StateDatabase

_CHUNK = 500

_MESSAGE = (
    "posting_key", "occurrence", "business_key", "payload_hash", "payload", "idempotency_key",
    "correlation_id", "state", "first_ready_at", "last_error", "depends_on",
)  # fmt: skip
_ENTRY = (
    "posting_key", "occurrence", "payload_hash", "idempotency_key", "state", "first_ready_at", "canceled_by",
)  # fmt: skip
_RELEASABLE = frozenset({State.REJECTED, State.CONFLICT, State.DEAD})
_CANCELABLE = WAITING


@dataclass(frozen=True, slots=True)
class Stamp:
    """Who writes, in which run, when, and as of when the run sees the world."""

    run_id: str
    actor: str
    at: datetime
    mode: str
    as_of: date
    known_at: datetime


@dataclass(frozen=True, slots=True)
class Step:
    """One message entering a state. `reference` is kept when the target gave one."""

    idempotency_key: str
    state: State
    detail: str | None = None
    reference: str | None = None


class Ledger:
    """Reads and writes the two tables; makes or widens them when they are missing or of an older version."""

    def __init__(self, state: StateDatabase) -> None:
        self._engine = state.engine
        make_tables(self._engine)

    def entries(self, stream: Stream) -> dict[str, tuple[Entry, ...]]:
        """All message versions by posting key, without their payload."""
        columns = [outbox_message.c[name] for name in _ENTRY]
        found: dict[str, list[Entry]] = defaultdict(list)
        with self._engine.connect() as connection:
            for row in connection.execute(sa.select(*columns).where(_of(stream))).mappings():
                found[row["posting_key"]].append(Entry(**{**row, "state": State(row["state"])}))
        return {key: tuple(entries) for key, entries in found.items()}

    def messages(self, stream: Stream, states: Iterable[State]) -> tuple[Message, ...]:
        """The messages in `states`, oldest first."""
        with self._engine.connect() as connection:
            return _select(connection, _of(stream), outbox_message.c.state.in_(sorted(states)))

    def confirmed_payloads(self, stream: Stream) -> dict[str, str]:
        """Posting key -> payload that the target last confirmed."""
        confirmed = self.messages(stream, (State.CONFIRMED,))
        return {each.posting_key: each.payload for each in sorted(confirmed, key=lambda m: m.occurrence)}

    def confirmed_keys(self, posting_keys: Collection[str]) -> frozenset[str]:
        """Those of `posting_keys` that any target has confirmed."""
        found: set[str] = set()
        column = outbox_message.c.posting_key
        with self._engine.connect() as connection:
            for chunk in _chunks(sorted(posting_keys)):
                where = (column.in_(chunk), outbox_message.c.state == State.CONFIRMED)
                found |= set(connection.execute(sa.select(column).where(*where)).scalars())
        return frozenset(found)

    def confirmed_elsewhere(self, stream: Stream) -> dict[str, str]:
        """Posting key -> another target that confirmed a message of this entity."""
        columns = outbox_message.c
        query = sa.select(columns.posting_key, columns.target).where(
            columns.entity == stream.entity, columns.target != stream.target, columns.state == State.CONFIRMED
        )
        with self._engine.connect() as connection:
            return {row.posting_key: row.target for row in connection.execute(query)}

    def latest_view(self, stream: Stream) -> tuple[date, datetime] | None:
        """The latest `as_of` and `known_at` of anything ever sent; None when nothing was."""
        columns = (sa.func.max(outbox_message.c.as_of), sa.func.max(outbox_message.c.known_at))
        with self._engine.connect() as connection:
            row = connection.execute(
                sa.select(*columns).where(_of(stream), outbox_message.c.attempts > 0)
            ).one()
        return None if row[0] is None else (row[0], row[1])

    def apply(self, stream: Stream, plan: Plan, stamp: Stamp) -> None:
        """Writes a plan in one transaction: all of it or nothing."""
        steps = [Step(key, State.DEAD, reason) for key, reason in plan.retire.items()]
        steps += [Step(key, State.WITHHELD, reason) for key, reason in plan.withhold.items()]
        steps += [Step(key, State.CONFLICT, reason) for key, reason in plan.conflict.items()]
        steps += [Step(key, State.GATED) for key in plan.gate]
        with self._engine.begin() as connection:
            if plan.insert:
                rows = [_inserted(stream, message, stamp) for message in plan.insert]
                connection.execute(sa.insert(outbox_message), rows)
            _update(connection, stream, steps, stamp, from_states=frozenset(State) - IN_FLIGHT)
            _note(connection, stream, plan.over_limit)
            made = [Step(m.idempotency_key, m.state, m.last_error) for m in plan.insert]
            _append(connection, stream, [*made, *steps], stamp)

    def claim(self, stream: Stream, keys: Sequence[str], stamp: Stamp) -> tuple[Message, ...]:
        """Turns sendable messages to SENT, durably, and returns those this caller may now send.

        A message that another publisher took, or whose key has another message in flight, is left out.
        """
        other = outbox_message.alias()
        busy = sa.exists().where(
            other.c.target == outbox_message.c.target,
            other.c.entity == outbox_message.c.entity,
            other.c.posting_key == outbox_message.c.posting_key,
            other.c.state.in_(sorted(IN_FLIGHT)),
        )
        free = (_of(stream), outbox_message.c.state.in_(sorted(SENDABLE)), ~busy)
        values = {
            "state": State.SENT,
            "attempts": outbox_message.c.attempts + 1,
            "changed_at": stamp.at,
            "run_id": stamp.run_id,
            "mode": stamp.mode,
            "as_of": stamp.as_of,
            "known_at": stamp.known_at,
        }
        taking = sa.update(outbox_message).where(*free).values(values)
        taking_one = taking.returning(outbox_message.c.idempotency_key)
        with self._engine.begin() as connection:
            taken: list[str] = []
            for chunk in _chunks(keys):
                these = taking_one.where(outbox_message.c.idempotency_key.in_(chunk))
                taken += connection.execute(these).scalars()
            _append(connection, stream, [Step(key, State.SENT) for key in taken], stamp)
            claimed = [
                message
                for chunk in _chunks(taken)
                for message in _select(connection, _of(stream), outbox_message.c.idempotency_key.in_(chunk))
            ]
        order = {key: position for position, key in enumerate(keys)}
        return tuple(sorted(claimed, key=lambda message: order[message.idempotency_key]))

    def settle(self, stream: Stream, steps: Sequence[Step], stamp: Stamp) -> None:
        """Writes what became of messages in flight, with the attempt rows, in one transaction."""
        with self._engine.begin() as connection:
            _update(connection, stream, steps, stamp, from_states=IN_FLIGHT)
            _append(connection, stream, steps, stamp)

    def note(self, stream: Stream, errors: Mapping[str, str]) -> None:
        """Writes why messages that were not sent still wait."""
        with self._engine.begin() as connection:
            _note(connection, stream, errors)

    def release(self, stream: Stream, key: str, stamp: Stamp, reason: str) -> bool:
        """Lets a rejected, conflicting or dead message be planned again. False if it is in no such state."""
        return self._by_hand(stream, Step(key, State.READY, reason), stamp, _RELEASABLE, canceled_by=None)

    def cancel(self, stream: Stream, key: str, stamp: Stamp, reason: str) -> bool:
        """Ends a waiting message until its content changes. False if it does not wait, as when in flight."""
        return self._by_hand(stream, Step(key, State.DEAD, reason), stamp, _CANCELABLE, stamp.actor)

    def _by_hand(
        self, stream: Stream, step: Step, stamp: Stamp, states: frozenset[State], canceled_by: str | None
    ) -> bool:
        with self._engine.begin() as connection:
            changed = _update(connection, stream, [step], stamp, from_states=states)
            if changed:
                this = outbox_message.c.idempotency_key == step.idempotency_key
                marking = sa.update(outbox_message).where(_of(stream), this)
                connection.execute(marking.values(canceled_by=canceled_by))
                _append(connection, stream, [step], stamp)
        return bool(changed)


def _of(stream: Stream) -> sa.ColumnElement[bool]:
    return sa.and_(outbox_message.c.target == stream.target, outbox_message.c.entity == stream.entity)


def _chunks(keys: Sequence[str]) -> Iterable[Sequence[str]]:
    return (keys[start : start + _CHUNK] for start in range(0, len(keys), _CHUNK))


def _select(connection: sa.Connection, *where: sa.ColumnElement[bool]) -> tuple[Message, ...]:
    earlier = outbox_message.alias()
    replaces = (
        sa.select(earlier.c.reference)
        .where(
            earlier.c.target == outbox_message.c.target,
            earlier.c.entity == outbox_message.c.entity,
            earlier.c.posting_key == outbox_message.c.posting_key,
            earlier.c.occurrence < outbox_message.c.occurrence,
            earlier.c.state == State.CONFIRMED,
        )
        .order_by(earlier.c.occurrence.desc())
        .limit(1)
        .scalar_subquery()
    )
    columns = [*(outbox_message.c[name] for name in _MESSAGE), replaces.label("replaces")]
    order = (outbox_message.c.first_ready_at, outbox_message.c.posting_key, outbox_message.c.occurrence)
    rows = connection.execute(sa.select(*columns).where(*where).order_by(*order)).mappings()
    return tuple(Message(**{**row, "state": State(row["state"])}) for row in rows)


def _inserted(stream: Stream, message: Message, stamp: Stamp) -> dict[str, Any]:
    return {
        **{name: getattr(message, name) for name in _MESSAGE},
        **asdict(stream),
        "attempts": 0,
        "changed_at": stamp.at,
        "reference": None,
        "run_id": stamp.run_id,
        "mode": stamp.mode,
        "as_of": stamp.as_of,
        "known_at": stamp.known_at,
    }


def _update(
    connection: sa.Connection,
    stream: Stream,
    steps: Sequence[Step],
    stamp: Stamp,
    from_states: frozenset[State],
) -> int:
    if not steps:
        return 0
    statement = (
        sa.update(outbox_message)
        .where(
            _of(stream),
            outbox_message.c.idempotency_key == sa.bindparam("key"),
            # Not `in`: SQLAlchemy expands its list at execution, which a bulk update cannot.
            sa.or_(*(outbox_message.c.state == state for state in sorted(from_states))),
        )
        .values(
            state=sa.bindparam("to_state"),
            last_error=sa.bindparam("error"),
            reference=sa.func.coalesce(sa.bindparam("given"), outbox_message.c.reference),
            changed_at=stamp.at,
        )
    )
    values = [
        {
            "key": step.idempotency_key,
            "to_state": step.state,
            "error": None if step.state is State.CONFIRMED else step.detail,
            "given": step.reference,
        }
        for step in steps
    ]
    return connection.execute(statement, values).rowcount


def _note(connection: sa.Connection, stream: Stream, errors: Mapping[str, str]) -> None:
    if errors:
        statement = (
            sa.update(outbox_message)
            .where(_of(stream), outbox_message.c.idempotency_key == sa.bindparam("key"))
            .values(last_error=sa.bindparam("error"))
        )
        connection.execute(statement, [{"key": key, "error": error} for key, error in errors.items()])


def _append(connection: sa.Connection, stream: Stream, steps: Sequence[Step], stamp: Stamp) -> None:
    if steps:
        common = {**asdict(stream), "at": stamp.at, "run_id": stamp.run_id, "actor": stamp.actor}
        rows = [
            {
                **common,
                "idempotency_key": step.idempotency_key,
                "state": step.state,
                "detail": step.detail or step.reference,
            }
            for step in steps
        ]
        connection.execute(sa.insert(delivery_attempt), rows)

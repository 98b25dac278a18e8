"""The vocabulary of delivery as plain values: outbox row, message, state, outcome, and how keys are made.

Nothing here reads a clock, a database or a wire; the planner and the ledger both speak in these terms.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

import pyarrow as pa

ENVELOPE = ("posting_key", "business_key", "target_instance", "payload_hash")
DEPENDS_ON = "depends_on"  # of the envelope too, but a model without parents need not have it


class State(StrEnum):
    """Where a message stands.

    DEAD is the end of what was never sent or no longer wanted; CONFLICT waits for a person, because the
    target holds something else under the same key and what it holds cannot be taken back by sending again.
    """

    READY = "READY"
    GATED = "GATED"
    WITHHELD = "WITHHELD"
    SENT = "SENT"
    ACKED = "ACKED"
    CONFIRMED = "CONFIRMED"
    UNKNOWN = "UNKNOWN"
    REJECTED = "REJECTED"
    CONFLICT = "CONFLICT"
    DEAD = "DEAD"


IN_FLIGHT = frozenset({State.SENT, State.ACKED, State.UNKNOWN})
SENDABLE = frozenset({State.READY, State.GATED})
WAITING = frozenset({State.READY, State.GATED, State.WITHHELD, State.REJECTED, State.CONFLICT})


@dataclass(frozen=True, slots=True)
class Stream:
    """One entity of one target: the scope of a posting key, a limit, a lock and a gate."""

    target: str
    entity: str

    def __str__(self) -> str:
        return f"{self.target}__{self.entity}"


@dataclass(frozen=True, slots=True)
class OutboxRow:
    """One row of an `out_` model. `payload` is JSON of what may be sent, with tokens only.

    `depends_on` is the posting key of a message that must be confirmed before this one may go.
    """

    posting_key: str
    business_key: str
    payload_hash: str
    payload: str
    depends_on: str | None = None

    @property
    def content(self) -> Mapping[str, Any]:
        content: Mapping[str, Any] = json.loads(self.payload)
        return content

    def amount(self, column: str | None) -> Decimal:
        """What the row weighs against an amount limit, regardless of its sign."""
        return abs(amount_of(self.payload, column) or Decimal(0))


@dataclass(frozen=True, slots=True)
class Entry:
    """What planning needs to know of a message in the ledger; `canceled_by` is who ended it by hand."""

    posting_key: str
    occurrence: int
    payload_hash: str
    idempotency_key: str
    state: State
    first_ready_at: datetime
    canceled_by: str | None = None


@dataclass(frozen=True, slots=True)
class Message:
    """One version of what a target shall know about one business thing; `payload` never changes.

    `replaces` is the target's reference of the version it last confirmed under the same posting key.
    """

    posting_key: str
    occurrence: int
    business_key: str
    payload_hash: str
    payload: str
    idempotency_key: str
    correlation_id: str
    state: State
    first_ready_at: datetime
    last_error: str | None = None
    depends_on: str | None = None
    replaces: str | None = None

    @property
    def content(self) -> Mapping[str, Any]:
        content: Mapping[str, Any] = json.loads(self.payload)
        return content


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a target said about one message: CONFIRMED, ACKED (taken, not yet done), REJECTED or CONFLICT.

    `content` is what the target holds in our column names, with tokens where a value is sensitive.
    """

    state: State
    reference: str | None = None
    error: str | None = None
    content: Mapping[str, Any] | None = None


def amount_of(payload: str, column: str | None) -> Decimal | None:
    """The signed amount in a payload; None without a column or a value."""
    value = json.loads(payload).get(column) if column else None
    return None if value is None else Decimal(value)


def idempotency_key(posting_key: str, payload_hash: str, occurrence: int) -> str:
    """Equal for the same content sent again, different for a content that came back (A, B, A)."""
    return hashlib.sha256(f"{posting_key}|{payload_hash}|{occurrence}".encode()).hexdigest()


def correlation_id(run_id: str, posting_key: str) -> str:
    """Leads from the target's log to the run that made the message."""
    return f"{run_id}/{posting_key[:16]}"


def _plain(value: Any) -> Any:
    if isinstance(value, datetime | date):
        return value.isoformat()
    return str(value) if isinstance(value, Decimal) else value


def read_rows(table: pa.Table, target: str) -> tuple[list[OutboxRow], int]:
    """The outbox rows meant for `target`, and how many have no posting key or hash and cannot be named."""
    missing = [name for name in ENVELOPE if name not in table.column_names]
    if missing:
        raise ValueError(f"outbox rows for {target} lack {', '.join(missing)}")
    hidden = {*ENVELOPE, DEPENDS_ON}
    rows, unkeyed = [], 0
    for record in table.to_pylist():
        if record["target_instance"] != target:
            continue
        if record["posting_key"] is None or record["payload_hash"] is None:
            unkeyed += 1
            continue
        payload = {name: _plain(value) for name, value in record.items() if name not in hidden}
        rows.append(
            OutboxRow(
                posting_key=record["posting_key"],
                business_key=record["business_key"] or "",
                payload_hash=record["payload_hash"],
                payload=json.dumps(payload, sort_keys=True),
                depends_on=record.get(DEPENDS_ON),
            )
        )
    return rows, unkeyed

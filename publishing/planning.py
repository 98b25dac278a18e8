"""Decides what a run would send: a pure function of outbox rows, ledger entries, gate verdict and limits.

A key has at most one message in flight; only content that differs from what the target last confirmed is
new; a rejection waits for its owner until the content changes. Called by `delivery` and by nothing else.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from publishing.messages import (
    IN_FLIGHT,
    WAITING,
    Entry,
    Message,
    OutboxRow,
    State,
    correlation_id,
    idempotency_key,
)

LIVE = "live"
SUPERSEDED = "superseded by newer content before it was taken"
GONE = "no longer in the outbox"
ALREADY_THERE = "the target already has this content"


@dataclass(frozen=True, slots=True)
class Limits:
    """The most one run may send; None is no limit."""

    max_count: int | None = None
    max_amount: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """What to write to the ledger, and what to send (idempotency keys in order, oldest first)."""

    insert: tuple[Message, ...] = ()
    gate: tuple[str, ...] = ()
    withhold: Mapping[str, str] = field(default_factory=dict)
    retire: Mapping[str, str] = field(default_factory=dict)
    send: tuple[str, ...] = ()
    over_limit: Mapping[str, str] = field(default_factory=dict)
    withheld: Mapping[str, str] = field(default_factory=dict)
    planned: int = 0
    unchanged: int = 0
    in_flight: int = 0
    awaiting_owner: int = 0


@dataclass(slots=True)
class _Draft:
    insert: list[Message] = field(default_factory=list)
    gate: list[str] = field(default_factory=list)
    withhold: dict[str, str] = field(default_factory=dict)
    retire: dict[str, str] = field(default_factory=dict)
    withheld: dict[str, str] = field(default_factory=dict)
    candidates: list[tuple[datetime, str, str, OutboxRow]] = field(default_factory=list)
    unchanged: int = 0
    in_flight: int = 0
    awaiting_owner: int = 0


def plan(
    rows: Iterable[OutboxRow],
    ledger: Mapping[str, Sequence[Entry]],
    *,
    mode: str,
    limits: Limits,
    blocked: Mapping[str, str],
    run_id: str,
    now: datetime,
    amount_column: str | None = None,
) -> Plan:
    """Plans one run. `ledger` holds all entries by posting key; `blocked` the keys held by the gate."""
    wanted: dict[str, list[OutboxRow]] = defaultdict(list)
    for row in rows:
        wanted[row.posting_key].append(row)
    draft = _Draft()
    for key in sorted(wanted):
        found = sorted(wanted[key], key=lambda row: row.payload_hash)
        reason = blocked.get(key)
        if reason is None and len(found) > 1:
            reason = f"the posting key occurs {len(found)} times"
        _plan_key(draft, found[0], ledger.get(key, ()), reason, run_id, now)
    for key in sorted(ledger.keys() - wanted.keys()):
        draft.retire |= {each.idempotency_key: GONE for each in ledger[key] if each.state in WAITING}
    send, over = _within(draft.candidates, limits, amount_column) if mode == LIVE else ((), {})
    return Plan(
        insert=tuple(draft.insert),
        gate=tuple(draft.gate),
        withhold=draft.withhold,
        retire=draft.retire,
        send=send,
        over_limit=over,
        withheld=draft.withheld,
        planned=len(draft.candidates),
        unchanged=draft.unchanged,
        in_flight=draft.in_flight,
        awaiting_owner=draft.awaiting_owner,
    )


def _plan_key(
    draft: _Draft, row: OutboxRow, entries: Sequence[Entry], reason: str | None, run_id: str, now: datetime
) -> None:
    if any(entry.state in IN_FLIGHT for entry in entries):
        draft.in_flight += 1
        return
    confirmed = max(
        (entry for entry in entries if entry.state is State.CONFIRMED),
        key=lambda entry: entry.occurrence,
        default=None,
    )
    waiting = [entry for entry in entries if entry.state in WAITING]
    if confirmed is not None and confirmed.payload_hash == row.payload_hash:
        draft.unchanged += 1
        draft.retire |= {entry.idempotency_key: ALREADY_THERE for entry in waiting}
        return
    same = [entry for entry in waiting if entry.payload_hash == row.payload_hash]
    current = max(same, key=lambda entry: entry.occurrence, default=None)
    draft.retire |= {entry.idempotency_key: SUPERSEDED for entry in waiting if entry is not current}
    if current is not None and current.state is State.REJECTED:
        draft.awaiting_owner += 1
        return
    if current is None:
        since = min((entry.first_ready_at for entry in waiting), default=now)
        occurrence = 1 + max((entry.occurrence for entry in entries), default=0)
        message = _new_message(row, occurrence, reason, run_id, since)
        draft.insert.append(message)
        key, since = message.idempotency_key, message.first_ready_at
    else:
        key, since = current.idempotency_key, current.first_ready_at
        if reason is not None:
            draft.withhold[key] = reason
        elif current.state is not State.GATED:
            draft.gate.append(key)
    if reason is not None:
        draft.withheld[row.posting_key] = reason
    else:
        draft.candidates.append((since, row.posting_key, key, row))


def _new_message(
    row: OutboxRow, occurrence: int, reason: str | None, run_id: str, first_ready_at: datetime
) -> Message:
    return Message(
        posting_key=row.posting_key,
        occurrence=occurrence,
        business_key=row.business_key,
        payload_hash=row.payload_hash,
        payload=row.payload,
        idempotency_key=idempotency_key(row.posting_key, row.payload_hash, occurrence),
        correlation_id=correlation_id(run_id, row.posting_key),
        state=State.GATED if reason is None else State.WITHHELD,
        first_ready_at=first_ready_at,
        last_error=reason,
    )


def _within(
    candidates: list[tuple[datetime, str, str, OutboxRow]], limits: Limits, amount_column: str | None
) -> tuple[tuple[str, ...], dict[str, str]]:
    """Oldest first, as many as the limits allow; a row too large for what is left does not stop others."""
    send: list[str] = []
    over: dict[str, str] = {}
    total = Decimal(0)
    for _, _, key, row in sorted(candidates, key=lambda candidate: candidate[:2]):
        amount = row.amount(amount_column)
        if limits.max_count is not None and len(send) >= limits.max_count:
            over[key] = f"beyond the limit of {limits.max_count} messages a run"
        elif limits.max_amount is not None and total + amount > limits.max_amount:
            over[key] = f"beyond the limit of {limits.max_amount} a run"
        else:
            send.append(key)
            total += amount
    return tuple(send), over

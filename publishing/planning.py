"""Decides what a run would send: a pure function of outbox rows, ledger entries, gate verdict and limits.

A key has at most one message in flight; only content that differs from what the target last confirmed is
new; a rejection, a conflict and what a person canceled wait until the content changes; a child waits for its
parent. Called by `delivery` and by nothing else.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
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
    amount_of,
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
class Terms:
    """What an adapter says of its messages.

    `amount_column` weighs against limits. `is_final`: what the target took can only be reversed, so other
    content under the same key is never sent. `reversal_column` has a value in reversals, which go first.
    """

    amount_column: str | None = None
    is_final: bool = False
    reversal_column: str | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """What to write to the ledger, and what to send (idempotency keys in order, oldest first).

    By idempotency key: `withhold`, `conflict`, `retire`, `over_limit`; by posting key: `withheld` (by the
    gate) and `held` (for a parent).
    """

    insert: tuple[Message, ...] = ()
    gate: tuple[str, ...] = ()
    withhold: Mapping[str, str] = field(default_factory=dict)
    conflict: Mapping[str, str] = field(default_factory=dict)
    retire: Mapping[str, str] = field(default_factory=dict)
    send: tuple[str, ...] = ()
    over_limit: Mapping[str, str] = field(default_factory=dict)
    withheld: Mapping[str, str] = field(default_factory=dict)
    held: Mapping[str, str] = field(default_factory=dict)
    planned: int = 0
    unchanged: int = 0
    in_flight: int = 0
    awaiting_owner: int = 0
    conflicts: int = 0
    canceled: int = 0


@dataclass(slots=True)
class _Draft:
    run_id: str
    now: datetime
    terms: Terms
    insert: list[Message] = field(default_factory=list)
    gate: list[str] = field(default_factory=list)
    withhold: dict[str, str] = field(default_factory=dict)
    conflict: dict[str, str] = field(default_factory=dict)
    retire: dict[str, str] = field(default_factory=dict)
    withheld: dict[str, str] = field(default_factory=dict)
    held: dict[str, str] = field(default_factory=dict)
    candidates: list[tuple[bool, datetime, str, str, OutboxRow]] = field(default_factory=list)
    unchanged: int = 0
    in_flight: int = 0
    awaiting_owner: int = 0
    conflicts: int = 0
    canceled: int = 0


def plan(
    rows: Iterable[OutboxRow],
    ledger: Mapping[str, Sequence[Entry]],
    *,
    mode: str,
    limits: Limits,
    blocked: Mapping[str, str],
    run_id: str,
    now: datetime,
    terms: Terms = Terms(),
    parents: Collection[str] = (),
    confirmed: Mapping[str, str] | None = None,
    elsewhere: Mapping[str, str] | None = None,
) -> Plan:
    """Plans one run. `ledger` holds all entries by posting key; `blocked` the keys held by the gate.

    `parents` are the posting keys of `depends_on` that some target has confirmed; `confirmed` the payload
    that the target last confirmed and `elsewhere` another target that confirmed, both by posting key and
    needed where the terms are final.
    """
    wanted: dict[str, list[OutboxRow]] = defaultdict(list)
    for row in rows:
        wanted[row.posting_key].append(row)
    draft = _Draft(run_id, now, terms)
    for key in sorted(wanted):
        found = sorted(wanted[key], key=lambda row: row.payload_hash)
        reason = blocked.get(key)
        if reason is None and len(found) > 1:
            reason = f"the posting key occurs {len(found)} times"
        entries = ledger.get(key, ())
        if any(entry.state in IN_FLIGHT for entry in entries):
            draft.in_flight += 1
            continue
        parent = found[0].depends_on
        waits_for = f"waits for its parent {parent}, which no target has confirmed yet"
        hold = waits_for if parent is not None and parent not in parents else None
        clash = None
        if terms.is_final:
            clash = _clash(terms, found[0], (confirmed or {}).get(key), (elsewhere or {}).get(key))
        _plan_key(draft, found[0], entries, reason, hold, clash)
    for key in sorted(ledger.keys() - wanted.keys()):
        draft.retire |= {each.idempotency_key: GONE for each in ledger[key] if each.state in WAITING}
    send, over = _within(draft.candidates, limits, terms.amount_column) if mode == LIVE else ((), {})
    return Plan(
        insert=tuple(draft.insert),
        gate=tuple(draft.gate),
        withhold=draft.withhold,
        conflict=draft.conflict,
        retire=draft.retire,
        send=send,
        over_limit=over,
        withheld=draft.withheld,
        held=draft.held,
        planned=len(draft.candidates),
        unchanged=draft.unchanged,
        in_flight=draft.in_flight,
        awaiting_owner=draft.awaiting_owner,
        conflicts=draft.conflicts,
        canceled=draft.canceled,
    )


def _plan_key(
    draft: _Draft,
    row: OutboxRow,
    entries: Sequence[Entry],
    blocked: str | None,
    hold: str | None,
    clash: str | None,
) -> None:
    last = max(entries, key=lambda entry: entry.occurrence, default=None)
    if last is not None and last.canceled_by and last.payload_hash == row.payload_hash:
        draft.canceled += 1
        return
    confirmed = max(
        (entry for entry in entries if entry.state is State.CONFIRMED),
        key=lambda entry: entry.occurrence,
        default=None,
    )
    waiting = [entry for entry in entries if entry.state in WAITING]
    is_settled = draft.terms.is_final and clash is None
    if confirmed is not None and (is_settled or confirmed.payload_hash == row.payload_hash):
        draft.unchanged += 1
        draft.retire |= {entry.idempotency_key: ALREADY_THERE for entry in waiting}
        return
    same = [entry for entry in waiting if entry.payload_hash == row.payload_hash]
    current = max(same, key=lambda entry: entry.occurrence, default=None)
    draft.retire |= {entry.idempotency_key: SUPERSEDED for entry in waiting if entry is not current}
    if current is not None and current.state is State.REJECTED:
        draft.awaiting_owner += 1
        return
    if clash is not None or (current is not None and current.state is State.CONFLICT):
        draft.conflicts += 1
        if current is not None and current.state is State.CONFLICT:
            return
    reason = clash or blocked or hold
    state = State.CONFLICT if clash else State.WITHHELD if reason else State.GATED
    if current is None:
        since = min((entry.first_ready_at for entry in waiting), default=draft.now)
        occurrence = 1 + max((entry.occurrence for entry in entries), default=0)
        message = _new_message(draft, row, occurrence, state, reason, since)
        draft.insert.append(message)
        key, since = message.idempotency_key, message.first_ready_at
    else:
        key, since = current.idempotency_key, current.first_ready_at
        if reason is not None:
            (draft.conflict if clash else draft.withhold)[key] = reason
        elif current.state is not State.GATED:
            draft.gate.append(key)
    if clash:
        return
    if blocked is not None:
        draft.withheld[row.posting_key] = blocked
    elif hold is not None:
        draft.held[row.posting_key] = hold
    else:
        column = draft.terms.reversal_column
        is_repost = column is not None and row.content.get(column) is None
        draft.candidates.append((is_repost, since, row.posting_key, key, row))


def _clash(terms: Terms, row: OutboxRow, confirmed: str | None, elsewhere: str | None) -> str | None:
    """Why what is wanted cannot go beside what was posted; None when at most the wording differs."""
    if elsewhere is not None:
        return f"{elsewhere} has confirmed this posting: a person decides where it belongs"
    if confirmed is None:
        return None
    before, now = (amount_of(payload, terms.amount_column) for payload in (confirmed, row.payload))
    if before == now:
        return None
    return f"{terms.amount_column} {before} is confirmed under this key and {now} is wanted: a person decides"


def _new_message(
    draft: _Draft, row: OutboxRow, occurrence: int, state: State, reason: str | None, since: datetime
) -> Message:
    return Message(
        posting_key=row.posting_key,
        occurrence=occurrence,
        business_key=row.business_key,
        payload_hash=row.payload_hash,
        payload=row.payload,
        idempotency_key=idempotency_key(row.posting_key, row.payload_hash, occurrence),
        correlation_id=correlation_id(draft.run_id, row.posting_key),
        state=state,
        first_ready_at=since,
        last_error=reason,
        depends_on=row.depends_on,
    )


def _within(
    candidates: list[tuple[bool, datetime, str, str, OutboxRow]], limits: Limits, amount_column: str | None
) -> tuple[tuple[str, ...], dict[str, str]]:
    """Reversals first, then the oldest, as many as the limits allow.

    A row too large for what is left does not stop others.
    """
    send: list[str] = []
    over: dict[str, str] = {}
    total = Decimal(0)
    for _, _, _, key, row in sorted(candidates, key=lambda candidate: candidate[:3]):
        amount = row.amount(amount_column)
        if limits.max_count is not None and len(send) >= limits.max_count:
            over[key] = f"beyond the limit of {limits.max_count} messages a run"
        elif limits.max_amount is not None and total + amount > limits.max_amount:
            over[key] = f"beyond the limit of {limits.max_amount} a run"
        else:
            send.append(key)
            total += amount
    return tuple(send), over

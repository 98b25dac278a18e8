"""Delivers an outbox model to its target: once, safely, and with a memory.

The protocol: look up what is in doubt, plan, write SENT durably, send, write what came back. A crash between
any two steps leaves a ledger from which the next run goes on without losing or doubling a message. Called by
the Dagster asset of an outbox model.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TypeVar

import pyarrow as pa
import sqlalchemy as sa
import tenacity

from publishing.disclosure import Disclosure
from publishing.exclusive import Lease, alone
from publishing.forecast import plan_stream
from publishing.ledger import Ledger, Stamp, Step
from publishing.messages import Message, OutboxRow, Outcome, State, Stream, read_rows
from publishing.planning import LIVE, Plan
from publishing.power import DRY_RUN, KILL_SWITCH, OFF, Power, decide, is_switched_off
from publishing.preview import write_preview
from publishing.protocols import GateVerdict, Run, Target
from publishing.reports import DeliveryReport, Tally
from publishing.targets import Connect, connect
from publishing.transports import InDoubtError, NotTakenError

_AUDITED_REASONS = 50
_REPLANS = 3

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Retry:
    """How often and how patiently a request that surely failed is tried again within a run."""

    attempts: int = 5
    first_wait: float = 0.5
    longest_wait: float = 30.0
    sleep: Callable[[float], None] = time.sleep


class _AgainError(Exception):
    def __init__(self, wait: float) -> None:
        super().__init__()
        self.wait = wait


def utc_now() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None)


def deliver(
    run: Run,
    target: str,
    entity: str,
    rows: pa.Table,
    *,
    gate: GateVerdict,
    connect: Connect = connect,
    actor: str = "concord",
    retry: Retry | None = None,
    clock: Callable[[], datetime] = utc_now,
) -> DeliveryReport:
    """Delivers the rows of an `out_` model that are meant for `target` and passed `gate`.

    Never raises for anything a target does; what could not be done is in the report and in the ledger.
    """
    stream = Stream(target, entity)
    power = decide(run, stream)
    if power.mode == OFF:
        return DeliveryReport(target, entity, OFF, power.reason)
    outbox, unkeyed = read_rows(rows, target)
    folder = run.settings.home / "publishing"
    with alone(folder, stream, run.state.engine) as lease:
        ledger = Ledger(run.state)
        seen = ledger.latest_view(stream)
        if seen is not None and (run.as_of < seen[0] or run.known_at < seen[1]):
            reason = f"the run looks at {run.as_of}, the target already knows {seen[0]}"
            return DeliveryReport(target, entity, OFF, reason, rows=len(outbox))
        disclosure = Disclosure(run.vault)
        with closing(connect(run.landscape.instances[target], entity, disclosure)) as taker:
            means = _Means(ledger, taker, lease, disclosure.scrub, retry or Retry(), clock)
            return _Delivery(run, stream, power, actor, means).go(outbox, unkeyed, gate, folder)


@dataclass(frozen=True, slots=True)
class _Means:
    """What a delivery works with."""

    ledger: Ledger
    target: Target
    lease: Lease
    scrub: Callable[[str], str]
    retry: Retry
    clock: Callable[[], datetime]


class _Delivery:
    def __init__(self, run: Run, stream: Stream, power: Power, actor: str, means: _Means) -> None:
        self._run, self._stream, self._power, self._actor = run, stream, power, actor
        self._ledger, self._target, self._lease = means.ledger, means.target, means.lease
        self._scrub, self._retry, self._clock = means.scrub, means.retry, means.clock
        self._tally = Tally()

    def go(self, rows: Sequence[OutboxRow], unkeyed: int, gate: GateVerdict, folder: Path) -> DeliveryReport:
        if self._power.mode == LIVE:
            self._resolve_doubt()
        made = self._plan(rows, gate)
        self._audit_gate(gate, made, unkeyed)
        preview = None
        if self._power.mode == LIVE:
            self._send_all(made)
        else:
            preview = self._preview(folder)
        return self._report(rows, unkeyed, made, preview)

    def _preview(self, folder: Path) -> Path:
        write = partial(write_preview, folder, self._stream, self._ledger, self._run.run_id)
        if self._power.mode == DRY_RUN:
            return write()
        try:
            return write(lambda messages: self._patiently(lambda: self._target.look_up(messages)))
        except (NotTakenError, InDoubtError) as error:
            self._tally.trouble = self._scrub(str(error))
            return write()

    def _stamp(self) -> Stamp:
        run = self._run
        return Stamp(run.run_id, self._actor, self._clock(), self._power.mode, run.as_of, run.known_at)

    def _resolve_doubt(self) -> None:
        """Asks the target for everything whose outcome is unknown, before anything new is sent."""
        orphans = self._ledger.messages(self._stream, (State.SENT,))
        self._settle([Step(m.idempotency_key, State.UNKNOWN, "the sender ended early") for m in orphans])
        doubtful = self._ledger.messages(self._stream, (State.UNKNOWN, State.ACKED))
        for start in range(0, len(doubtful), self._target.batch_size):
            self._ask(doubtful[start : start + self._target.batch_size])

    def _ask(self, messages: Sequence[Message]) -> tuple[str, ...]:
        """Settles messages in doubt by look-up; returns the keys that the target does not know.

        An acknowledged message that is not found stays acknowledged: the target said it has it. If the
        target cannot be asked, everything stays as it is.
        """
        try:
            found = self._patiently(lambda: self._target.look_up(messages))
        except (NotTakenError, InDoubtError) as error:
            self._tally.trouble = self._scrub(str(error))
            return ()
        steps, unknown = [], []
        for message in messages:
            key = message.idempotency_key
            if key in found:
                outcome = found[key]
                if outcome.state is message.state is State.ACKED:
                    continue
                steps.append(Step(key, outcome.state, outcome.error or "found by look-up", outcome.reference))
            elif message.state is not State.ACKED:
                steps.append(Step(key, State.READY, "not found by look-up"))
                unknown.append(key)
        self._settle(steps)
        self._audit("look_up", {each.idempotency_key: str(each.state) for each in steps})
        return tuple(unknown)

    def _plan(self, rows: Sequence[OutboxRow], gate: GateVerdict) -> Plan:
        for replan in range(_REPLANS):
            made = plan_stream(
                self._ledger,
                self._stream,
                rows,
                gate,
                mode=self._power.mode,
                limits=self._power.limits,
                run_id=self._run.run_id,
                now=self._clock(),
                terms=self._target.terms,
            )
            try:
                self._ledger.apply(self._stream, made, self._stamp())
            except sa.exc.IntegrityError:
                # Another publisher on the same database wrote the same version first: see what it wrote.
                if replan == _REPLANS - 1:
                    raise
            else:
                return made
        raise AssertionError("unreachable")

    def _send_all(self, made: Plan) -> None:
        size = self._target.batch_size
        for number, start in enumerate(range(0, len(made.send), size), start=1):
            if not self._send(made.send[start : start + size], f"{self._run.run_id}/{number}"):
                rest = dict.fromkeys(made.send[start + size :], self._tally.trouble)
                self._ledger.note(self._stream, rest)
                return

    def _send(self, keys: Sequence[str], correlation_id: str) -> bool:
        """Sends one batch until every message has an outcome. False: the target is out of reach, stop."""
        left = tuple(keys)

        def once() -> bool:
            nonlocal left
            if reason := self._stop_reason():
                self._tally.trouble = reason
                self._ledger.note(self._stream, dict.fromkeys(left, reason))
                return False
            claimed = self._ledger.claim(self._stream, left, self._stamp())
            if not claimed:
                return True
            self._tally.sent |= {message.idempotency_key for message in claimed}
            try:
                outcomes = self._target.send(claimed, correlation_id)
            except NotTakenError as error:
                words = self._tally.trouble = self._scrub(str(error))
                self._settle([Step(m.idempotency_key, State.READY, words) for m in claimed])
                left = tuple(message.idempotency_key for message in claimed)
                if not error.retry:
                    return False
                raise _AgainError(error.retry_after) from error
            except InDoubtError as error:
                words = self._tally.trouble = self._scrub(str(error))
                self._settle([Step(m.idempotency_key, State.UNKNOWN, words) for m in claimed])
                doubtful = [replace(message, state=State.UNKNOWN) for message in claimed]
                left = self._ask(doubtful)
                if left:
                    raise _AgainError(0.0) from error
                return all(self._tally.ended[m.idempotency_key] is not State.UNKNOWN for m in claimed)
            steps = [_step(message, outcomes) for message in claimed]
            self._settle(steps)
            self._audit("deliver", {step.idempotency_key: str(step.state) for step in steps})
            unanswered = [m for m in claimed if m.idempotency_key not in outcomes]
            if unanswered:
                self._ask(unanswered)
            return True

        try:
            return self._patiently(once)
        except _AgainError:
            return False

    def _stop_reason(self) -> str:
        """Why nothing more may be sent; empty when all is well."""
        if is_switched_off(self._run.settings.home):
            return f"the kill switch {KILL_SWITCH} is set"
        return "" if self._lease.holds() else "the lock on the state database was lost"

    def _patiently(self, action: Callable[[], T]) -> T:
        """Repeats what surely had no effect, with growing waits; the last failure is raised."""
        growing = tenacity.wait_exponential_jitter(self._retry.first_wait, self._retry.longest_wait)

        def wait(state: tenacity.RetryCallState) -> float:
            error = state.outcome.exception() if state.outcome else None
            asked = error.wait if isinstance(error, _AgainError) else getattr(error, "retry_after", 0.0)
            return min(max(growing(state), asked), self._retry.longest_wait)

        def again(error: BaseException) -> bool:
            return isinstance(error, _AgainError | InDoubtError) or (
                isinstance(error, NotTakenError) and error.retry
            )

        retrying = tenacity.Retrying(
            stop=tenacity.stop_after_attempt(self._retry.attempts),
            wait=wait,
            retry=tenacity.retry_if_exception(again),
            sleep=self._retry.sleep,
            reraise=True,
        )
        return retrying(action)

    def _settle(self, steps: Sequence[Step]) -> None:
        if steps:
            steps = [replace(step, detail=self._scrub(step.detail or "") or None) for step in steps]
            self._ledger.settle(self._stream, steps, self._stamp())
            self._tally.ended |= {step.idempotency_key: step.state for step in steps}

    def _audit(self, action: str, outcomes: Mapping[str, str]) -> None:
        if outcomes:
            detail = {"run_id": self._run.run_id, "mode": self._power.mode, "outcomes": outcomes}
            self._run.state.append_audit(
                at=self._clock(), actor=self._actor, action=action, subject=str(self._stream), detail=detail
            )

    def _audit_gate(self, gate: GateVerdict, made: Plan, unkeyed: int) -> None:
        reasons = dict(sorted({**made.held, **made.withheld}.items())[:_AUDITED_REASONS])
        self._run.state.append_audit(
            at=self._clock(),
            actor=self._actor,
            action="gate",
            subject=str(self._stream),
            detail={
                **{"run_id": self._run.run_id, "suite": gate.suite, "passed": gate.passed},
                **{"withheld": len(made.withheld) + unkeyed, "reasons": reasons},
            },
        )

    def _report(
        self, rows: Sequence[OutboxRow], unkeyed: int, made: Plan, preview: Path | None
    ) -> DeliveryReport:
        tally = self._tally
        unsent = sum(1 for key in made.send if not tally.has_answer(key))
        return DeliveryReport(
            target=self._stream.target,
            entity=self._stream.entity,
            mode=self._power.mode,
            reason=self._power.reason,
            rows=len(rows) + unkeyed,
            planned=made.planned,
            sent=sum(1 for key in tally.sent if tally.has_answer(key)),
            confirmed=tally.count(State.CONFIRMED),
            acknowledged=tally.count(State.ACKED),
            rejected=tally.count(State.REJECTED),
            unknown=len(self._ledger.messages(self._stream, (State.SENT, State.UNKNOWN))),
            withheld=len(made.withheld) + unkeyed,
            unchanged=made.unchanged,
            waiting=unsent + len(made.over_limit),
            awaiting_owner=made.awaiting_owner,
            conflicts=made.conflicts + tally.count(State.CONFLICT),
            held=len(made.held),
            canceled=made.canceled,
            trouble=tally.trouble,
            preview=preview,
        )


def _step(message: Message, outcomes: Mapping[str, Outcome]) -> Step:
    outcome = outcomes.get(message.idempotency_key)
    if outcome is None:
        return Step(message.idempotency_key, State.UNKNOWN, "the answer did not mention it")
    return Step(message.idempotency_key, outcome.state, outcome.error, outcome.reference)

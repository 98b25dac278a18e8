"""What publishing would send of an outbox model: the plan a delivery makes, also where nothing is sent.

Called by `delivery` for the plan it carries out, and by a release test for one that nobody does.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pyarrow as pa

from publishing.disclosure import Disclosure
from publishing.ledger import Ledger
from publishing.messages import OutboxRow, Stream, read_rows
from publishing.planning import LIVE, Limits, Plan, Terms, plan
from publishing.protocols import GateVerdict, Run
from publishing.targets import connect

SENT, KNOWN = "sent", "nothing new to send"


@dataclass(frozen=True, slots=True)
class Foretold:
    """One message: its content and its fate: `SENT`, `KNOWN` (to the target), or why it stays behind."""

    business_key: str
    content: Mapping[str, Any]
    fate: str


def plan_stream(
    ledger: Ledger,
    stream: Stream,
    rows: Sequence[OutboxRow],
    gate: GateVerdict,
    *,
    mode: str,
    limits: Limits,
    run_id: str,
    now: datetime,
    terms: Terms,
) -> Plan:
    """The plan for all rows of one stream, with what the ledger remembers of it. Writes nothing."""
    wanted = {row.depends_on for row in rows if row.depends_on is not None}
    return plan(
        rows,
        ledger.entries(stream),
        mode=mode,
        limits=limits,
        blocked=_blocked(gate, rows),
        run_id=run_id,
        now=now,
        terms=terms,
        parents=ledger.confirmed_keys(wanted),
        confirmed=ledger.confirmed_payloads(stream) if terms.is_final else None,
        elsewhere=ledger.confirmed_elsewhere(stream) if terms.is_final else None,
    )


def forecast(run: Run, target: str, entity: str, rows: pa.Table, gate: GateVerdict) -> dict[str, Foretold]:
    """By posting key, what a live run without limits would do with the rows meant for `target`.

    Nothing is sent, asked or written, whatever the landscape allows.
    """
    stream, ledger = Stream(target, entity), Ledger(run.state)
    outbox, _ = read_rows(rows, target)
    with closing(connect(run.landscape.instances[target], entity, Disclosure(run.vault))) as taker:
        terms = taker.terms
    made = plan_stream(
        ledger,
        stream,
        outbox,
        gate,
        mode=LIVE,
        limits=Limits(),
        run_id=run.run_id,
        now=run.known_at,
        terms=terms,
    )
    keys = {message.idempotency_key: message.posting_key for message in made.insert}
    entries = ledger.entries(stream)
    keys |= {entry.idempotency_key: key for key, found in entries.items() for entry in found}
    sent = {keys[key] for key in made.send}
    stays = {**made.held, **made.withheld}
    stays |= {keys[key]: reason for key, reason in made.conflict.items()}
    stays |= {message.posting_key: message.last_error for message in made.insert if message.last_error}
    return {
        row.posting_key: Foretold(
            row.business_key,
            row.content,
            SENT if row.posting_key in sent else stays.get(row.posting_key) or KNOWN,
        )
        for row in outbox
    }


def _blocked(gate: GateVerdict, rows: Sequence[OutboxRow]) -> Mapping[str, str]:
    """The keys that stay behind. A gate that failed without naming any row keeps back all of them."""
    if gate.passed or gate.failing or gate.unkeyed:
        return gate.failing
    return {row.posting_key: f"{gate.suite} failed" for row in rows}

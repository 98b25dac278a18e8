"""Appending numbered rows, and the audit chain, where a changed row breaks the hash of the row after it.

`state.py` appends to it, alone or in the transaction of what is audited.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from ingestion.state_tables import AUDIT

FIRST_HASH = "0" * 64


def last_seq(connection: sa.Connection, table: sa.Table) -> int:
    return connection.execute(sa.select(sa.func.max(table.c.seq))).scalar() or 0


def append_audit_row(
    connection: sa.Connection, at: datetime, actor: str, action: str, subject: str, detail: Mapping[str, Any]
) -> None:
    """One more link of the chain, in a transaction that holds the table."""
    text = json.dumps(detail, sort_keys=True, default=str)
    last = connection.execute(sa.select(AUDIT).order_by(AUDIT.c.seq.desc()).limit(1)).first()
    before = last.row_hash if last else FIRST_HASH
    connection.execute(
        sa.insert(AUDIT).values(
            seq=(last.seq if last else 0) + 1,
            at=at,
            actor=actor,
            action=action,
            subject=subject,
            detail=text,
            prev_hash=before,
            row_hash=row_hash(before, at, actor, action, subject, text),
        )
    )


def row_hash(before: str, at: datetime, *parts: str) -> str:
    return hashlib.sha256("\x1f".join((before, at.isoformat(), *parts)).encode()).hexdigest()


def append_numbered(
    connection: sa.Connection, table: sa.Table, rows: Sequence[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """Inserts rows under the numbers that follow the last; returns them with their `seq`."""
    last = last_seq(connection, table)
    numbered = [{**row, "seq": last + at} for at, row in enumerate(rows, start=1)]
    if numbered:
        connection.execute(sa.insert(table), numbered)
    return numbered

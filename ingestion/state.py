"""The state store: what happened and cannot be recomputed (batches, verdicts, identities, decisions, audit).

SQLite by default, PostgreSQL by URL. Numbered tables are append-only and appended to by one writer at a
time. Each audit row carries the hash of the row before it, so a changed row breaks the chain.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from ingestion.audit import FIRST_HASH, append_audit_row, append_numbered, last_seq, row_hash
from ingestion.database_url import STATE, engine_of, explained
from ingestion.landing_copy.landing import Batch, read_batch_manifest
from ingestion.state_tables import (
    AUDIT,
    DECISION,
    IDENTITY_EVENT,
    INSTANCE_STATUS,
    LANDING_BATCH,
    METADATA,
    REFUSED_FILE,
    VERDICT,
)

# Any number that no other user of the same database server takes for an advisory lock.
_SETUP_LOCK = 4_726_350_011


@dataclass(frozen=True)
class InstanceStatus:
    """How the last contact with an instance went."""

    instance: str
    last_attempt_at: datetime
    last_success_at: datetime | None
    is_available: bool
    message: str


class StateStore:
    """Typed access to the state database; `engine` is shared with the delivery ledger."""

    def __init__(self, url: str) -> None:
        self.engine = engine_of(STATE, url)
        self.url = self.engine.url.render_as_string(hide_password=True)
        is_file = self.engine.dialect.name == "sqlite" and bool(self.engine.url.database)
        with explained(STATE):
            if is_file:
                Path(str(self.engine.url.database)).parent.mkdir(parents=True, exist_ok=True)
            self._create_tables()
            if is_file:
                Path(str(self.engine.url.database)).chmod(0o600)

    def close(self) -> None:
        self.engine.dispose()

    def _create_tables(self) -> None:
        """One at a time: two processes that start together would both create the tables that are missing."""
        inspector = sa.inspect(self.engine)
        present = set(inspector.get_table_names())
        later = [
            (name, column)
            for name, table in METADATA.tables.items()
            if name in present
            for column in table.columns
            if column.name not in {found["name"] for found in inspector.get_columns(name)}
        ]
        if set(METADATA.tables) <= present and not later:
            return
        with self.engine.begin() as connection:
            if self.engine.dialect.name == "sqlite":
                connection.exec_driver_sql("BEGIN IMMEDIATE")
            else:
                connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_SETUP_LOCK)))
            METADATA.create_all(connection)
            # A column declared since: an earlier home has no value for it.
            for name, column in later:
                kind = column.type.compile(self.engine.dialect)
                connection.exec_driver_sql(f"ALTER TABLE {name} ADD COLUMN {column.name} {kind}")

    @contextmanager
    def _appending(self, table: sa.Table) -> Iterator[sa.Connection]:
        """A transaction beside which nobody else appends: what it reads as last stays the last."""
        with self.engine.begin() as connection:
            if self.engine.dialect.name == "sqlite":
                connection.exec_driver_sql("BEGIN IMMEDIATE")
            else:
                connection.execute(sa.text(f"LOCK TABLE {table.name} IN SHARE ROW EXCLUSIVE MODE"))
            yield connection

    def _rows(self, query: sa.Select[Any]) -> list[dict[str, Any]]:
        with self.engine.connect() as connection:
            return [dict(row) for row in connection.execute(query).mappings()]

    def _rows_after(self, table: sa.Table, after: int) -> list[dict[str, Any]]:
        return self._rows(sa.select(table).where(table.c.seq > after).order_by(table.c.seq))

    # Batches

    def save_batch(self, batch: Batch) -> None:
        """Adds the batch or changes its status."""
        key = (LANDING_BATCH.c.instance == batch.instance) & (LANDING_BATCH.c.batch_id == batch.batch_id)
        with self.engine.begin() as connection:
            connection.execute(sa.delete(LANDING_BATCH).where(key))
            connection.execute(
                sa.insert(LANDING_BATCH).values(
                    instance=batch.instance,
                    batch_id=batch.batch_id,
                    system=batch.system,
                    known_at=batch.known_at,
                    status=batch.status,
                    reason=batch.reason,
                    actor=batch.actor,
                    path=str(batch.path),
                )
            )

    def batches(self, instance: str, *statuses: str) -> tuple[Batch, ...]:
        """The instance's batches of the given statuses (all if none given), oldest first."""
        query = sa.select(LANDING_BATCH).where(LANDING_BATCH.c.instance == instance)
        if statuses:
            query = query.where(LANDING_BATCH.c.status.in_(statuses))
        query = query.order_by(LANDING_BATCH.c.known_at, LANDING_BATCH.c.batch_id)
        with self.engine.connect() as connection:
            rows = connection.execute(query).all()
        return tuple(read_batch_manifest(Path(row.path)) for row in rows if Path(row.path).is_dir())

    def restore_batches(self, batches: Iterable[Batch]) -> int:
        """Adds the batches that the landing copy has and the store does not know; returns how many.

        A batch that lies elsewhere than remembered (the home was moved) is remembered where it lies.
        """
        columns = (LANDING_BATCH.c.instance, LANDING_BATCH.c.batch_id, LANDING_BATCH.c.path)
        with self.engine.connect() as connection:
            known = {
                (row.instance, row.batch_id): row.path for row in connection.execute(sa.select(*columns))
            }
        found = list(batches)
        missing = [batch for batch in found if (batch.instance, batch.batch_id) not in known]
        for batch in found:
            if known.get((batch.instance, batch.batch_id)) != str(batch.path):
                self.save_batch(batch)
        return len(missing)

    # Refused files and availability

    def note_refusal(
        self,
        instance: str,
        file: str,
        sha256: str,
        reason: str,
        remedy: str,
        at: datetime,
        status: str = "REFUSED",
    ) -> bool:
        """Remembers a refused file; True when it is the first time this content is refused."""
        key = (
            (REFUSED_FILE.c.instance == instance)
            & (REFUSED_FILE.c.file == file)
            & (REFUSED_FILE.c.sha256 == sha256)
        )
        values = {"instance": instance, "file": file, "sha256": sha256, "reason": reason, "remedy": remedy}
        with self._appending(REFUSED_FILE) as connection:
            if connection.execute(sa.select(REFUSED_FILE).where(key)).first():
                return False
            connection.execute(sa.insert(REFUSED_FILE).values(**values, first_seen_at=at, status=status))
        return True

    def refusals(self, instance: str) -> list[dict[str, Any]]:
        """The refused files of an instance, in the order they were first seen."""
        query = sa.select(REFUSED_FILE).where(REFUSED_FILE.c.instance == instance)
        return self._rows(query.order_by(REFUSED_FILE.c.first_seen_at))

    def set_instance_status(self, instance: str, *, at: datetime, is_available: bool, message: str) -> None:
        with self.engine.begin() as connection:
            key = INSTANCE_STATUS.c.instance == instance
            before = connection.execute(sa.select(INSTANCE_STATUS).where(key)).first()
            success = at if is_available else (before.last_success_at if before else None)
            connection.execute(sa.delete(INSTANCE_STATUS).where(key))
            connection.execute(
                sa.insert(INSTANCE_STATUS).values(
                    instance=instance,
                    last_attempt_at=at,
                    last_success_at=success,
                    is_available=is_available,
                    message=message,
                )
            )

    def instance_status(self) -> dict[str, InstanceStatus]:
        rows = self._rows(sa.select(INSTANCE_STATUS))
        return {str(row["instance"]): InstanceStatus(**row) for row in rows}

    # Verdict journal

    def append_verdicts(self, rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
        """Appends journal rows in order and returns them with the `seq` each was given."""
        with self._appending(VERDICT) as connection:
            return append_numbered(connection, VERDICT, rows)

    def verdicts(self, *, after: int = 0) -> list[dict[str, Any]]:
        """Journal rows in order, those with a greater `seq` than `after`."""
        return self._rows_after(VERDICT, after)

    def last_verdict_at(self) -> tuple[date, datetime] | None:
        """The latest (as_of, known_at) in the journal; runs before either do not write to it."""
        with self.engine.connect() as connection:
            row = connection.execute(
                sa.select(sa.func.max(VERDICT.c.as_of), sa.func.max(VERDICT.c.known_at))
            ).one()
        return None if row[0] is None else (row[0], row[1])

    # Golden identity

    def append_identity_events(self, rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
        """Appends those that the store does not hold and returns them with the `seq` each was given."""
        if not rows:
            return []
        since = IDENTITY_EVENT.c.happened_at >= min(row["happened_at"] for row in rows)
        with self._appending(IDENTITY_EVENT) as connection:
            known: set[str] = set(
                connection.execute(sa.select(IDENTITY_EVENT.c.event_id).where(since)).scalars()
            )
            new = [row for row in rows if row["event_id"] not in known]
            return append_numbered(connection, IDENTITY_EVENT, new)

    def identity_events(self, *, after: int = 0) -> list[dict[str, Any]]:
        """Events in order, those with a greater `seq` than `after`."""
        return self._rows_after(IDENTITY_EVENT, after)

    def last_identity_at(self) -> datetime | None:
        """When the latest event happened; a run that knows less does not add any."""
        with self.engine.connect() as connection:
            return connection.execute(sa.select(sa.func.max(IDENTITY_EVENT.c.happened_at))).scalar()

    # Steward decisions

    def append_decision(
        self,
        *,
        at: datetime,
        actor: str,
        subject_type: str,
        subject_key: str,
        decision: str,
        reason: str,
        payload: Mapping[str, Any],
    ) -> int | None:
        """Appends a steward's decision, audited in the same transaction; returns its `seq`.

        None when the same decision stands already: two people may decide at the same moment.
        """
        (seq,) = self.append_decisions(
            {subject_key: payload},
            at=at,
            actor=actor,
            subject_type=subject_type,
            decision=decision,
            reason=reason,
        )
        return seq

    def append_decisions(
        self,
        payloads: Mapping[str, Mapping[str, Any]],
        *,
        at: datetime,
        actor: str,
        subject_type: str,
        decision: str,
        reason: str,
    ) -> list[int | None]:
        """The same decision about several subjects (key to payload), all or none of them."""
        made: list[int | None] = []
        with self._appending(AUDIT) as connection:
            for subject_key, payload in payloads.items():
                about = (DECISION.c.subject_type == subject_type) & (DECISION.c.subject_key == subject_key)
                latest = sa.select(DECISION.c.decision).where(about).order_by(DECISION.c.seq.desc()).limit(1)
                if connection.execute(latest).scalar() == decision:
                    made.append(None)
                    continue
                made.append(last_seq(connection, DECISION) + 1)
                connection.execute(
                    sa.insert(DECISION).values(
                        seq=made[-1],
                        decided_at=at,
                        actor=actor,
                        subject_type=subject_type,
                        subject_key=subject_key,
                        decision=decision,
                        reason=reason,
                        payload=json.dumps(payload, sort_keys=True, default=str),
                    )
                )
                detail = {"decision": decision, "reason": reason, "payload": payload}
                append_audit_row(connection, at, actor, "decide", f"{subject_type} {subject_key}", detail)
        return made

    def decisions(self, after: int = 0) -> list[dict[str, Any]]:
        """Decisions in order, those with a greater `seq` than `after`; `payload` is JSON text."""
        return self._rows_after(DECISION, after)

    def standing_decisions(self, subject_type: str, beginning: str = "") -> dict[str, dict[str, Any]]:
        """The latest decision about each subject of a type whose key begins so; `payload` is JSON text."""
        query = (
            sa.select(DECISION)
            .where(DECISION.c.subject_type == subject_type)
            .where(DECISION.c.subject_key.startswith(beginning, autoescape=True))
            .order_by(DECISION.c.seq)
        )
        return {str(row["subject_key"]): row for row in self._rows(query)}

    def restore_decisions(self, rows: Sequence[Mapping[str, Any]]) -> int:
        """Puts decisions back that a lost store forgot, under the numbers they had."""
        with self._appending(AUDIT) as connection:
            last = last_seq(connection, DECISION)
            missing = [dict(row) for row in rows if row["seq"] > last]
            if missing:
                connection.execute(sa.insert(DECISION), missing)
        return len(missing)

    # Audit

    def append_audit(
        self, *, at: datetime, actor: str, action: str, subject: str, detail: Mapping[str, Any]
    ) -> None:
        """Appends one audit row; its hash covers the row before it."""
        with self._appending(AUDIT) as connection:
            append_audit_row(connection, at, actor, action, subject, detail)

    def audit(self) -> list[dict[str, Any]]:
        return self._rows(sa.select(AUDIT).order_by(AUDIT.c.seq))

    def verify_audit(self) -> int | None:
        """None when the chain holds, else the `seq` of the first row that breaks it."""
        before = FIRST_HASH
        for row in self.audit():
            expected = row_hash(before, row["at"], row["actor"], row["action"], row["subject"], row["detail"])
            if row["prev_hash"] != before or row["row_hash"] != expected:
                return int(row["seq"])
            before = row["row_hash"]
        return None

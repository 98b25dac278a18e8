"""The two tables of the delivery ledger, made on first use and widened when an earlier version made them."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.schema import CreateIndex, CreateTable

_MAKING = 4_703_616_137  # the advisory lock under which PostgreSQL tables are made; any constant does

metadata = sa.MetaData()

outbox_message = sa.Table(
    "outbox_message",
    metadata,
    sa.Column("target", sa.String(100), primary_key=True),
    sa.Column("entity", sa.String(100), primary_key=True),
    sa.Column("idempotency_key", sa.String(64), primary_key=True),
    sa.Column("posting_key", sa.String(200), nullable=False),
    sa.Column("occurrence", sa.Integer, nullable=False),
    sa.Column("business_key", sa.Text, nullable=False),
    sa.Column("payload_hash", sa.String(64), nullable=False),
    sa.Column("payload", sa.Text, nullable=False),
    sa.Column("correlation_id", sa.String(200), nullable=False),
    sa.Column("state", sa.String(10), nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("first_ready_at", sa.DateTime, nullable=False),
    sa.Column("changed_at", sa.DateTime, nullable=False),
    sa.Column("last_error", sa.Text),
    sa.Column("reference", sa.Text),
    sa.Column("run_id", sa.String(100), nullable=False),
    sa.Column("mode", sa.String(10), nullable=False),
    sa.Column("as_of", sa.Date, nullable=False),
    sa.Column("known_at", sa.DateTime, nullable=False),
    sa.Column("depends_on", sa.String(200)),
    sa.Column("canceled_by", sa.String(100)),
    sa.UniqueConstraint("target", "entity", "posting_key", "occurrence"),
    sa.Index("outbox_message_state", "target", "entity", "state"),
    sa.Index("outbox_message_posting", "posting_key"),
)

delivery_attempt = sa.Table(
    "delivery_attempt",
    metadata,
    sa.Column("attempt_id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("target", sa.String(100), nullable=False),
    sa.Column("entity", sa.String(100), nullable=False),
    sa.Column("idempotency_key", sa.String(64), nullable=False),
    sa.Column("at", sa.DateTime, nullable=False),
    sa.Column("run_id", sa.String(100), nullable=False),
    sa.Column("actor", sa.String(100), nullable=False),
    sa.Column("state", sa.String(10), nullable=False),
    sa.Column("detail", sa.Text),
    sa.Index("delivery_attempt_message", "target", "entity", "idempotency_key"),
)


def make_tables(engine: sa.Engine) -> None:
    """Brings both tables with their indexes to the present shape; harmless to repeat."""
    with engine.begin() as connection:
        if engine.dialect.name == "postgresql":
            # Two first users at once would both create; SQLite waits by itself.
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_MAKING)))
        for table in metadata.sorted_tables:
            connection.execute(CreateTable(table, if_not_exists=True))
            _widen(connection, table)
            for index in sorted(table.indexes, key=lambda index: str(index.name)):
                connection.execute(CreateIndex(index, if_not_exists=True))


def _widen(connection: sa.Connection, table: sa.Table) -> None:
    """Adds the columns that a table made by an earlier version lacks; all of these may be null."""
    there = {column["name"] for column in sa.inspect(connection).get_columns(table.name)}
    for column in table.columns:
        if column.name not in there:
            kind = column.type.compile(connection.dialect)
            connection.execute(sa.text(f"alter table {table.name} add column {column.name} {kind}"))

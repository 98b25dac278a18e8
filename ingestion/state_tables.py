"""The tables of the state store, in SQL that SQLite and PostgreSQL both speak. `state.py` uses them."""

import sqlalchemy as sa

METADATA = sa.MetaData()

LANDING_BATCH = sa.Table(
    "landing_batch",
    METADATA,
    sa.Column("instance", sa.String, primary_key=True),
    sa.Column("batch_id", sa.String, primary_key=True),
    sa.Column("system", sa.String, nullable=False),
    sa.Column("known_at", sa.DateTime, nullable=False),
    sa.Column("status", sa.String, nullable=False),
    sa.Column("reason", sa.String, nullable=False),
    sa.Column("actor", sa.String, nullable=False),
    sa.Column("path", sa.String, nullable=False),
)
REFUSED_FILE = sa.Table(
    "refused_file",
    METADATA,
    sa.Column("instance", sa.String, primary_key=True),
    sa.Column("file", sa.String, primary_key=True),
    sa.Column("sha256", sa.String, primary_key=True),
    sa.Column("reason", sa.String, nullable=False),
    sa.Column("remedy", sa.String, nullable=False),
    sa.Column("first_seen_at", sa.DateTime, nullable=False),
    sa.Column("status", sa.String),
)
INSTANCE_STATUS = sa.Table(
    "instance_status",
    METADATA,
    sa.Column("instance", sa.String, primary_key=True),
    sa.Column("last_attempt_at", sa.DateTime, nullable=False),
    sa.Column("last_success_at", sa.DateTime),
    sa.Column("is_available", sa.Boolean, nullable=False),
    sa.Column("message", sa.String, nullable=False),
)
VERDICT = sa.Table(
    "verdict_journal",
    METADATA,
    sa.Column("seq", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("run_id", sa.String, nullable=False),
    sa.Column("known_at", sa.DateTime, nullable=False),
    sa.Column("as_of", sa.Date, nullable=False),
    sa.Column("entity_type", sa.String, nullable=False),
    sa.Column("source_instance", sa.String, nullable=False),
    sa.Column("native_id", sa.String, nullable=False),
    sa.Column("match_status", sa.String, nullable=False),
    sa.Column("codes", sa.String, nullable=False),
    sa.Column("fingerprint", sa.String, nullable=False),
)
IDENTITY_EVENT = sa.Table(
    "identity_event",
    METADATA,
    sa.Column("seq", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("event_id", sa.String, nullable=False),
    sa.Column("event", sa.String, nullable=False),
    sa.Column("subject_key", sa.String, nullable=False),
    sa.Column("object_key", sa.String, nullable=False),
    sa.Column("happened_at", sa.DateTime, nullable=False),
    sa.Column("code", sa.String),
    sa.Column("reason", sa.String),
    sa.Column("via_key", sa.String),
    # A decimal as text: SQLite has none.
    sa.Column("weight", sa.String),
    sa.Column("relationship", sa.String),
    sa.Column("content_hash", sa.String),
    sa.Column("model_version", sa.String),
    sa.Column("evidence", sa.String),
)
AUDIT = sa.Table(
    "audit",
    METADATA,
    sa.Column("seq", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("at", sa.DateTime, nullable=False),
    sa.Column("actor", sa.String, nullable=False),
    sa.Column("action", sa.String, nullable=False),
    sa.Column("subject", sa.String, nullable=False),
    sa.Column("detail", sa.String, nullable=False),
    sa.Column("prev_hash", sa.String, nullable=False),
    sa.Column("row_hash", sa.String, nullable=False),
)
DECISION = sa.Table(
    "steward_decision",
    METADATA,
    sa.Column("seq", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("decided_at", sa.DateTime, nullable=False),
    sa.Column("actor", sa.String, nullable=False),
    sa.Column("subject_type", sa.String, nullable=False),
    sa.Column("subject_key", sa.String, nullable=False),
    sa.Column("decision", sa.String, nullable=False),
    sa.Column("reason", sa.String, nullable=False),
    sa.Column("payload", sa.String, nullable=False),
)

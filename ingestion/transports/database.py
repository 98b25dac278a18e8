"""Tables of a PostgreSQL schema as Parquet chunks: read only, streamed, all from one snapshot.

Rows come by COPY (`copy_out`) and become typed Arrow tables (`copied_rows`); a chunk is in memory at a time.
"""

import hashlib
import io
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import psycopg
import pyarrow as pa
import pyarrow.parquet as pq
import sqlalchemy as sa

from ingestion.formats.content import Shelf
from ingestion.formats.parquet_files import text_cells
from ingestion.landing_copy.landing import Payload
from ingestion.spec import DatabaseWire, ResourceSpec, SystemSpec
from ingestion.transports.catalog import ZONED, Column, columns_of, lacking, refused
from ingestion.transports.copied_rows import typed_rows
from ingestion.transports.copy_out import copied
from ingestion.transports.fetched import Fetched, LoginRefusedError, SourceDownError, cursor_text
from ingestion.transports.tls import Certificates
from ingestion.windows import Bounds, Window

CONNECT_SECONDS = 8
_LOGIN = ("authentication failed", "no pg_hba.conf entry", "no password supplied", "role")


def fetch_database(
    spec: SystemSpec,
    wire: DatabaseWire,
    connection: Mapping[str, str],
    cursors: Mapping[str, str],
    zone: ZoneInfo,
    shelf: Shelf,
    window: Window | None = None,
) -> Fetched:
    """What changed since each table's cursor minus the lag, or in the window, and what has no time of change.

    Chunks wait on the shelf until they are landed. Key sets come from the same snapshot as the rows; not for
    a window, and not the first time, when all rows come. A table that cannot be read as the spec says is
    refused with the remedy; the others flow.
    """
    fetched = Fetched()
    with opened(wire, connection) as database:
        present = columns_of(database, wire)
        for resource in spec.resources:
            refusal = refused(spec, wire, resource, present, sa.make_url(connection["url"]).username or "")
            if refusal:
                fetched.refusals.append(refusal)
                fetched.refused_hashes[refusal.file] = hashlib.sha256(refusal.reason.encode()).hexdigest()
                continue
            columns = present[resource.path]
            if absent := lacking(spec, resource, present):
                name = f"{wire.schema}.{resource.path}"
                fetched.remarks.append(f"table {name} is read without its column {', '.join(absent)}")
            since, until = _bounds(wire, cursors.get(resource.name), zone, window)
            query = _query(spec, wire, resource, columns, since, until, zone, is_window=bool(window))
            latest = "" if window else cursors.get(resource.name, "")
            for number, rows in enumerate(_chunks(database, wire, query, columns, zone), start=1):
                name = f"{resource.name}.{number:04}.parquet"
                fetched.payloads.append(_payload(name, resource, rows, shelf))
                latest = max(latest, _latest(rows, resource))
            if latest:
                fetched.cursors[resource.name] = latest
            if resource.has_key_set and cursors and not window:
                fetched.payloads.append(_key_set(spec, wire, resource, columns, database, zone, shelf))
    return fetched


@contextmanager
def opened(wire: DatabaseWire, connection: Mapping[str, str]) -> Iterator[sa.Connection]:
    """A connection in one read-only snapshot; whatever fails is worded without the password."""
    try:
        url = sa.make_url(connection["url"]).set(drivername="postgresql+psycopg")
    except sa.exc.ArgumentError:
        raise SourceDownError(
            "the connection's url is none; wanted: postgresql://user:password@host:port/database"
        ) from None
    where = f"database {url.host}:{url.port or 5432}/{url.database}"
    milliseconds = int(wire.timeout.total_seconds() * 1000)
    engine = sa.create_engine(
        url,
        poolclass=sa.NullPool,
        isolation_level="REPEATABLE READ",
        connect_args={
            **Certificates.of(connection).libpq(url),
            "connect_timeout": CONNECT_SECONDS,
            "application_name": "concord",
            "client_encoding": "UTF8",
            "options": f"-c statement_timeout={milliseconds} -c default_transaction_read_only=on"
            " -c datestyle=ISO -c timezone=UTC",
        },
    )
    try:
        with engine.connect() as opened_connection:
            try:
                yield opened_connection
            except BaseException:
                # It may be in the middle of an answer, which no rollback waits for.
                opened_connection.invalidate()
                raise
    except (sa.exc.DBAPIError, psycopg.Error) as error:
        said = error.orig if isinstance(error, sa.exc.DBAPIError) else error
        refused_login = any(word in str(said) for word in _LOGIN)
        kind = LoginRefusedError if refused_login else SourceDownError
        raise kind(f"{where} {_reason(said, url, wire)}") from None
    finally:
        engine.dispose()


def _bounds(wire: DatabaseWire, cursor: str | None, zone: ZoneInfo, window: Window | None) -> Bounds:
    """From when to before when, as local wall-clock times."""
    if window:
        return window.local()
    if not cursor:
        return None, None
    return datetime.fromisoformat(cursor).astimezone(zone).replace(tzinfo=None) - wire.lag, None


def read_as(table: sa.TableClause, columns: Sequence[Column]) -> list[sa.ColumnElement[Any]]:
    """The columns of a table as they are asked for; what has no exact Arrow type is text at the server."""
    return [
        sa.cast(table.c[column.name], sa.Text).label(column.name) if column.as_text else table.c[column.name]
        for column in columns
    ]


def _query(
    spec: SystemSpec,
    wire: DatabaseWire,
    resource: ResourceSpec,
    columns: Sequence[Column],
    since: datetime | None,
    until: datetime | None,
    zone: ZoneInfo,
    *,
    is_window: bool,
) -> sa.Select[Any]:
    kinds = {column.name: column.type for column in columns}
    table = sa.table(resource.path, *(sa.column(name) for name in kinds), schema=wire.schema)
    spec_table = spec.table(resource.tables[0])
    paths = {column.name: column.path for column in spec_table.columns}
    # The same rows give the same bytes, so that a batch which brings nothing new is known as such.
    query = sa.select(*read_as(table, columns)).order_by(
        *(table.c[paths[name]] for name in spec_table.key if name in paths)
    )

    def at(moment: datetime, column: str) -> datetime:
        return moment.replace(tzinfo=zone) if kinds[column] == ZONED else moment

    if since is None and until is None:
        return query
    updated = table.c[resource.updated_path]
    changed: sa.ColumnElement[Any] = updated
    if resource.entered_path:
        changed = sa.func.coalesce(updated, table.c[resource.entered_path])
    conditions = []
    if since is not None:
        conditions.append(changed >= at(since, resource.updated_path))
    if until is not None:
        conditions.append(changed < at(until, resource.updated_path))
    # A row without a stamp of its last update may have changed at any time since it was entered.
    undated = changed.is_(None) if is_window else updated.is_(None)
    return query.where(sa.and_(*conditions) | undated)


def _key_set(
    spec: SystemSpec,
    wire: DatabaseWire,
    resource: ResourceSpec,
    columns: Sequence[Column],
    database: sa.Connection,
    zone: ZoneInfo,
    shelf: Shelf,
) -> Payload:
    """Every key of a table with its times of change, as text, so that chunks with odd values fit the file."""
    table = spec.table(resource.tables[0])
    names = {column.path for column in table.key_columns} | set(table.source_updated_at)
    narrow = [column for column in columns if column.name in names]
    query = _query(spec, wire, resource, narrow, None, None, zone, is_window=False)
    schema = pa.schema([(column.name, pa.string()) for column in narrow])
    count = 0
    with tempfile.TemporaryFile() as sink:
        with pq.ParquetWriter(sink, schema, compression="zstd") as writer:
            for rows in _chunks(database, wire, query, narrow, zone):
                texts = [text_cells(rows.column(name)) for name in schema.names]
                writer.write_table(pa.table(texts, schema=schema))
                count += rows.num_rows
        sink.seek(0)
        content = shelf.put(sink)
    return Payload(f"{resource.name}.keys.parquet", resource.name, content, count, is_key_set=True)


def _chunks(
    database: sa.Connection,
    wire: DatabaseWire,
    query: sa.Select[Any],
    columns: Sequence[Column],
    zone: ZoneInfo,
) -> Iterator[pa.Table]:
    for content in copied(database, query, wire.chunk_rows, wire.timeout):
        yield typed_rows(content, columns, zone)


def _payload(name: str, resource: ResourceSpec, rows: pa.Table, shelf: Shelf) -> Payload:
    sink = io.BytesIO()
    pq.write_table(rows, sink, compression="zstd")
    sink.seek(0)
    return Payload(name=name, resource=resource.name, content=shelf.put(sink), rows=rows.num_rows)


def _latest(table: pa.Table, resource: ResourceSpec) -> str:
    """The latest change among the rows, as cursor text; empty when none says when it changed."""
    stamps = [name for name in (resource.updated_path, resource.entered_path) if name]
    # A column with a stamp that is no point in time is text: it says nothing about the latest.
    times = [table.column(name) for name in stamps if pa.types.is_timestamp(table.schema.field(name).type)]
    moments = [pa.compute.max(column).as_py() for column in times]
    known = [moment for moment in moments if moment is not None]
    return cursor_text(max(known)) if known else ""


def _reason(error: BaseException | None, url: sa.URL, wire: DatabaseWire) -> str:
    state = getattr(error, "sqlstate", None)
    text = str(error).strip().splitlines()[0] if str(error).strip() else "no reason given"
    if state == "57014":
        return f"did not answer within {wire.timeout.total_seconds():g} seconds"
    if state == "42501":
        return f"does not let {url.username} read: {text}; grant what is named"
    if f'database "{url.database}" does not exist' in str(error):
        return "does not exist; name an existing one in the connection's url"
    if any(word in str(error) for word in _LOGIN):
        return f"refuses the login of {url.username}"
    if state is None and any(word in text for word in ("SSL", "certificate")):
        return f"is not verified: {text}; name its authority in ca_file, and its host as its certificate does"
    if isinstance(error, psycopg.OperationalError) and state is None:
        return "cannot be reached: nothing answers at this address, or the connection was lost"
    return f"cannot be read: {text}"

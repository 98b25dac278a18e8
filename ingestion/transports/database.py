"""Tables of a PostgreSQL schema as Parquet chunks: read only, streamed, all from one snapshot.

Values keep the precision the database gives them. A time without a zone is the instance's local time and is
landed in UTC; in an hour that the clocks repeat it takes the earlier offset, and the row says so.
"""

import hashlib
import io
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import psycopg
import pyarrow as pa
import pyarrow.parquet as pq
import sqlalchemy as sa
from psycopg.adapt import Loader
from psycopg.types.datetime import DateLoader, TimestampLoader, TimestamptzLoader

from ingestion.formats.content import InMemory
from ingestion.landing_copy.landing import Payload
from ingestion.spec import DatabaseWire, ResourceSpec, SystemSpec
from ingestion.transports.catalog import LOCAL, ZONED, Column, columns_of, lacking, refused
from ingestion.transports.fetched import Fetched, LoginRefusedError, SourceDownError, cursor_text
from ingestion.transports.tls import Certificates
from ingestion.windows import Bounds, Window

CONNECT_SECONDS = 8
REPEATED_HOUR = "_repeated_hour"
_LOGIN = ("authentication failed", "no pg_hba.conf entry", "no password supplied", "role")


def fetch_database(
    spec: SystemSpec,
    wire: DatabaseWire,
    connection: Mapping[str, str],
    cursors: Mapping[str, str],
    zone: ZoneInfo,
    window: Window | None = None,
) -> Fetched:
    """What changed since each table's cursor minus the lag, or in the window, and what has no time of change.

    Key sets come from the same snapshot as the rows; not for a window, and not the first time, when all rows
    come. A table that cannot be read as the spec says is refused with the remedy; the others flow.
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
            for number, rows in enumerate(_chunks(database, wire, query), start=1):
                table = _typed(rows, columns, zone)
                fetched.payloads.append(_payload(f"{resource.name}.{number:04}.parquet", resource, table))
                latest = max(latest, _latest(table, resource))
            if latest:
                fetched.cursors[resource.name] = latest
            if resource.has_key_set and cursors and not window:
                fetched.payloads.append(_key_set(spec, wire, resource, columns, database, zone))
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
            "options": f"-c statement_timeout={milliseconds} -c default_transaction_read_only=on",
        },
    )
    sa.event.listen(engine, "connect", _take_any_day)
    try:
        with engine.connect() as opened_connection:
            yield opened_connection
    except sa.exc.DBAPIError as error:
        refused_login = any(word in str(error.orig) for word in _LOGIN)
        kind = LoginRefusedError if refused_login else SourceDownError
        raise kind(f"{where} {_reason(error, url, wire)}") from None
    finally:
        engine.dispose()


def _bounds(wire: DatabaseWire, cursor: str | None, zone: ZoneInfo, window: Window | None) -> Bounds:
    """From when to before when, as local wall-clock times."""
    if window:
        return window.local()
    if not cursor:
        return None, None
    return datetime.fromisoformat(cursor).astimezone(zone).replace(tzinfo=None) - wire.lag, None


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
    wanted = [
        sa.cast(table.c[column.name], sa.Text).label(column.name) if column.as_text else table.c[column.name]
        for column in columns
    ]
    spec_table = spec.table(resource.tables[0])
    paths = {column.name: column.path for column in spec_table.columns}
    # The same rows give the same bytes, so that a batch which brings nothing new is known as such.
    query = sa.select(*wanted).order_by(*(table.c[paths[name]] for name in spec_table.key if name in paths))

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
) -> Payload:
    """Every key of a table with its times of change."""
    table = spec.table(resource.tables[0])
    names = {column.path for column in table.key_columns} | set(table.source_updated_at)
    narrow = [column for column in columns if column.name in names]
    query = _query(spec, wire, resource, narrow, None, None, zone, is_window=False)
    sink, count, writer = io.BytesIO(), 0, None
    for rows in _chunks(database, wire, query):
        chunk = _typed(rows, narrow, zone).select([column.name for column in narrow])
        writer = writer or pq.ParquetWriter(sink, chunk.schema, compression="zstd")
        writer.write_table(chunk)
        count += chunk.num_rows
    if writer is None:
        empty = pa.schema([(column.name, column.arrow) for column in narrow]).empty_table()
        writer = pq.ParquetWriter(sink, empty.schema, compression="zstd")
        writer.write_table(empty)
    writer.close()
    name = f"{resource.name}.keys.parquet"
    return Payload(name, resource.name, InMemory(sink.getvalue()), count, is_key_set=True)


def _chunks(
    database: sa.Connection, wire: DatabaseWire, query: sa.Select[Any]
) -> Iterator[Sequence[sa.Row[Any]]]:
    streamed = database.execution_options(stream_results=True, yield_per=wire.chunk_rows).execute(query)
    yield from streamed.partitions()


def _typed(rows: Sequence[sa.Row[Any]], columns: Sequence[Column], zone: ZoneInfo) -> pa.Table:
    cells = list(zip(*rows, strict=True))
    arrays, names = [], []
    repeated: list[list[str]] = [[] for _ in rows]
    for column, values in zip(columns, cells, strict=True):
        found: Sequence[Any] = values
        if column.type == LOCAL:
            found = [value.replace(tzinfo=zone) if isinstance(value, datetime) else value for value in values]
            for row, value in enumerate(found):
                if _is_repeated(value):
                    repeated[row].append(column.name)
        names.append(column.name)
        arrays.append(_array(found, column))
    if any(repeated):
        names.append(REPEATED_HOUR)
        arrays.append(pa.array([", ".join(marked) or None for marked in repeated], pa.string()))
    return pa.table(arrays, names=names)


def _is_repeated(value: Any) -> bool:
    return isinstance(value, datetime) and value.utcoffset() > value.replace(fold=1).utcoffset()  # type: ignore[operator]


def _array(values: Sequence[Any], column: Column) -> pa.Array:
    """Typed values; as text where one is none of the type (NaN, infinity, before year 1), to be rejected."""
    try:
        moments = [value.astimezone(UTC) if isinstance(value, datetime) else value for value in values]
        return pa.array(moments, column.arrow)
    except (ValueError, TypeError, OverflowError):
        return pa.array([None if value is None else str(value) for value in values], pa.string())


def _lenient(loader: type[Loader]) -> type[Loader]:
    """A psycopg loader that gives what Python has no value for as the server's text."""

    class Lenient(loader):  # type: ignore[misc, valid-type]
        def load(self, data: Any) -> Any:
            try:
                return super().load(data)
            except psycopg.DataError:
                return bytes(data).decode()

    return Lenient


def _take_any_day(connection: Any, _: Any) -> None:
    for kind, loader in (
        ("date", DateLoader), ("timestamp", TimestampLoader), ("timestamptz", TimestamptzLoader),
    ):  # fmt: skip
        connection.adapters.register_loader(kind, _lenient(loader))


def _payload(name: str, resource: ResourceSpec, table: pa.Table) -> Payload:
    sink = io.BytesIO()
    pq.write_table(table, sink, compression="zstd")
    return Payload(name=name, resource=resource.name, content=InMemory(sink.getvalue()), rows=table.num_rows)


def _latest(table: pa.Table, resource: ResourceSpec) -> str:
    """The latest change among the rows, as cursor text; empty when none says when it changed."""
    stamps = [name for name in (resource.updated_path, resource.entered_path) if name]
    # A column with a stamp that is no point in time is text: it says nothing about the latest.
    times = [table.column(name) for name in stamps if pa.types.is_timestamp(table.schema.field(name).type)]
    moments = [pa.compute.max(column).as_py() for column in times]
    known = [moment for moment in moments if moment is not None]
    return cursor_text(max(known)) if known else ""


def _reason(error: sa.exc.DBAPIError, url: sa.URL, wire: DatabaseWire) -> str:
    state = getattr(error.orig, "sqlstate", None)
    text = str(error.orig).strip().splitlines()[0] if str(error.orig).strip() else "no reason given"
    if state == "57014":
        return f"did not answer within {wire.timeout.total_seconds():g} seconds"
    if state == "42501":
        return f"does not let {url.username} read: {text}; grant what is named"
    if f'database "{url.database}" does not exist' in str(error.orig):
        return "does not exist; name an existing one in the connection's url"
    if any(word in str(error.orig) for word in _LOGIN):
        return f"refuses the login of {url.username}"
    if state is None and any(word in text for word in ("SSL", "certificate")):
        return f"is not verified: {text}; name its authority in ca_file, and its host as its certificate does"
    if isinstance(error, sa.exc.OperationalError) and state is None:
        return "cannot be reached: nothing answers at this address, or the connection was lost"
    return f"cannot be read: {text}"

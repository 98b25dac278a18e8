"""The serving copy on PostgreSQL: a release loaded beside the old one, then renamed into place at once.

Reads the DuckDB release that was just put in place, so both copies are the same refresh. The release before
stays until the next, for whoever is still reading it. Called by the serving asset when a URL is configured.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb
import psycopg
import sqlalchemy as sa
from psycopg import sql
from psycopg.conninfo import make_conninfo

from ingestion.transports.tls import Certificates
from publishing.serving import ServingError
from publishing.serving_types import Table, copy_batches, read_tables

_OWNED = "Published by Concord. Replaced at every refresh: keep nothing of your own here."
_BUILDING, _PREVIOUS, _RETIRED = "__building", "__previous", "__retired"
_LOCK = 6_021_476_211  # one publication at a time on a server; any constant does
_LOCK_WAIT = "300s"
_CONNECT_SECONDS = 10
_TRY_SECONDS = 0.4  # below PostgreSQL's deadlock check, so that never a reader is the one to fail
_PAUSE_SECONDS = 0.1


@dataclass(frozen=True, slots=True)
class PostgresReport:
    """What was published. `waited` is false when a reader kept the old release open beyond our patience.

    `kept` names schemas of older releases that could not be dropped because somebody still uses them.
    """

    tables: int
    row_count: int
    waited: bool
    kept: tuple[str, ...]


def publish_to_postgres(
    source: Path, url: str, *, reader: str | None = None, patience: float = 60.0
) -> PostgresReport:
    """Publishes the schemas of the DuckDB file `source`; grants `reader`, a role that exists, to read them.

    Raises ServingError with the old release still in place and nothing half-done left.
    """
    try:
        with (
            duckdb.connect(str(source), read_only=True) as release,
            psycopg.connect(
                make_conninfo(_plain(url), **Certificates().libpq(sa.make_url(_plain(url)))),
                autocommit=True,
                application_name="concord serving",
                connect_timeout=_CONNECT_SECONDS,
            ) as server,
            _alone(server),
        ):
            tables = read_tables(release)
            schemas = sorted({table.schema for table in tables})
            _refuse_strangers(server, schemas, reader)
            _sweep(server, schemas)
            try:
                _build(server, release, schemas, tables)
                _describe(server, schemas, tables, reader)
                _verify(server, tables)
                waited = _swap(server, schemas, patience)
            except BaseException:
                _drop_building(server, schemas)
                raise
            kept = _sweep(server, schemas)
    except psycopg.Error as error:
        raise ServingError(f"PostgreSQL: {error}".strip()) from error
    return PostgresReport(len(tables), sum(table.row_count for table in tables), waited, kept)


def _plain(url: str) -> str:
    """The URL as libpq reads it; SQLAlchemy's driver name may stand in it."""
    return re.sub(r"^postgres(ql)?(\+\w+)?://", "postgresql://", url)


@contextmanager
def _alone(server: psycopg.Connection) -> Iterator[None]:
    """Keeps other publishers out; the server frees the lock of a dead one, whose leftovers may then go."""
    server.execute("select set_config('lock_timeout', %s, false)", [_LOCK_WAIT])
    server.execute("select pg_advisory_lock(%s)", [_LOCK])
    try:
        yield
    finally:
        if not server.closed:
            server.execute("select pg_advisory_unlock(%s)", [_LOCK])


def _refuse_strangers(server: psycopg.Connection, schemas: Sequence[str], reader: str | None) -> None:
    """A schema of somebody else must not be renamed away, and a role is not ours to make."""
    found = server.execute(
        "select nspname, obj_description(oid, 'pg_namespace') from pg_namespace where nspname = any(%s)",
        [list(schemas)],
    ).fetchall()
    strange = sorted(name for name, comment in found if comment != _OWNED)
    if strange:
        raise ServingError(
            f"PostgreSQL: schema {', '.join(strange)} exists and was not published by Concord; "
            "publish to a database of its own, or move that schema away"
        )
    if reader and not server.execute("select 1 from pg_roles where rolname = %s", [reader]).fetchone():
        raise ServingError(f"PostgreSQL: there is no role {reader} (CONCORD_SERVING_READER); create it first")


def _sweep(server: psycopg.Connection, schemas: Sequence[str]) -> tuple[str, ...]:
    """Drops what older and killed publications left; what is in use stays, and is named, for a later run."""
    patterns = [f"^{re.escape(name)}({_BUILDING}|{_RETIRED}_[0-9]+)$" for name in schemas]
    leftovers = server.execute(
        "select nspname from pg_namespace where nspname ~ any(%s) order by 1", [patterns]
    ).fetchall()
    return tuple(name for (name,) in leftovers if not _drop(server, name))


def _drop(server: psycopg.Connection, schema: str) -> bool:
    """Without cascade beyond our tables: a view that somebody built on them is theirs to move."""
    tables = server.execute(
        "select tablename from pg_tables where schemaname = %s order by 1", [schema]
    ).fetchall()
    try:
        with server.transaction():
            server.execute("set local lock_timeout = '1s'")
            for (table,) in tables:
                server.execute(sql.SQL("drop table {}").format(sql.Identifier(schema, table)))
            server.execute(sql.SQL("drop schema {}").format(sql.Identifier(schema)))
    except (psycopg.errors.LockNotAvailable, psycopg.errors.DependentObjectsStillExist):
        return False
    return True


def _drop_building(server: psycopg.Connection, schemas: Sequence[str]) -> None:
    """After a failure; with the connection gone too, the next run sweeps."""
    try:
        for schema in schemas:
            _drop(server, schema + _BUILDING)
    except psycopg.Error:
        server.close()


def _build(
    server: psycopg.Connection,
    release: duckdb.DuckDBPyConnection,
    schemas: Sequence[str],
    tables: Sequence[Table],
) -> None:
    for schema in schemas:
        server.execute(sql.SQL("create schema {}").format(sql.Identifier(schema + _BUILDING)))
    for table in tables:
        target = _building(table)
        columns = [sql.SQL("{} {}").format(sql.Identifier(c.name), sql.SQL(c.type)) for c in table.columns]
        # Frozen rows are visible to every reader, also to one whose transaction began before this load.
        loading = sql.SQL("copy {} from stdin (format csv, freeze)").format(target)
        with server.transaction():
            server.execute(sql.SQL("create table {} ({})").format(target, sql.SQL(", ").join(columns)))
            with server.cursor() as cursor, cursor.copy(loading) as copy:
                for batch in copy_batches(release, table):
                    copy.write(batch)


def _describe(
    server: psycopg.Connection, schemas: Sequence[str], tables: Sequence[Table], reader: str | None
) -> None:
    """Comments for tools that show them, statistics for the planner, and the reader's rights."""
    with server.transaction():
        for table in tables:
            target = _building(table)
            if table.comment:
                text = sql.Literal(table.comment)
                server.execute(sql.SQL("comment on table {} is {}").format(target, text))
            for column in table.columns:
                if column.comment:
                    place = sql.Identifier(table.schema + _BUILDING, table.name, column.name)
                    text = sql.Literal(column.comment)
                    server.execute(sql.SQL("comment on column {} is {}").format(place, text))
        for schema in schemas:
            name, owned = sql.Identifier(schema + _BUILDING), sql.Literal(_OWNED)
            server.execute(sql.SQL("comment on schema {} is {}").format(name, owned))
            if reader:
                role = sql.Identifier(reader)
                server.execute(sql.SQL("grant usage on schema {} to {}").format(name, role))
                server.execute(sql.SQL("grant select on all tables in schema {} to {}").format(name, role))
    for table in tables:
        server.execute(sql.SQL("analyze {}").format(_building(table)))


def _verify(server: psycopg.Connection, tables: Sequence[Table]) -> None:
    for table in tables:
        row = server.execute(sql.SQL("select count(*) from {}").format(_building(table))).fetchone()
        count = row[0] if row else 0
        if count != table.row_count:
            raise ServingError(
                f"{table.schema}.{table.name}: {count} rows on PostgreSQL, {table.row_count} in the release"
            )


def _swap(server: psycopg.Connection, schemas: Sequence[str], patience: float) -> bool:
    """Turns all schemas in one transaction, at an instant when nobody is between two tables of a release.

    A reader who holds one open longer than `patience` is not waited for: it goes on in what it opened, and
    only its later statements see the new release. False in that case.
    """
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        try:
            _rename(server, schemas, lock=True)
        except (psycopg.errors.LockNotAvailable, psycopg.errors.DeadlockDetected):
            time.sleep(_PAUSE_SECONDS)
        else:
            return True
    _rename(server, schemas, lock=False)
    return False


def _rename(server: psycopg.Connection, schemas: Sequence[str], *, lock: bool) -> None:
    with server.transaction():
        server.execute(f"set local lock_timeout = '{int(_TRY_SECONDS * 1000)}ms'")
        present = {name for (name,) in server.execute("select nspname from pg_namespace").fetchall()}
        if lock:
            served = server.execute(
                "select schemaname, tablename from pg_tables where schemaname = any(%s) order by 1, 2",
                [list(schemas)],
            ).fetchall()
            if served:
                all_tables = sql.SQL(", ").join(sql.Identifier(*name) for name in served)
                server.execute(sql.SQL("lock table {} in access exclusive mode").format(all_tables))
        number = max((_number(name) for name in present), default=0) + 1
        for schema in schemas:
            for old, new in (
                (schema + _PREVIOUS, f"{schema}{_RETIRED}_{number}"),
                (schema, schema + _PREVIOUS),
                (schema + _BUILDING, schema),
            ):
                if old in present or old == schema + _BUILDING:
                    names = (sql.Identifier(old), sql.Identifier(new))
                    server.execute(sql.SQL("alter schema {} rename to {}").format(*names))


def _number(schema: str) -> int:
    found = re.search(rf"{_RETIRED}_([0-9]+)$", schema)
    return int(found[1]) if found else 0


def _building(table: Table) -> sql.Identifier:
    return sql.Identifier(table.schema + _BUILDING, table.name)

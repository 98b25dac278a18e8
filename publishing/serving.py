"""The serving copy: the public schemas of the warehouse for everyone else, as DuckDB and as Parquet.

A release is built beside the old one, counted against its source and only then put in place by renaming one
link, so that a reader sees a whole refresh or the one before, and never blocks a run. Called after the gates.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

SCHEMAS = ("conformed", "controls", "marts")
DATABASE = "concord.duckdb"
PARQUET = "parquet"
PUBLICATION = ("marts", "publication")
STORAGE_VERSION = "v1.5.0"  # a newer one would lock out readers of the pinned DuckDB
_PRIVATE = "int_"
_CURRENT = "current"
_BUILDING = ".building-"


class ServingError(RuntimeError):
    """The copy does not equal its source; the serving copy in place was left alone."""


@dataclass(frozen=True, slots=True)
class PublishedTable:
    schema: str
    name: str
    row_count: int


@dataclass(frozen=True, slots=True)
class ServingReport:
    """What was published: `database` and `parquet` are the paths that readers use."""

    release: str
    database: Path
    parquet: Path
    tables: tuple[PublishedTable, ...]

    @property
    def row_count(self) -> int:
        return sum(table.row_count for table in self.tables)


def publish(
    warehouse_path: Path,
    serving_dir: Path,
    *,
    run_id: str,
    as_of: date,
    known_at: datetime,
    schemas: Sequence[str] = SCHEMAS,
    keep: int = 3,
) -> ServingReport:
    """Builds, verifies and puts in place a new release; keeps the last `keep`.

    Raises ServingError, or whatever DuckDB raised, with the old release still in place. Nothing else may
    have the warehouse open for writing.
    """
    releases = serving_dir / "releases"
    releases.mkdir(parents=True, exist_ok=True)
    for leftover in releases.glob(f"{_BUILDING}*"):
        shutil.rmtree(leftover)
    release = f"{_last_number(releases) + 1:06d}-{run_id}"
    building = releases / f"{_BUILDING}{release}"
    building.mkdir()
    tables = _build(
        warehouse_path, building, schemas, {"run_id": run_id, "as_of": as_of, "known_at": known_at}
    )
    _verify(building, tables)
    _make_durable(building)
    building.rename(releases / release)
    _swap(serving_dir, release)
    for old in sorted(path for path in releases.iterdir() if path.name <= release)[:-keep]:
        shutil.rmtree(old)
    return ServingReport(release, serving_dir / DATABASE, serving_dir / PARQUET, tables)


def in_place(serving_dir: Path) -> Path:
    """The folder of the release in place now, for several queries that must all see the same one."""
    return (serving_dir / DATABASE).resolve(strict=True).parent


def read(serving_dir: Path, sql: str, parameters: Sequence[Any] = ()) -> pa.Table:
    """Runs one read-only query on the release in place now."""
    # By its own path: DuckDB shares one open database per path, and a link would give the one before.
    database = (serving_dir / DATABASE).resolve(strict=True)
    with duckdb.connect(str(database), read_only=True) as connection:
        return connection.execute(sql, list(parameters)).to_arrow_table()


def _last_number(releases: Path) -> int:
    numbers = [path.name.split("-", 1)[0] for path in releases.iterdir()]
    return max((int(number) for number in numbers if number.isdigit()), default=0)


def _quoted(*names: str) -> str:
    return ".".join('"' + name.replace('"', '""') + '"' for name in names)


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _build(
    warehouse_path: Path, building: Path, schemas: Sequence[str], run: Mapping[str, Any]
) -> tuple[PublishedTable, ...]:
    source, copy = warehouse_path.stem, "serving_copy"
    with duckdb.connect() as connection:
        # Views name their catalog, so the warehouse keeps the name it was built under.
        connection.execute(
            f"attach {_literal(str(warehouse_path))} as {_quoted(source)} (read_only);"
            f"attach {_literal(str(building / DATABASE))} as {copy} (storage_version '{STORAGE_VERSION}')"
        )
        names = _public_tables(connection, source, schemas)
        for schema in dict.fromkeys([*schemas, PUBLICATION[0]]):
            connection.execute(f"create schema if not exists {_quoted(copy, schema)}")
        tables = tuple(
            PublishedTable(schema, name, _copy(connection, source, copy, schema, name))
            for schema, name in names
        )
        _write_publication(connection, copy, tables, run)
        _copy_comments(connection, source, copy, names)
        for schema, name in [*names, PUBLICATION]:
            folder = building / PARQUET / schema
            folder.mkdir(parents=True, exist_ok=True)
            connection.execute(
                f"copy {_quoted(copy, schema, name)} to {_literal(str(folder / f'{name}.parquet'))}"
                " (format parquet, compression zstd)"
            )
        connection.execute(f"checkpoint {copy}; detach {copy}")
    return tables


def _public_tables(
    connection: duckdb.DuckDBPyConnection, source: str, schemas: Sequence[str]
) -> list[tuple[str, str]]:
    found = connection.execute(
        "select schema_name, table_name from duckdb_tables() where database_name = $1"
        " union all"
        " select schema_name, view_name from duckdb_views() where database_name = $1 and not internal"
        " order by all",
        [source],
    ).fetchall()
    return [
        (schema, name)
        for schema, name in found
        if schema in schemas and not name.startswith(_PRIVATE) and (schema, name) != PUBLICATION
    ]


def _copy(connection: duckdb.DuckDBPyConnection, source: str, copy: str, schema: str, name: str) -> int:
    """Copies one table or view and returns the rows its source has, counted apart from the copy."""
    original = _quoted(source, schema, name)
    connection.execute(f"create table {_quoted(copy, schema, name)} as select * from {original}")
    [(count,)] = connection.execute(f"select count(*) from {original}").fetchall()
    return int(count)


def _write_publication(
    connection: duckdb.DuckDBPyConnection,
    copy: str,
    tables: Sequence[PublishedTable],
    run: Mapping[str, Any],
) -> None:
    target = _quoted(copy, *PUBLICATION)
    connection.execute(
        f"create table {target} (schema_name varchar, table_name varchar, row_count bigint, run_id varchar,"
        " as_of date, known_at timestamp)"
    )
    if tables:
        connection.executemany(
            f"insert into {target} values (?, ?, ?, ?, ?, ?)",
            [[t.schema, t.name, t.row_count, run["run_id"], run["as_of"], run["known_at"]] for t in tables],
        )
    connection.execute(f"comment on table {target} is 'One row per published table: its rows and its run.'")


def _copy_comments(
    connection: duckdb.DuckDBPyConnection, source: str, copy: str, names: Sequence[tuple[str, str]]
) -> None:
    """Brings the descriptions of tables and columns along, for tools that show them."""
    public = set(names)
    for schema, name, comment in connection.execute(
        "select schema_name, table_name, comment from duckdb_tables() where database_name = $1"
        " union all"
        " select schema_name, view_name, comment from duckdb_views() where database_name = $1",
        [source],
    ).fetchall():
        if comment and (schema, name) in public:
            connection.execute(f"comment on table {_quoted(copy, schema, name)} is {_literal(comment)}")
    for schema, name, column, comment in connection.execute(
        "select schema_name, table_name, column_name, comment from duckdb_columns()"
        " where database_name = $1 and comment is not null",
        [source],
    ).fetchall():
        if (schema, name) in public:
            path = _quoted(copy, schema, name, column)
            connection.execute(f"comment on column {path} is {_literal(comment)}")


def _verify(building: Path, tables: Sequence[PublishedTable]) -> None:
    """Opens the files as a reader would and counts every table in both forms."""
    with duckdb.connect(str(building / DATABASE), read_only=True) as connection:
        for table in tables:
            file = building / PARQUET / table.schema / f"{table.name}.parquet"
            for form in (_quoted(table.schema, table.name), f"read_parquet({_literal(str(file))})"):
                [(count,)] = connection.execute(f"select count(*) from {form}").fetchall()
                if count != table.row_count:
                    expected = f"{table.row_count} in the warehouse"
                    raise ServingError(f"{table.schema}.{table.name}: {count} rows in {form}, {expected}")


def _make_durable(building: Path) -> None:
    """Forces files and folders to disk: a renamed link must never lead to an empty file."""
    for path in [*building.rglob("*"), building]:
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _swap(serving_dir: Path, release: str) -> None:
    """Points `current` to the release; database and parquet are reached through it, so both turn at once."""
    _point(serving_dir / _CURRENT, Path("releases") / release)
    for name in (DATABASE, PARQUET):
        if not (serving_dir / name).is_symlink():
            _point(serving_dir / name, Path(_CURRENT) / name)


def _point(link: Path, to: Path) -> None:
    fresh = link.with_name(f".{link.name}.new")
    fresh.unlink(missing_ok=True)
    fresh.symlink_to(to)
    fresh.replace(link)

"""How a table of the serving copy looks on PostgreSQL: exact types, and its rows as COPY text.

A type without an exact counterpart is refused by name; nothing becomes a float on the way.
"""

from __future__ import annotations

import io
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

import duckdb
import pyarrow.csv

from publishing.serving import ServingError

_BATCH_ROWS = 100_000
_EXACT = {
    "VARCHAR": "text",
    "BOOLEAN": "boolean",
    "TINYINT": "smallint",
    "SMALLINT": "smallint",
    "INTEGER": "integer",
    "BIGINT": "bigint",
    "UTINYINT": "smallint",
    "USMALLINT": "integer",
    "UINTEGER": "bigint",
    "UBIGINT": "numeric(20,0)",
    "HUGEINT": "numeric(38,0)",
    "DATE": "date",
    "TIME": "time",
    "TIMESTAMP": "timestamp",
    "TIMESTAMP_S": "timestamp",
    "TIMESTAMP_MS": "timestamp",
    "TIMESTAMP WITH TIME ZONE": "timestamp with time zone",
    "UUID": "uuid",
    "JSON": "json",
    "INTERVAL": "interval",
}
_AS_TEXT = frozenset({"HUGEINT", "UBIGINT", "UUID", "INTERVAL", "TIME", "TIMESTAMP WITH TIME ZONE"})


@dataclass(frozen=True, slots=True)
class Column:
    """`type` is PostgreSQL's, `expression` what DuckDB selects to write it exactly."""

    name: str
    type: str
    expression: str
    comment: str | None


@dataclass(frozen=True, slots=True)
class Table:
    schema: str
    name: str
    columns: tuple[Column, ...]
    row_count: int
    comment: str | None


def read_tables(release: duckdb.DuckDBPyConnection) -> tuple[Table, ...]:
    """All tables of the release with their shape and rows; raises ServingError for a type that cannot go."""
    columns: dict[tuple[str, str], list[Column]] = defaultdict(list)
    for schema, table, name, kind, comment in release.execute(
        "select schema_name, table_name, column_name, data_type, comment from duckdb_columns()"
        " where database_name = current_database() and not internal"
        " order by schema_name, table_name, column_index"
    ).fetchall():
        columns[schema, table].append(_column(f"{schema}.{table}", name, kind, comment))
    comments = {
        (schema, table): comment
        for schema, table, comment in release.execute(
            "select schema_name, table_name, comment from duckdb_tables()"
            " where database_name = current_database() and not internal"
        ).fetchall()
    }
    found = []
    for schema, name in comments:
        [(count,)] = release.execute(f"select count(*) from {_quoted(schema)}.{_quoted(name)}").fetchall()
        found.append(Table(schema, name, tuple(columns[schema, name]), count, comments[schema, name]))
    return tuple(found)


def copy_batches(release: duckdb.DuckDBPyConnection, table: Table) -> Iterator[bytes]:
    """The rows as CSV without a header: text quoted, null empty and bare, numbers written in full."""
    chosen = ", ".join(f"{column.expression} as {_quoted(column.name)}" for column in table.columns)
    query = f"select {chosen} from {_quoted(table.schema)}.{_quoted(table.name)}"
    options = pyarrow.csv.WriteOptions(include_header=False)
    for batch in release.execute(query).to_arrow_reader(_BATCH_ROWS):
        sink = io.BytesIO()
        pyarrow.csv.write_csv(batch, sink, options)
        yield sink.getvalue()


def _column(table: str, name: str, kind: str, comment: str | None) -> Column:
    quoted = _quoted(name)
    decimal = re.fullmatch(r"DECIMAL\((\d+),(\d+)\)", kind)
    if decimal:
        return Column(name, f"numeric({decimal[1]},{decimal[2]})", quoted, comment)
    is_nested = kind.endswith("[]") or kind.startswith(("STRUCT", "MAP"))
    if is_nested and not re.search(r"FLOAT|DOUBLE", kind):
        return Column(name, "json", f"cast(to_json({quoted}) as varchar)", comment)
    if kind.startswith("ENUM"):
        return Column(name, "text", f"cast({quoted} as varchar)", comment)
    exact = _EXACT.get(kind)
    if exact is None:
        raise ServingError(f"{table}.{name} is {kind}, which has no exact type on PostgreSQL")
    return Column(name, exact, f"cast({quoted} as varchar)" if kind in _AS_TEXT else quoted, comment)


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'

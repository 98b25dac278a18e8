"""Optional fields that a source filled and no longer fills: harmless drift, loaded as it came and told.

One empty cell means nothing, and new documents lack what old ones have. A field counts as gone when the
newest load fills it nowhere and either documents that had a value lost it, or every earlier load had some.
Judged on raw, so that it holds for every wire, whether a field is left out or sent empty.
"""

from collections.abc import Iterable, Sequence
from pathlib import Path

import duckdb

from ingestion.contracts.drift import JUDGED_FROM, Drift, type_words
from ingestion.raw.opening import opened
from ingestion.reports import TableLoad
from ingestion.spec import ColumnSpec, SystemSpec, TableSpec

# So many earlier loads that all filled a field make its absence no accident.
EARLIER_LOADS = 3
REMEDY = "the rows are loaded without it; ask the source, or map the field that replaced it"


def vanished(path: Path, spec: SystemSpec, instance: str, loads: Iterable[TableLoad]) -> list[Drift]:
    """What the newest of these loads no longer fills, by table."""
    newest = {load.table: load for load in loads if load.new_version_rows >= JUDGED_FROM}
    if not newest:
        return []
    with opened(path, read_only=True) as connection:
        return [
            drift
            for table in spec.tables
            if table.name in newest
            for drift in _of_table(connection, spec.dataset, table, instance, newest[table.name].batch_id)
        ]


def _of_table(
    connection: duckdb.DuckDBPyConnection, dataset: str, table: TableSpec, instance: str, batch_id: str
) -> list[Drift]:
    place = f"{dataset}.{table.name}"
    optional = [column for column in table.columns if not column.required and not column.constant]
    rows, *filled = _one(
        connection,
        f"select count(*), {_counts(optional, '')} from {place} where _source_instance = ? and _batch_id = ?"
        " and not _is_deleted",
        [instance, batch_id],
    )
    empty = [column for column, count in zip(optional, filled, strict=True) if not count]
    if rows < JUDGED_FROM or not empty:
        return []
    lost = _one(
        connection,
        f"select {_counts(empty, 'old.')} from {place} as new inner join {place} as old"
        " on new._source_instance = old._source_instance and new._row_key = old._row_key"
        " and new._version = old._version + 1"
        " where new._source_instance = ? and new._batch_id = ? and not new._is_deleted",
        [instance, batch_id],
    )
    flags = ", ".join(f"count(*) filter (where {_cell(column)} > 0)" for column in empty)
    loads, *filling = _one(
        connection,
        f"select count(*), {flags} from (select {_named_counts(empty)} from {place}"
        " where _source_instance = ? and _batch_id <> ? and not _is_deleted"
        " group by _batch_id having count(*) >= ?)",
        [instance, batch_id, JUDGED_FROM],
    )
    return [
        _drift(table, column, rows, before)
        for column, before, count in zip(empty, lost, filling, strict=True)
        if before >= JUDGED_FROM or (loads >= EARLIER_LOADS and count == loads)
    ]


def _drift(table: TableSpec, column: ColumnSpec, rows: int, lost: int) -> Drift:
    came = f"nothing in all {rows:,} rows" + (f", {lost:,} of which had a value before" if lost else "")
    expected = f"{type_words(column)} as before"
    return Drift(table.name, column.path, "no longer filled", expected, came, REMEDY, rows)


def _cell(column: ColumnSpec) -> str:
    return f'"{column.stored[0][0]}"'


def _counts(columns: Sequence[ColumnSpec], prefix: str) -> str:
    return ", ".join(f"count({prefix}{_cell(column)})" for column in columns)


def _named_counts(columns: Sequence[ColumnSpec]) -> str:
    return ", ".join(f"count({_cell(column)}) as {_cell(column)}" for column in columns)


def _one(connection: duckdb.DuckDBPyConnection, sql: str, parameters: Sequence[object]) -> tuple[int, ...]:
    [row] = connection.execute(sql, list(parameters)).fetchall()
    return tuple(row)

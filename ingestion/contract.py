"""The contract check: text columns in, typed rows and rejected rows out, one vectorized SQL per table.

A cell that does not fit its column (text in an amount, more decimals than the column holds, a value outside
the enumeration) rejects its row with the column and the reason; every other row flows. Nothing is rounded.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa

from ingestion.contract_sql import KEY, PROBLEM, ROW, checked_sql, counts_sql, problems_of
from ingestion.raw_rows import RawRows
from ingestion.rejects import (
    DISCARDED,
    Place,
    RejectedRow,
    none_of,
    positions,
    rejected_row,
    rows_at,
    unreadable_rows,
)
from ingestion.spec import TableSpec
from ingestion.tokens import Tokenizer

PIECE = 10_000


@dataclass(frozen=True)
class ColumnCount:
    """How the cells of one column fit over all rows: `misfit` are not of its type, `nested` are objects."""

    rows: int
    filled: int
    misfit: int
    nested: int
    sample: str | None


@dataclass(frozen=True)
class CheckedRows:
    """Typed rows that keep the contract, the rejected others; together they are what landed.

    `counts` is filled where half of the rows or more broke the contract: what they have in common is drift.
    """

    table: pa.Table
    rejected: tuple[RejectedRow, ...]
    landed_rows: int
    counts: Mapping[str, ColumnCount] = field(default_factory=dict)


def check_rows(raw: RawRows, tokenizer: Tokenizer, discarded: Collection[Place] = frozenset()) -> CheckedRows:
    """Types all rows of one table and computes `_row_key` and `_record_hash`.

    A row at a place that a steward discarded is rejected, whatever the contract says of it now.
    """
    spec = raw.spec
    misshapen = {item.row: item for item in raw.unreadable if item.row is not None}
    source = raw.table if raw.is_tokenized else with_tokens(raw.table, spec, tokenizer)
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        connection.execute("SET threads = 2")
        connection.register("source", _in_pieces(source))
        connection.register("misshapen", pa.table({"row_number": pa.array(sorted(misshapen), pa.int64())}))
        checked = connection.execute(checked_sql(spec)).to_arrow_table()
        counts: Mapping[str, ColumnCount] = {}
        if 0 < checked.num_rows <= 2 * (checked.num_rows - checked.column(PROBLEM).null_count):
            found = connection.execute(counts_sql(spec)).fetchall()[0]
            counts = _column_counts(raw, found)
    numbers = checked.column(ROW).to_numpy()
    if (numbers[1:] < numbers[:-1]).any():
        checked = checked.sort_by(ROW)
    is_good = checked.column(PROBLEM).is_null()
    if unwanted := rows_at(raw, discarded):
        is_good = pa.compute.and_(is_good, none_of(checked.column(ROW), unwanted))
    bad = checked.filter(pa.compute.invert(is_good))
    good = (checked.filter(is_good) if bad.num_rows else checked).drop_columns([ROW, PROBLEM, KEY])
    problems = problems_of(spec)
    bad_rows = bad.select([ROW, PROBLEM, KEY]).to_pylist()
    position = positions(raw, [row[ROW] for row in bad_rows])
    rejected = [
        rejected_row(
            *(raw, row[ROW], place, row[KEY], misshapen.get(row[ROW])),
            DISCARDED if row[PROBLEM] is None else problems[row[PROBLEM]],
        )
        for row, place in zip(bad_rows, position, strict=True)
    ]
    rejected += unreadable_rows(raw)
    return CheckedRows(good, tuple(rejected), raw.landed_rows, counts)


def _column_counts(raw: RawRows, found: Sequence[Any]) -> dict[str, ColumnCount]:
    nested = Counter(item.column for item in raw.unreadable if item.row is not None)
    return {
        column.name: ColumnCount(
            rows=found[0],
            filled=found[1 + 3 * at],
            misfit=found[2 + 3 * at],
            nested=nested[column.name],
            sample=None if column.sensitive else found[3 + 3 * at],
        )
        for at, column in enumerate(raw.spec.columns)
    }


def _in_pieces(table: pa.Table) -> pa.Table:
    """Numbered rows in pieces: DuckDB reads one piece with one thread."""
    numbered = table.append_column("row_number", pa.array(np.arange(table.num_rows)))
    return pa.Table.from_batches(numbered.to_batches(max_chunksize=PIECE), schema=numbered.schema)


def with_tokens(table: pa.Table, spec: TableSpec, tokenizer: Tokenizer) -> pa.Table:
    """The same text columns with every sensitive value replaced by what may be kept of it."""
    for column in spec.columns:
        if column.sensitive is None:
            continue
        at = table.column_names.index(column.name)
        values = table.column(at).to_pylist()
        tokens = tokenizer.tokenize_all(column.sensitive, values)
        found = [tokens[value] for value in values]
        parts: Mapping[str, Sequence[Any]] = {
            column.name: [token.token for token in found],
            f"{column.name}_last4": [token.last4 for token in found],
            f"{column.name}_verdict": [token.verdict for token in found],
            f"{column.name}_near": [token.near for token in found],
        }
        table = table.remove_column(at)
        for name, _ in column.stored:
            table = table.append_column(name, pa.array(parts[name], pa.string()))
    return table

"""The contract check: text columns in, typed rows and rejected rows out, one vectorized SQL per portion.

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

from ingestion.contracts.cell_shape import Shape, shape_of
from ingestion.contracts.contract_sql import (
    KEY,
    PROBLEM,
    ROW,
    checked_sql,
    counts_sql,
    problems_of,
    unchanged,
)
from ingestion.contracts.rejects import (
    DISCARDED,
    Place,
    RejectedRow,
    none_of,
    positions,
    rejected_row,
    rows_at,
    unreadable_rows,
)
from ingestion.formats.raw_rows import RawRows
from ingestion.formats.sheets import FAILED
from ingestion.raw.arrow_types import arrow_schema
from ingestion.spec import TableSpec
from ingestion.tokens import Tokenizer

PIECE = 10_000
# What the check makes of a row beside its stored columns, and where the row stood.
MADE = ("_row_key", "_source_version", "_source_updated_at", "_is_deleted", "_record_hash")
PLACE = ("_file_name", "_line_number", "_extension")
# How many equal rows the earlier portions of a file had, by key and hash.
EQUAL_ROWS = """
    create temp table equal_rows (
        _file_name varchar, row_key varchar, record_hash bigint, is_good boolean, times bigint
    )
"""
REMEMBER_EQUAL_ROWS = f"""
    insert into equal_rows
    select _file_name, {KEY}, _record_hash, {PROBLEM} is null, count(*) from checked group by all
"""


@dataclass(frozen=True)
class ColumnCount:
    """How the cells of one column fit over all rows: `misfit` are not of its type, `nested` are objects."""

    rows: int
    filled: int
    misfit: int = 0
    nested: int = 0
    sample: str | None = None

    def __add__(self, other: "ColumnCount") -> "ColumnCount":
        samples = [text for text in (self.sample, other.sample) if text is not None]
        return ColumnCount(
            self.rows + other.rows,
            self.filled + other.filled,
            self.misfit + other.misfit,
            self.nested + other.nested,
            min(samples, default=None),
        )


@dataclass(frozen=True)
class CheckedRows:
    """Typed rows that keep the contract, the rejected others; together they are what landed.

    `broken` rows are those that the contract rejects; the others of `rejected` were discarded by a person.
    """

    table: pa.Table
    rejected: tuple[RejectedRow, ...]
    landed_rows: int
    broken: int = 0
    counts: Mapping[str, ColumnCount] = field(default_factory=dict)


class Checker:
    """Types the rows of one table, portion by portion, and computes `_row_key` and `_record_hash`.

    A row at a place that a steward discarded is rejected, whatever the contract says of it now.
    """

    def __init__(
        self,
        spec: TableSpec,
        tokenizer: Tokenizer,
        discarded: Collection[Place],
        connection: duckdb.DuckDBPyConnection,
    ) -> None:
        self._spec, self._tokenizer, self._discarded = spec, tokenizer, discarded
        self._problems = problems_of(spec)
        self._connection = connection
        self._connection.execute("SET TimeZone = 'UTC'")
        if spec.count_equal_rows:
            self._connection.execute(EQUAL_ROWS)

    def check(self, raw: RawRows) -> CheckedRows:
        misshapen = {item.row: item for item in raw.unreadable if item.row is not None}
        source = raw.table if raw.is_tokenized else with_tokens(raw.table, self._spec, self._tokenizer)
        self._connection.register("source", _in_pieces(source))
        self._connection.register(
            "misshapen", pa.table({"row_number": pa.array(sorted(misshapen), pa.int64())})
        )
        shape = shape_of(source)
        query = checked_sql(self._spec, shape, has_misshapen=bool(misshapen))
        checked = self._connection.execute(query).to_arrow_table()
        numbers = checked.column(ROW).to_numpy()
        if (numbers[1:] < numbers[:-1]).any():
            checked = checked.sort_by(ROW)
        checked = completed(checked, source, self._spec, shape)
        if self._spec.count_equal_rows:
            self._connection.register("checked", checked)
            self._connection.execute(REMEMBER_EQUAL_ROWS)
        fits = checked.column(PROBLEM).is_null()
        is_good = fits
        if unwanted := rows_at(raw, self._discarded):
            is_good = pa.compute.and_(fits, none_of(checked.column(ROW), unwanted))
        bad = checked.filter(pa.compute.invert(is_good))
        good = checked.filter(is_good) if bad.num_rows else checked
        bad_rows = bad.select([ROW, PROBLEM, KEY]).to_pylist()
        position = positions(raw, [row[ROW] for row in bad_rows])
        rejected = [
            rejected_row(
                *(raw, row[ROW], place, row[KEY], misshapen.get(row[ROW])),
                DISCARDED if row[PROBLEM] is None else self._problems[row[PROBLEM]],
            )
            for row, place in zip(bad_rows, position, strict=True)
        ]
        rejected += unreadable_rows(raw)
        broken = checked.num_rows - (pa.compute.sum(fits).as_py() or 0)
        counts = self._counts(raw, good, bad)
        kept = good.drop_columns([ROW, PROBLEM, KEY])
        return CheckedRows(kept, tuple(rejected), raw.landed_rows, broken, counts)

    def _counts(self, raw: RawRows, good: pa.Table, bad: pa.Table) -> Mapping[str, ColumnCount]:
        """Of a good row every filled cell fits, so that only the bad ones are looked at again."""
        columns = self._spec.columns
        counts = {
            column.name: ColumnCount(good.num_rows, good.num_rows - good.column(column.name).null_count)
            for column in columns
        }
        if not bad.num_rows:
            return counts
        self._connection.register("bad", bad.select([ROW]))
        found = self._connection.execute(counts_sql(self._spec)).fetchall()[0]
        shapes = [item for item in raw.unreadable if item.row is not None and item.reason != FAILED]
        nested = Counter(item.column for item in shapes)
        for at, column in enumerate(columns):
            filled, misfit, sample = found[1 + 3 * at : 4 + 3 * at]
            counts[column.name] += ColumnCount(
                found[0], filled, misfit, nested[column.name], None if column.sensitive else sample
            )
        return counts


def check_rows(raw: RawRows, tokenizer: Tokenizer, discarded: Collection[Place] = frozenset()) -> CheckedRows:
    """All rows of one table at once."""
    with duckdb.connect() as connection:
        connection.execute("SET threads = 2")
        return Checker(raw.spec, tokenizer, discarded, connection).check(raw)


def completed(checked: pa.Table, source: pa.Table, spec: TableSpec, shape: Shape) -> pa.Table:
    """All columns of checked rows in their order; what the check left as it came is taken from `source`."""
    kinds = arrow_schema(spec.stored)
    empty = {name: kinds.field(name).type for name in kinds.names if name in shape.empty}
    as_it_came = {*unchanged(spec, shape), *PLACE}

    def column(name: str) -> pa.Array | pa.ChunkedArray:
        if name in empty:
            return pa.nulls(checked.num_rows, empty[name])
        return (source if name in as_it_came else checked).column(name)

    columns = {name: column(name) for name in (*kinds.names, *MADE, *PLACE, ROW, PROBLEM)}
    return pa.table({**columns, KEY: column(KEY if spec.count_equal_rows else "_row_key")})


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

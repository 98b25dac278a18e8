"""Rows kept out of raw: where each stood, what was wrong, what it said (sensitive values masked).

The contract check makes them. Which of them a person settled, and what becomes of them, is `quarantine.py`.
"""

import hashlib
import json
import re
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ingestion.formats.raw_rows import RawRows, Unreadable, meta_names
from ingestion.spec import TableSpec

DISCARDED = ("", "was discarded by a steward", "")


class Place(NamedTuple):
    """Where a row stands in its batch. `position` tells the rows that one record was split into, from 1."""

    table_name: str
    file_name: str
    line_number: int
    position: int = 1


@dataclass(frozen=True)
class RejectedRow:
    """A row kept out of raw: where it stood, what was wrong and what it said (sensitive values masked).

    `changed_at` is the source's time of change as it was sent, empty when the source gives none.
    """

    table_name: str
    row_key: str | None
    column_name: str
    reason: str
    payload: str
    file_name: str
    line_number: int
    changed_at: str = ""
    position: int = 1

    @property
    def record_hash(self) -> str:
        """The same for the same row sent again, whatever file brought it."""
        return hashlib.sha256(f"{self.table_name}|{self.payload}".encode()).hexdigest()

    @property
    def place(self) -> Place:
        return Place(self.table_name, self.file_name, self.line_number, self.position)


def rejected_row(
    raw: RawRows,
    row: int,
    position: int,
    key: str | None,
    misshapen: Unreadable | None,
    problem: tuple[str, str, str],
) -> RejectedRow:
    """The row at an index of `raw`, rejected for `problem` (column, reason, condition) or a cell's shape."""
    spec = raw.spec
    cells = raw.table.slice(row, 1).to_pylist()[0]
    masked = {column.name for column in spec.columns if column.sensitive}
    for name in masked:
        cells[name] = cells[f"{name}_masked"] if raw.is_tokenized else masked_text(cells[name])
    payload = {column.path: cells[column.name] for column in spec.columns if cells[column.name] is not None}
    column_name, reason = problem[0], problem[1]
    meta = next((meta for meta, name in meta_names(spec).items() if name == column_name), None)
    if meta:
        payload.setdefault(column_name, cells[meta])
    if misshapen is not None:
        column_name, reason = misshapen.column, misshapen.reason
        payload[column_name] = "***" if column_name in masked else misshapen.payload
    shown = "" if column_name in masked else repr(payload.get(_path(spec, column_name), ""))
    told = f"{column_name}: {shown} {reason}" if shown not in ("", "''") else f"{column_name} {reason}"
    return RejectedRow(
        table_name=spec.name,
        row_key=key,
        column_name=column_name,
        reason=told.strip(),
        payload=json.dumps(payload, sort_keys=True, ensure_ascii=False),
        file_name=cells["_file_name"],
        line_number=cells["_line_number"],
        changed_at=cells["_source_updated_at"] or "",
        position=position,
    )


def unreadable_rows(raw: RawRows) -> list[RejectedRow]:
    """What could not even become a row, placed after the rows of the same record."""
    items = [item for item in raw.unreadable if item.row is None]
    is_private = any(column.sensitive for column in raw.spec.columns)
    found: list[RejectedRow] = []
    if not items:
        return found
    lines = sorted({item.line_number for item in items})
    is_near = pc.is_in(raw.table.column("_line_number"), value_set=pa.array(lines, pa.int64()))
    near = raw.table.select(["_file_name", "_line_number"]).filter(is_near)
    earlier = Counter(zip(*(column.to_pylist() for column in near.columns), strict=True))
    for item in items:
        at = (item.file_name, item.line_number)
        earlier[at] += 1
        found.append(
            RejectedRow(
                table_name=raw.spec.name,
                row_key=None,
                column_name=item.column,
                reason=item.reason,
                payload=scrubbed(item.payload) if is_private else item.payload,
                file_name=item.file_name,
                line_number=item.line_number,
                position=earlier[at],
            )
        )
    return found


def rows_at(raw: RawRows, places: Collection[Place]) -> list[int]:
    """The indexes of the rows that stand at some places."""
    found = []
    for place in places:
        if place.table_name == raw.spec.name:
            found += _rows_at(raw, place.file_name, place.line_number)[place.position - 1 : place.position]
    return found


def _rows_at(raw: RawRows, file_name: str, line_number: int) -> list[int]:
    is_there = pc.and_(
        pc.equal(raw.table.column("_file_name"), file_name),
        pc.equal(raw.table.column("_line_number"), line_number),
    )
    found: list[int] = pc.indices_nonzero(is_there).to_pylist()
    return found


def positions(raw: RawRows, wanted: Sequence[int]) -> list[int]:
    """Which row of its record each wanted row is, from 1; the rows of one record follow each other."""
    if not wanted:
        return []
    rows = np.arange(raw.table.num_rows)
    is_first = np.ones(raw.table.num_rows, bool)
    places = [raw.table.column(name).combine_chunks() for name in ("_file_name", "_line_number")]
    is_same = pc.and_(*(pc.equal(place[1:], place[:-1]) for place in places))
    is_first[1:] = ~is_same.to_numpy(zero_copy_only=False)
    first = np.maximum.accumulate(np.where(is_first, rows, 0))
    return [1 + row - int(first[row]) for row in wanted]


def _path(spec: TableSpec, name: str) -> str:
    return next((column.path for column in spec.columns if column.name == name), name)


def masked_text(value: str | None) -> str | None:
    """What people see of a sensitive value."""
    if value is None:
        return None
    return f"***{value[-4:]}" if len(value) > 4 else "***"


def scrubbed(payload: str) -> str:
    """A payload that could not be read, where nobody knows which of its cells is the tax id."""
    return re.sub("[0-9]", "#", payload)


def none_of(numbers: pa.ChunkedArray, rows: Collection[int]) -> pa.ChunkedArray:
    """True where a number is not among `rows`."""
    return pc.invert(pc.is_in(numbers, value_set=pa.array(sorted(rows), pa.int64())))

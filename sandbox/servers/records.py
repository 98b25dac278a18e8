"""Records of a world as pages of JSON: parquet parts in, nested dicts out, only the page that is asked for.

Column names are paths on the wire, so this module knows no field of any system. Decimals become strings,
times ISO 8601 with Z, or the old OData form where a server says so.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

Record = dict[str, Any]


def _texts(column: pa.ChunkedArray, odata_dates: bool) -> list[Any]:
    kind = column.type
    if pa.types.is_decimal(kind):
        return list(column.cast(pa.string()).to_pylist())
    if pa.types.is_timestamp(kind) or pa.types.is_date(kind):
        if odata_dates:
            millis = column.cast(pa.timestamp("ms")).cast(pa.int64()).to_pylist()
            return [None if value is None else f"/Date({value})/" for value in millis]
        if pa.types.is_date(kind):
            return list(column.cast(pa.string()).to_pylist())
        return list(pc.strftime(column.cast(pa.timestamp("s")), format="%Y-%m-%dT%H:%M:%SZ").to_pylist())
    return list(column.to_pylist())


def _nested(table: pa.Table, odata_dates: bool) -> list[Record]:
    rows: list[Record] = [{} for _ in range(table.num_rows)]
    for name in table.column_names:
        *parents, leaf = name.split(".")
        for row, value in zip(rows, _texts(table[name], odata_dates), strict=True):
            target = row
            for parent in parents:
                target = target.setdefault(parent, {})
            target[leaf] = value
    return rows


@dataclass(frozen=True)
class Child:
    """A table nested below another: its name on the wire, its files, the parent's column it refers to."""

    wire_name: str
    table: str
    parent_key: str


class Collection:
    """One table of a system, sorted by change time and id, with the tables nested below it.

    `amount_path` and `unit_path` say which value of a record chaos may spoil.
    """

    def __init__(
        self,
        folder: Path,
        table: str,
        *,
        sort_by: Sequence[str],
        changed_at: str | None = None,
        children: Sequence[Child] = (),
        amount_path: Sequence[str | int] = (),
        unit_path: Sequence[str | int] = (),
        odata_dates: bool = False,
    ) -> None:
        rows = pq.read_table(folder / table)
        self._rows = rows.sort_by([(name, "ascending") for name in sort_by])
        self._changed = (
            self._rows[changed_at].cast(pa.timestamp("s")).cast(pa.int64()).to_numpy() if changed_at else None
        )
        self._children = [(child, *_by_parent(folder, child)) for child in children]
        self._odata_dates = odata_dates
        self.amount_path = amount_path
        self.unit_path = unit_path

    def __len__(self) -> int:
        return int(self._rows.num_rows)

    def first_since(self, since: datetime | None) -> int:
        """Position of the first record changed at or after a time."""
        if since is None or self._changed is None:
            return 0
        return int(np.searchsorted(self._changed, since.timestamp()))

    def records(self, start: int, count: int) -> list[Record]:
        """Up to `count` records from a position, with everything nested below them."""
        page = self._rows.slice(start, max(count, 0))
        records = _nested(page, self._odata_dates)
        for child, rows, parents in self._children:
            keys = np.array(page[child.parent_key].to_pylist(), dtype=parents.dtype)
            first, last = np.searchsorted(parents, keys), np.searchsorted(parents, keys, side="right")
            index = np.concatenate([np.arange(a, b) for a, b in zip(first, last, strict=True)] or [first])
            nested = iter(_nested(rows.take(pa.array(index, pa.int64())), self._odata_dates))
            for record, size in zip(records, last - first, strict=True):
                record[child.wire_name] = [next(nested) for _ in range(size)]
        return records


def _by_parent(folder: Path, child: Child) -> tuple[pa.Table, np.ndarray]:
    rows = pq.read_table(folder / child.table)
    rows = rows.take(pc.sort_indices(rows, sort_keys=[("parent", "ascending")]))
    return rows.drop_columns(["parent"]), np.array(rows["parent"].to_pylist())


def parse_time(text: str | None) -> datetime | None:
    """An ISO time from a query; without a zone it is UTC. A ValueError says the text was no time."""
    if not text:
        return None
    value = datetime.fromisoformat(text)
    return value if value.tzinfo else value.replace(tzinfo=UTC)


def spoil(records: list[Record], path: Sequence[str | int], value: str) -> bool:
    """Write a value into the first record that has this path; false when none has."""
    for record in records:
        target: Any = record
        try:
            for step in path[:-1]:
                target = target[step]
        except (IndexError, KeyError):
            continue
        target[path[-1]] = value
        return True
    return False

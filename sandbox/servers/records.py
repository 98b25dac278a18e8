"""Records of a world as pages of JSON: parquet parts in, nested dicts out, only the page that is asked for.

Column names are paths on the wire, so this module knows no field of any system. Decimals become strings,
times ISO 8601 with Z, or the old OData form where a server says so. What is written to a server while it runs
lies over the files and comes after them.
"""

from __future__ import annotations

from collections.abc import Collection as Values
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from sandbox.servers.write_log import EPOCH

Record = dict[str, Any]


def _texts(column: pa.ChunkedArray, odata_dates: bool) -> list[Any]:
    kind = column.type
    if pa.types.is_decimal(kind):
        return list(column.cast(pa.string()).to_pylist())
    if pa.types.is_timestamp(kind) or pa.types.is_date(kind):
        if odata_dates:
            millis = column.cast(pa.timestamp("ms"), safe=False).cast(pa.int64()).to_pylist()
            return [None if value is None else f"/Date({value})/" for value in millis]
        if pa.types.is_date(kind):
            return list(column.cast(pa.string()).to_pylist())
        seconds = column.cast(pa.timestamp("s"), safe=False)
        return list(pc.strftime(seconds, format="%Y-%m-%dT%H:%M:%SZ").to_pylist())
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
    """A table nested below another: its name on the wire, its files, the parent's column it refers to.

    What is nested is told apart by its `id`.
    """

    wire_name: str
    table: str
    parent_key: str


@dataclass(frozen=True)
class Ordered:
    """All records of a collection in the order of some columns: rows of the files by position, or written."""

    collection: Collection
    entries: Sequence[int | Record]

    def __len__(self) -> int:
        return len(self.entries)

    def records(self, start: int, count: int) -> list[Record]:
        """Up to `count` records from a position, with everything nested below them."""
        page = self.entries[start : start + max(count, 0)]
        stored = iter(self.collection.stored([entry for entry in page if isinstance(entry, int)]))
        return [next(stored) if isinstance(entry, int) else dict(entry) for entry in page]


@dataclass(frozen=True)
class Selection:
    """The records of one query in their order; `positions` are rows of the files, `written` follows them."""

    collection: Collection
    positions: Sequence[int] | np.ndarray
    written: list[Record]

    def __len__(self) -> int:
        return len(self.positions) + len(self.written)

    def records(self, start: int, count: int) -> list[Record]:
        """Up to `count` records from a position, with everything nested below them."""
        stop = start + max(count, 0)
        found = self.collection.stored(self.positions[start:stop])
        known = len(self.positions)
        return found + [dict(record) for record in self.written[max(start - known, 0) : max(stop - known, 0)]]


class Collection:
    """One table of a system, sorted by change time and id, with the tables nested below it.

    `amount_path` and `unit_path` say which value of a record chaos may spoil; `added` names columns that the
    files may lack and that are null there, `parent` is what the reference to a parent is called where a table
    of children is read by itself. A table without files is empty.
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
        added: Sequence[str] = (),
        parent: str = "",
    ) -> None:
        exists = (folder / table).is_dir()
        rows = pq.read_table(folder / table) if exists else pa.table({name: pa.nulls(0) for name in sort_by})
        if parent and exists:
            rows = rows.rename_columns([parent if name == "parent" else name for name in rows.column_names])
        for name in added:
            if name not in rows.column_names:
                rows = rows.append_column(name, pa.nulls(rows.num_rows, pa.string()))
        self._rows = rows.sort_by([(name, "ascending") for name in sort_by])
        # Microseconds, so that a bound means the same whatever unit the files keep.
        self._changed = None
        if changed_at:
            self._changed = self._rows[changed_at].cast(pa.timestamp("us")).cast(pa.int64()).to_numpy()
        self._children = [(child, *_by_parent(folder, child)) for child in children if exists]
        self._odata_dates = odata_dates
        self._written: dict[Any, tuple[int, Record]] = {}
        self._replaced: list[int] = []
        self._nested: dict[str, dict[Any, Record | None]] = {}
        self._orders: dict[tuple[str, ...], Ordered] = {}
        self.amount_path = amount_path
        self.unit_path = unit_path

    def select(self, since: datetime | None = None, before: datetime | None = None) -> Selection:
        """The records changed at or after a time and before another."""
        count = int(self._rows.num_rows)
        first, last = _micros(since), _micros(before)
        start = 0 if first is None or self._changed is None else int(np.searchsorted(self._changed, first))
        stop = count if last is None or self._changed is None else int(np.searchsorted(self._changed, last))
        positions: range | np.ndarray = range(start, max(start, stop))
        if self._replaced:
            positions = np.setdiff1d(np.arange(start, max(start, stop)), self._replaced)
        written = [
            record
            for changed, record in self._written.values()
            if (first is None or changed >= first) and (last is None or changed < last)
        ]
        return Selection(self, positions, written)

    def ordered(self, *columns: str) -> Ordered:
        """Every record in the order of some columns, which changes do not touch."""
        if columns not in self._orders:
            keys = self._rows.select(list(columns)).to_pydict()
            gone = set(self._replaced)
            entries: list[tuple[tuple[Any, ...], int | Record]] = [
                (key, at) for at, key in enumerate(zip(*keys.values(), strict=True)) if at not in gone
            ]
            entries += [(tuple(row[name] for name in columns), row) for _, row in self._written.values()]
            entries.sort(key=lambda entry: entry[0])
            self._orders[columns] = Ordered(self, [entry for _, entry in entries])
        return self._orders[columns]

    def find(self, column: str, values: Values[Any]) -> list[Record]:
        """The records with one of these values in a column."""
        found: list[Record] = []
        if column in self._rows.column_names and self._rows.num_rows:
            hits = pc.is_in(self._rows[column], pa.array(list(values), self._rows[column].type))
            places = np.flatnonzero(hits.to_numpy())
            found = self.stored(np.setdiff1d(places, self._replaced))
        return found + [dict(row) for _, row in self._written.values() if row.get(column) in values]

    def values(self, column: str) -> set[Any]:
        """Every value a column of the files holds."""
        known = column in self._rows.column_names
        return set(pc.unique(self._rows[column]).to_pylist()) if known else set()

    def put(self, key: Any, record: Record, changed_millis: int, *, key_column: str | None = None) -> None:
        """Write a record over the files; `key_column` finds the row of the files whose place it takes."""
        if key_column and key not in self._written and key_column in self._rows.column_names:
            self._hide({key_column: key})
        self._written.pop(key, None)
        self._written[key] = (changed_millis * 1_000, record)
        self._orders.clear()

    def remove(self, key: Mapping[str, Any]) -> int:
        """Take the records with these values out for good; how many there were."""
        written = [
            name
            for name, (_, row) in self._written.items()
            if all(row.get(column) == value for column, value in key.items())
        ]
        for name in written:
            del self._written[name]
        self._orders.clear()
        return self._hide(key) + len(written)

    def put_nested(self, wire_name: str, key: Any, record: Record | None) -> None:
        """Write a nested record over the files; None takes it out."""
        self._nested.setdefault(wire_name, {})[key] = record

    def _hide(self, key: Mapping[str, Any]) -> int:
        """Rows of the files that are seen no more."""
        found = np.ones(self._rows.num_rows, dtype=bool)
        for column, value in key.items():
            found &= pc.equal(self._rows[column], value).fill_null(False).to_numpy(zero_copy_only=False)
        places = set(np.flatnonzero(found).tolist()) - set(self._replaced)
        self._replaced += sorted(places)
        return len(places)

    def stored(self, positions: Sequence[int] | np.ndarray) -> list[Record]:
        """The rows of the files at these positions, with everything nested below them."""
        if isinstance(positions, range):
            page = self._rows.slice(positions.start, len(positions))
        else:
            page = self._rows.take(pa.array(positions, pa.int64()))
        records = _nested(page, self._odata_dates)
        for child, rows, parents in self._children:
            keys = np.array(page[child.parent_key].to_pylist(), dtype=parents.dtype)
            first, last = np.searchsorted(parents, keys), np.searchsorted(parents, keys, side="right")
            index = np.concatenate([np.arange(a, b) for a, b in zip(first, last, strict=True)] or [first])
            nested = iter(_nested(rows.take(pa.array(index, pa.int64())), self._odata_dates))
            written = self._nested.get(child.wire_name, {})
            for record, size in zip(records, last - first, strict=True):
                found = [next(nested) for _ in range(size)]
                shown = [written.get(row["id"], row) for row in found] if written else found
                record[child.wire_name] = [row for row in shown if row is not None]
        return records


def _by_parent(folder: Path, child: Child) -> tuple[pa.Table, np.ndarray]:
    rows = pq.read_table(folder / child.table)
    rows = rows.take(pc.sort_indices(rows, sort_keys=[("parent", "ascending")]))
    return rows.drop_columns(["parent"]), np.array(rows["parent"].to_pylist())


def _micros(moment: datetime | None) -> int | None:
    return None if moment is None else (moment - EPOCH) // timedelta(microseconds=1)


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

"""What differs between two builds of one landscape: public tables row by row, and the messages that leave.

Rows are told apart by the grain of their table. Columns that only say when
Concord learned something are left out, because a replay learns everything again.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any, Literal

import duckdb

from publishing.forecast import SENT, Foretold
from publishing.messages import Stream
from publishing.preview import differences
from publishing.serving import PUBLICATION

LEARNED = ("ingested_at", "evaluated_as_of", "last_seen_at", "known_at", "known_from", "run_id")
# Words for a row whose key is a hash.
NAMES = (
    *("code", "kpi_code", "business_key", "source_instance", "native_id", "supplier_number", "item_number"),
    *("contract_number", "po_number", "po_line_number", "invoice_number", "line_number", "period_code"),
)
FATE = "fate"
Kind = Literal["added", "missing", "changed"]
Keys = Mapping[tuple[str, str], tuple[str, ...]]


@dataclass(frozen=True)
class RowChange:
    """One row that differs: what names it, and for each column that differs its value before and after."""

    kind: Kind
    key: Mapping[str, Any]
    columns: Mapping[str, Sequence[Any]]


@dataclass(frozen=True)
class Change:
    """One table or stream of messages that differs: counts of rows, and the first of them as `examples`.

    `columns` counts the changed rows by column.
    """

    name: str
    rows_before: int
    rows_after: int
    added: int
    missing: int
    changed: int
    columns: Mapping[str, int] = field(default_factory=dict)
    examples: Sequence[RowChange] = ()

    @property
    def is_difference(self) -> bool:
        return bool(self.added or self.missing or self.changed)


def compare_tables(before: Path, after: Path, keys: Keys, *, limit: int) -> tuple[Change, ...]:
    """All public tables of two serving databases; at most `limit` examples of each kind and table."""
    with duckdb.connect() as connection:
        for name, path in (("before", before), ("after", after)):
            literal = str(path).replace("'", "''")
            connection.execute(f"attach '{literal}' as {name} (read_only)")
        found = connection.execute(
            "select distinct schema_name, table_name from duckdb_tables()"
            " where database_name in ('before', 'after') order by all"
        ).fetchall()
        return tuple(
            _Table(connection, schema, name, keys.get((schema, name), ())).change(limit)
            for schema, name in found
            if (schema, name) != PUBLICATION
        )


class _Table:
    """One table of both databases."""

    def __init__(
        self, connection: duckdb.DuckDBPyConnection, schema: str, name: str, key: Sequence[str]
    ) -> None:
        self._connection, self._name = connection, f"{schema}.{name}"
        sides = {side: self._columns(side, schema, name) for side in ("before", "after")}
        listed = sides["before"] or sides["after"]
        self._sides = {
            side: f'{side}.{schema}."{name}"' if columns else self._nothing(listed, sides, schema, name)
            for side, columns in sides.items()
        }
        shared = [one for one in listed if all(one in found for found in sides.values() if found)]
        self._compared = [one for one in shared if one not in LEARNED]
        self._key = [one for one in key if one in shared]
        self._labels = [one for one in NAMES if one in shared and one not in self._key]

    def change(self, limit: int) -> Change:
        before, after = (
            int(self._one(f"select count(*) from {self._sides[side]}")[0]) for side in ("before", "after")
        )
        if not self._key or not self._is_unique():
            return self._as_sets(before, after)
        added, missing, changed, *by_column = self._one(
            f"select count(*) filter (where b._there is null), count(*) filter (where a._there is null),"
            f" count(*) filter (where {self._differs}){self._column_counts} from {self._pairs}"
        )
        columns = {name: count for name, count in zip(self._values, by_column, strict=True) if count}
        examples = self._examples(limit) if added or missing or changed else []
        return Change(self._name, before, after, added, missing, changed, columns, examples)

    @property
    def _values(self) -> list[str]:
        return [name for name in self._compared if name not in self._key]

    @property
    def _differs(self) -> str:
        tests = [f"b.{_q(name)} is distinct from a.{_q(name)}" for name in self._values]
        return f"b._there and a._there and ({' or '.join(tests) or 'false'})"

    @property
    def _column_counts(self) -> str:
        return "".join(
            f", count(*) filter (where b._there and a._there and b.{_q(name)} is distinct from a.{_q(name)})"
            for name in self._values
        )

    @property
    def _pairs(self) -> str:
        before, after = (
            f"(select *, true as _there from {self._sides[side]})" for side in ("before", "after")
        )
        same = " and ".join(f"b.{_q(name)} is not distinct from a.{_q(name)}" for name in self._key)
        return f"{before} as b full outer join {after} as a on {same}"

    def _examples(self, limit: int) -> list[RowChange]:
        found: list[RowChange] = []
        wanted: tuple[tuple[Kind, str], ...] = (
            ("changed", self._differs),
            ("added", "b._there is null"),
            ("missing", "a._there is null"),
        )
        named = [*self._labels, *self._key]
        keys = ", ".join(f"coalesce(a.{_q(name)}, b.{_q(name)})" for name in named)
        order = ", ".join(f"coalesce(a.{_q(name)}, b.{_q(name)})" for name in self._key)
        cells = "".join(f", b.{_q(name)}, a.{_q(name)}" for name in self._values)
        for kind, condition in wanted:
            rows = self._connection.execute(
                f"select {keys}{cells} from {self._pairs} where {condition} order by {order} limit {limit}"
            ).fetchall()
            for row in rows:
                values = row[len(named) :]
                pairs = zip(self._values, values[::2], values[1::2], strict=True)
                columns = {name: (old, new) for name, old, new in pairs if old != new}
                key = {name: value for name, value in zip(named, row, strict=False) if value is not None}
                found.append(RowChange(kind, key, columns))
        return found

    def _as_sets(self, before: int, after: int) -> Change:
        """Where nothing tells rows apart: how many of one side the other does not have."""
        listed = ", ".join(_q(name) for name in self._compared)
        added, missing = (
            int(
                self._one(
                    f"select count(*) from (select {listed} from {self._sides[one]}"
                    f" except all select {listed} from {self._sides[other]})"
                )[0]
            )
            for one, other in (("after", "before"), ("before", "after"))
        )
        return Change(self._name, before, after, added, missing, 0)

    def _is_unique(self) -> bool:
        listed = ", ".join(_q(name) for name in self._key)
        return all(
            not self._connection.execute(
                f"select 1 from {side} group by {listed} having count(*) > 1 limit 1"
            ).fetchall()
            for side in self._sides.values()
        )

    def _one(self, sql: str) -> tuple[Any, ...]:
        [row] = self._connection.execute(sql).fetchall()
        return tuple(row)

    def _columns(self, side: str, schema: str, name: str) -> list[str]:
        rows = self._connection.execute(
            "select column_name from duckdb_columns() where database_name = ? and schema_name = ?"
            " and table_name = ? order by column_index",
            [side, schema, name],
        ).fetchall()
        return [row[0] for row in rows]

    @staticmethod
    def _nothing(listed: Sequence[str], sides: Mapping[str, Any], schema: str, name: str) -> str:
        there = next(side for side, columns in sides.items() if columns)
        return f'(select * from {there}.{schema}."{name}" where false)'


def _q(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


Messages = Mapping[str, Foretold]


def compare_messages(
    before: Mapping[Stream, Messages], after: Mapping[Stream, Messages], *, limit: int
) -> tuple[Change, ...]:
    """The messages of each stream by posting key: content, and whether they would be sent."""
    return tuple(
        _stream_change(
            f"{stream.target}.{stream.entity}", before.get(stream, {}), after.get(stream, {}), limit
        )
        for stream in sorted({*before, *after}, key=str)
    )


def _stream_change(name: str, before: Messages, after: Messages, limit: int) -> Change:
    found: dict[Kind, list[RowChange]] = {"changed": [], "added": [], "missing": []}
    columns: Counter[str] = Counter()
    for key in sorted({*before, *after}):
        old, new = before.get(key), after.get(key)
        differing = differences(_content(old), _content(new))
        if not differing:
            continue
        kind: Kind = "changed" if old and new else "added" if new else "missing"
        if kind == "changed":
            columns.update(differing.keys())
        named = new or old
        assert named is not None
        found[kind].append(RowChange(kind, {"business_key": named.business_key}, differing))
    examples = [change for changes in found.values() for change in islice(changes, limit)]
    return Change(
        name,
        len(before),
        len(after),
        added=len(found["added"]),
        missing=len(found["missing"]),
        changed=len(found["changed"]),
        columns=dict(columns),
        examples=examples,
    )


def _content(message: Foretold | None) -> dict[str, Any]:
    return {} if message is None else {**message.content, FATE: message.fate}


def sent(messages: Messages) -> int:
    """How many of the messages would be sent."""
    return sum(1 for message in messages.values() if message.fate == SENT)

"""Drift: where what a source sends no longer is what its contract says, judged over the rows of one table.

One bad row is a reject. Drift is what the rows share: a required field that is empty everywhere, a column
whose every value stopped being of its type or enumeration, another version of the interface. It breaks the
table and is told once, with the remedy; what merely came in addition is loaded and told.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import pyarrow as pa
import pyarrow.compute as pc

from ingestion.contracts.contract import CheckedRows, ColumnCount
from ingestion.formats.raw_rows import RawRows, printable
from ingestion.spec import ColumnSpec, SystemSpec, TableSpec

# So many rows that say the same are no accident. A snapshot is all there is and counts from its first row.
JUDGED_FROM = 5
SHOWN = 6
Kind = Literal[
    "removed", "retyped", "unknown value", "new version", "unreadable", "added value", "no longer filled"
]
HARMLESS: tuple[Kind, ...] = ("added value", "no longer filled")
TYPE_WORDS: Mapping[str, str] = {
    "varchar": "a text",
    "bigint": "a whole number",
    "boolean": "true or false",
    "date": "a date",
    "timestamp": "a point in time",
}


@dataclass(frozen=True)
class Drift:
    """One difference between contract and payload. `field` is named as the source names it."""

    table: str
    field: str
    kind: Kind
    expected: str
    came: str
    remedy: str
    rows: int = 0

    @property
    def is_breaking(self) -> bool:
        return self.kind not in HARMLESS

    def __str__(self) -> str:
        where = f"{self.table}.{self.field}" if self.field else self.table
        return f"{where} {self.kind}: expected {self.expected}; came {self.came}; {self.remedy}"


@dataclass
class Outline:
    """What the rows of one table of a batch have in common, gathered portion by portion."""

    spec: TableSpec
    rows: int = 0
    broken: int = 0
    records: int = 0
    listless: int = 0
    unreadable: int = 0
    counts: dict[str, ColumnCount] = field(default_factory=dict)
    open_values: dict[str, set[str]] = field(default_factory=dict)
    undeclared: set[str] = field(default_factory=set)

    def add(self, raw: RawRows, checked: CheckedRows) -> None:
        self.rows += raw.table.num_rows
        self.broken += checked.broken
        self.records += raw.records
        self.listless += raw.listless
        self.unreadable += sum(1 for item in raw.unreadable if item.row is None)
        for name, count in checked.counts.items():
            self.counts[name] = self.counts[name] + count if name in self.counts else count
        for column in self.spec.columns:
            if column.enum_is_open:
                values = pc.unique(checked.table.column(column.name)).to_pylist()
                self.open_values.setdefault(column.name, set()).update(values)
        self.undeclared.update(undeclared(raw.table))


def drift_of(outline: Outline, *, is_snapshot: bool) -> tuple[Drift, ...]:
    """What all rows of one table of a batch say about its contract."""
    table, found = outline.spec, list[Drift | None]()
    judged_from = 1 if is_snapshot else JUDGED_FROM
    if outline.records >= judged_from:
        found.append(_list_drift(outline))
    # Where half of the rows or more broke the contract, what they have in common is drift.
    if outline.rows >= judged_from and 2 * outline.broken >= outline.rows:
        unknown = sorted(outline.undeclared)
        found += [
            _column_drift(table.name, column, outline.counts[column.name], unknown)
            for column in table.columns
        ]
    found += [
        _added_values(table.name, column, outline.open_values.get(column.name, ()))
        for column in table.columns
    ]
    return tuple(drift for drift in found if drift)


def version_drift(spec: SystemSpec, tables: Iterable[str], versions: Iterable[str]) -> tuple[Drift, ...]:
    """One entry per table when its payloads say they come from another version of the interface."""
    others = sorted({version for version in versions if version and version != spec.api_version})
    if not others:
        return ()
    remedy = (
        "have the source answer as before, or compare the versions with `concord contract check` and change"
        " the spec"
    )
    return tuple(
        Drift(name, "", "new version", f"interface version {spec.api_version}", _listed(others), remedy)
        for name in tables
    )


def undeclared(rows: pa.Table) -> tuple[str, ...]:
    """The fields that rows bring and no column declares; they are in `_extension`."""
    distinct = pc.unique(rows.column("_extension")).to_pylist()
    names = {name for text in distinct if text != "{}" for name in json.loads(text)}
    # What a transport itself remarked about a row is no column of the source.
    return tuple(sorted(printable(name) for name in names if not name.startswith("_")))


def _column_drift(table: str, column: ColumnSpec, count: ColumnCount, unknown: Sequence[str]) -> Drift | None:
    if column.required and count.filled + count.nested == 0:
        hint = f" (undeclared and new: {_listed(unknown)})" if unknown else ""
        remedy = f"ask the source to send it again, or map the field that replaced it{hint}"
        return Drift(
            table,
            column.path,
            "removed",
            f"{type_words(column)} in every row",
            f"nothing in all {count.rows:,} rows",
            remedy,
            count.rows,
        )
    wrong = count.nested + count.misfit
    # Of an optional column only what spoils most rows: a few odd cells are a few rejected rows.
    if wrong == 0 or wrong < count.nested + count.filled or 2 * wrong < count.rows:
        return None
    came = f"values such as {count.sample!r}" if count.sample is not None else "values of another kind"
    return Drift(
        table,
        column.path,
        "unknown value" if column.enum and not count.nested else "retyped",
        type_words(column),
        f"{'objects or lists' if count.nested else came} in all {wrong:,} rows that fill it",
        "ask the source to send it as agreed, or change the column in the spec",
        wrong,
    )


def _list_drift(outline: Outline) -> Drift | None:
    if max(outline.listless, outline.unreadable) < outline.records:
        return None
    is_gone = outline.listless == outline.records
    return Drift(
        outline.spec.name,
        outline.spec.explode,
        "removed" if is_gone else "retyped",
        "a list of objects in every record",
        f"{'nothing' if is_gone else 'something else'} in all {outline.records:,} records",
        "ask the source to send it as agreed, or change `explode` of the table in the spec",
        outline.records,
    )


def _added_values(table: str, column: ColumnSpec, values: Iterable[str | None]) -> Drift | None:
    new = sorted(value for value in values if value is not None and value not in column.enum)
    if not new:
        return None
    remedy = "it is loaded as it came; declare it in the spec once its meaning is known"
    return Drift(table, column.path, "added value", type_words(column), _listed(new), remedy)


def type_words(column: ColumnSpec) -> str:
    """What a column's cells should be, in words."""
    if column.enum:
        return f"one of {', '.join(column.enum)}"
    return TYPE_WORDS.get(column.type, f"a number ({column.type})")


def _listed(names: Sequence[str]) -> str:
    left = len(names) - SHOWN
    return ", ".join(names[:SHOWN]) + (f" and {left} more" if left > 0 else "")

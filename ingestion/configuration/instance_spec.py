"""What a landscape may say about one instance's files and resources, and the system's spec with it applied.

An application is one spec; how one hospital's copy of it writes its files (headers, encodings, date formats,
which files arrive whole and when) is data of the landscape. Everything downstream reads the specialized spec.
"""

import codecs
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field, field_validator

from ingestion.spec import (
    Cadence,
    ColumnSpec,
    FileFormat,
    FilesWire,
    ResourceSpec,
    SftpWire,
    SystemSpec,
    TableSpec,
)

Place = tuple[str, ...]
NO_MARKER = "none"
LONGEST_LOOK = 60  # Seconds between the two looks at a server's folder.


class Strict(BaseModel):
    """Unknown keys are errors; nothing changes after reading."""

    model_config = ConfigDict(extra="forbid", frozen=True, coerce_numbers_to_str=True)


class ArrivalRules(Strict):
    """When a file is whole: its marker (`none` for no marker) stands beside it, and it rested for so long.

    Over SFTP it may have `largest_mib` MiB at most.
    """

    marker: str | None = Field(default=None, pattern=r"^(none|[._-][A-Za-z0-9._-]+)$")
    settled_seconds: int | None = Field(default=None, ge=0)
    largest_mib: int | None = Field(default=None, ge=1)


class ResourceRules(ArrivalRules):
    """How one resource of an instance arrives; what is left out is as the system's spec has it."""

    snapshot: bool | None = None
    max_drop: Decimal | None = Field(default=None, ge=0, le=1)
    delete_absent: bool | None = None
    expected: Cadence | None = None
    grace_days: int | None = Field(default=None, ge=0)
    sequence: str | None = None
    trailer_total: str | None = None

    @field_validator("sequence")
    @classmethod
    def _one_group(cls, value: str | None) -> str | None:
        if value is not None and re.compile(value).groups != 1:
            raise ValueError("must be a pattern with one group, the number, such as _([0-9]+)[.]csv")
        return value


class FormatRules(Strict):
    """How this instance writes its files; see `FileFormat` for what each means."""

    encodings: tuple[str, ...] | None = None
    characters: str | None = None
    delimiter: str | None = Field(default=None, min_length=1, max_length=1)
    trailer: str | None = None
    preamble: int | None = Field(default=None, ge=0, le=200)
    footers: tuple[str, ...] | None = None
    total_of: str | None = None
    widths: tuple[int, ...] | None = None
    sheet: str | None = None
    records: str | None = None

    @field_validator("encodings")
    @classmethod
    def _known(cls, value: tuple[str, ...] | None) -> tuple[str, ...] | None:
        for name in value or ():
            try:
                codecs.lookup(name)
            except LookupError:
                raise ValueError(
                    f"unknown encoding {name!r}; allowed: Python names such as utf-8-sig, cp1252, mac_roman"
                ) from None
        return value


class ColumnRules(Strict):
    """How this instance writes one column: other headers, date patterns, numbers, or one value for all."""

    headers: tuple[str, ...] = ()
    dates: tuple[str, ...] = ()
    number: Literal["1,234.56", "1.234,56"] | None = None
    required: bool | None = None
    rewrite: tuple[str, str] | None = None
    value: str = ""

    @field_validator("rewrite", mode="before")
    @classmethod
    def _by_nothing(cls, value: Any) -> Any:
        """An empty replacement, which the file of a landscape gives as none."""
        return [part or "" for part in value] if isinstance(value, list) else value


class InstanceRules(NamedTuple):
    """Everything a landscape says about the files of an instance; columns by table and name."""

    format: FormatRules | None
    columns: Mapping[str, Mapping[str, ColumnRules]]
    resources: Mapping[str, ResourceRules]
    arrival: ArrivalRules = ArrivalRules()


def specialized(spec: SystemSpec, rules: InstanceRules) -> SystemSpec:
    """The spec of one instance. `complaints` must have found nothing."""
    resources = rules.resources
    wire = spec.wire
    if rules.format and isinstance(wire, FilesWire):
        wire = replace(wire, format=_format(wire.format, rules.format))
    elif rules.format and isinstance(wire, SftpWire):
        assert isinstance(wire.format, FileFormat)
        wire = replace(wire, format=_format(wire.format, rules.format))
    return replace(
        spec,
        wire=wire,
        tables=tuple(_table(table, rules.columns.get(table.name, {})) for table in spec.tables),
        resources=tuple(
            _resource(_arriving(resource, rules.arrival), resources.get(resource.name, ResourceRules()))
            for resource in spec.resources
        ),
    )


def complaints(spec: SystemSpec, rules: InstanceRules) -> Iterator[tuple[Place, str]]:
    """What makes no sense, with its place below the instance."""
    if rules.format and not isinstance(getattr(spec.wire, "format", None), FileFormat):
        yield ("format",), f"{spec.name} sends no files of rows; format is for systems that do"
    if rules.format and rules.format.total_of:
        known = sorted({column.name for table in spec.tables for column in table.columns})
        if rules.format.total_of not in known:
            yield ("format", "total_of"), f"no column {rules.format.total_of!r}; allowed: {', '.join(known)}"
    yield from _trailer_complaints(spec, rules)
    yield from _arrival_complaints(spec, ("arrival",), rules.arrival)
    yield from _column_complaints(spec, rules.columns)
    yield from _resource_complaints(spec, rules.resources)


def _trailer_complaints(spec: SystemSpec, rules: InstanceRules) -> Iterator[tuple[Place, str]]:
    """A trailer that could not be checked, or be told from other closing lines."""
    format = getattr(spec.wire, "format", None)
    if not isinstance(format, FileFormat):
        return
    format = _format(format, rules.format or FormatRules())
    for key in ("widths", "footers", "total_of"):
        if format.trailer and getattr(format, key):
            yield ("format", key), f"{key} cannot be had with a trailer; leave one out (trailer: '' for none)"
    for name, resource in rules.resources.items():
        if resource.trailer_total is None or name not in {each.name for each in spec.resources}:
            continue
        numbers = [
            column.name
            for table in spec.resource(name).tables
            for column in spec.table(table).columns
            if column.type.startswith(("decimal", "bigint"))
        ]
        place = ("resources", name, "trailer_total")
        if not format.trailer:
            yield place, "trailer_total is for files with a trailer; add format: {trailer: ...}"
        elif resource.trailer_total not in numbers:
            words = f"{name} has no number {resource.trailer_total!r}; allowed: {', '.join(numbers)}"
            yield place, words


def _arrival_complaints(spec: SystemSpec, place: Place, rules: ArrivalRules) -> Iterator[tuple[Place, str]]:
    given = [
        name for name in ("marker", "settled_seconds", "largest_mib") if getattr(rules, name) is not None
    ]
    if given and not isinstance(spec.wire, FilesWire | SftpWire):
        yield (*place, given[0]), f"{spec.name} sends no files; {given[0]} is for systems that do"
    elif isinstance(spec.wire, SftpWire) and (rules.settled_seconds or 0) > LONGEST_LOOK:
        words = f"a run waits this long between two looks; allowed: up to {LONGEST_LOOK}, or a marker"
        yield (*place, "settled_seconds"), words
    if rules.largest_mib is not None and isinstance(spec.wire, FilesWire):
        yield (*place, "largest_mib"), f"{spec.name} reads a folder of this machine; only SFTP has a limit"


def _column_complaints(
    spec: SystemSpec, columns: Mapping[str, Mapping[str, ColumnRules]]
) -> Iterator[tuple[Place, str]]:
    tables = {table.name: table for table in spec.tables}
    for table, given in columns.items():
        if table not in tables:
            yield ("columns", table), f"{spec.name} has no table {table!r}; allowed: {', '.join(tables)}"
            continue
        known = {column.name: column for column in tables[table].columns}
        for name, rule in given.items():
            place = ("columns", table, name)
            if name not in known:
                yield place, f"{table} has no column {name!r}; allowed: {', '.join(known)}"
                continue
            column = known[name]
            if rule.dates and column.type != "date":
                yield (*place, "dates"), f"{name} is {column.type}, no date"
            if rule.number and not column.type.startswith("decimal"):
                yield (*place, "number"), f"{name} is {column.type}, no decimal number"
            if rule.rewrite and (column.sensitive or column.type not in ("varchar", "date")):
                yield (*place, "rewrite"), f"{name} is no plain text or date; only these are rewritten"
            parts = {part for key in tables[table].key for part in key.split(" or ")}
            # Where rows are told apart by their hash, a part of the key may be empty.
            if rule.required is False and name in parts and not tables[table].count_equal_rows:
                yield (*place, "required"), f"{name} is part of the key of {table}; it cannot be left out"


def _resource_complaints(
    spec: SystemSpec, resources: Mapping[str, ResourceRules]
) -> Iterator[tuple[Place, str]]:
    names = [resource.name for resource in spec.resources]
    for name, rules in resources.items():
        if name not in names:
            yield ("resources", name), f"{spec.name} has no resource {name!r}; allowed: {', '.join(names)}"
            continue
        yield from _arrival_complaints(spec, ("resources", name), rules)
        is_snapshot = spec.resource(name).is_snapshot if rules.snapshot is None else rules.snapshot
        for key in ("max_drop", "delete_absent"):
            if getattr(rules, key) is not None and not (is_snapshot or spec.resource(name).has_key_set):
                yield (
                    ("resources", name, key),
                    f"{key} is for what arrives whole each time; add snapshot: true if {name} does",
                )


def _format(format: FileFormat, rules: FormatRules) -> FileFormat:
    return replace(format, **{name: value for name, value in rules if value is not None})


def _table(table: TableSpec, rules: Mapping[str, ColumnRules]) -> TableSpec:
    if not rules:
        return table
    return replace(
        table,
        # An instance that names its own headers is compared with a list of these, entity by entity.
        published_as=table.published_as or table.name,
        columns=tuple(
            _column(column, rules[column.name]) if column.name in rules else column
            for column in table.columns
        ),
    )


def _column(column: ColumnSpec, rules: ColumnRules) -> ColumnSpec:
    return replace(
        column,
        headers=rules.headers,
        format=rules.number or rules.dates or column.format,
        required=column.required if rules.required is None else rules.required,
        rewrite=rules.rewrite or column.rewrite,
        constant=rules.value,
    )


def _arriving(resource: ResourceSpec, rules: ArrivalRules) -> ResourceSpec:
    seconds = rules.settled_seconds
    return replace(
        resource,
        marker=resource.marker if rules.marker is None else rules.marker.removeprefix(NO_MARKER),
        settled_for=resource.settled_for if seconds is None else timedelta(seconds=seconds),
        largest_bytes=rules.largest_mib << 20 if rules.largest_mib else resource.largest_bytes,
    )


def _resource(resource: ResourceSpec, rules: ResourceRules) -> ResourceSpec:
    given = {
        "is_snapshot": rules.snapshot,
        "max_drop": rules.max_drop,
        "absent_is_deleted": rules.delete_absent,
        "cadence": rules.expected,
        "grace": None if rules.grace_days is None else timedelta(days=rules.grace_days),
        "sequence": rules.sequence,
        "quantity_column": rules.trailer_total,
    }
    changed: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
    if resource.has_key_set and rules.delete_absent is False:
        changed |= {"has_key_set": False, "absent_is_deleted": False}
    return _arriving(replace(resource, **changed), rules)

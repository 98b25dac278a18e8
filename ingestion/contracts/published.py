"""A vendor's published list of fields: read as data, compared with another release and with a contract.

A list is a CSV (also gzipped) with a row per field: an entity or definition, below an optional module or
service, a property, its type, whether it is required or nullable, and perhaps the values it may have. The
contract that `concord map` proposes for an extract is such a list.
"""

import csv
import gzip
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from ingestion.formats.json_rows import record_tables
from ingestion.spec import PARENT, SystemSpec

_GROUP = ("api_module", "service", "module")
_ENTITY = ("definition", "entity_type", "entity")
_NAME = ("property", "field", "name")
_TYPE = ("type", "edm_type")
_DETAIL = ("format", "max_length", "precision", "scale")
_NESTED = re.compile(r"(?:\$ref:|array<)([^>]+)>?")
ChangeKind = Literal[
    "added", "removed", "moved", "retyped", "nullability", "enum changed", "other key", "new version"
]
Step = tuple[str, str]


class FieldListError(ValueError):
    """A file that is no list of fields; says what is missing."""


@dataclass(frozen=True)
class PublishedField:
    """One field as its vendor lists it; `entity` is `module.definition` or `service.entity type`."""

    entity: str
    name: str
    type: str
    is_required: bool
    values: str = ""


FieldList = Mapping[Step, PublishedField]


@dataclass(frozen=True)
class FieldChange:
    """A difference between two lists, or between a contract and what was found."""

    entity: str
    field: str
    kind: ChangeKind
    before: str
    after: str


@dataclass(frozen=True)
class PathFinding:
    """Where a column of a contract leads in a list: the fields on the way, and whether the last was there."""

    table: str
    column: str
    path: str
    steps: tuple[Step, ...]
    is_listed: bool


def read_field_list(path: Path) -> FieldList:
    """All fields of a list by entity and name. FieldListError when a needed column is missing."""
    content = path.read_bytes()
    text = (gzip.decompress(content) if path.suffix == ".gz" else content).decode("utf-8-sig")
    with io.StringIO(text, newline="") as lines:
        reader = csv.DictReader(lines)
        header = reader.fieldnames or []
        group = next((name for name in _GROUP if name in header), "")
        entity, name, kind = (_column(path, header, names) for names in (_ENTITY, _NAME, _TYPE))
        details = [column for column in _DETAIL if column in header]
        found: dict[Step, PublishedField] = {}
        for row in reader:
            owner = f"{row[group]}.{row[entity]}" if group else row[entity]
            shown = [row[column] for column in details if row[column]]
            required = row.get("required", "").lower() == "true" or row.get("nullable", "").lower() == "false"
            type_text = f"{row[kind]} ({', '.join(shown)})" if shown else row[kind]
            found[owner, row[name]] = PublishedField(
                owner, row[name], type_text, required, row.get("values") or ""
            )
    return found


def changes_between(before: FieldList, after: FieldList) -> tuple[FieldChange, ...]:
    """What the later list adds, drops, retypes or requires otherwise, in the order of the names."""
    found = []
    for step in sorted({*before, *after}):
        old, new = before.get(step), after.get(step)
        if old is None or new is None:
            kind: ChangeKind = "removed" if new is None else "added"
            found.append(FieldChange(*step, kind, old.type if old else "", new.type if new else ""))
            continue
        if old.type != new.type:
            found.append(FieldChange(*step, "retyped", old.type, new.type))
        if old.is_required != new.is_required:
            words = ["required" if field.is_required else "optional" for field in (old, new)]
            found.append(FieldChange(*step, "nullability", *words))
        if old.values and new.values and old.values != new.values:
            found.append(FieldChange(*step, "enum changed", old.values, new.values))
    return tuple(found)


def paths_in(spec: SystemSpec, listed: FieldList) -> Iterator[PathFinding]:
    """Every column of the tables that the vendor publishes, followed through the list to its last field."""
    for resource in spec.resources:
        owners = record_tables(spec, resource)
        for table in owners:
            for column in table.columns:
                if resource.nested_in and column.name not in dict(resource.paths):
                    continue  # followed from the record that it is nested in
                entity = table.published_as
                path = next(
                    (header for header in column.headers if (entity, header) in listed),
                    column.headers[0] if column.headers else column.path,
                )
                if path.startswith(PARENT):
                    entity, path = owners[0].published_as, path.removeprefix(PARENT)
                if entity and not _is_own(spec, table.name, path):
                    yield _followed(listed, entity, path, table.name, column.name)


def _is_own(spec: SystemSpec, table: str, path: str) -> bool:
    """Fields no list can name: a customer's own (`custom-fields`), or a declared exception (`table/path`)."""
    return any(
        path == own or path.startswith(f"{own}.") or own == f"{table}/{path}" for own in spec.unpublished
    )


def _followed(listed: FieldList, entity: str, path: str, table: str, column: str) -> PathFinding:
    steps: list[Step] = []
    # The header of a file may have a point in it.
    for part in [path] if (entity, path) in listed else path.split("."):
        steps.append((entity, part))
        field = listed.get((entity, part))
        if field is None:
            return PathFinding(table, column, path, tuple(steps), False)
        nested = _NESTED.match(field.type)
        entity = f"{entity.rpartition('.')[0]}.{nested[1]}" if nested else ""
    return PathFinding(table, column, path, tuple(steps), True)


def _column(path: Path, header: Sequence[str], names: Sequence[str]) -> str:
    for name in names:
        if name in header:
            return name
    raise FieldListError(f"{path.name} has no column {' or '.join(names)}; it has {', '.join(header)}")

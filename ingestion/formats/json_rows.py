"""Records of JSON pages as text columns, one table per spec, nested arrays exploded to their own tables.

Numbers keep the digits they had on the wire: they never pass through a float. Fields that no column
declares go to `_extension` under their dotted path. What is no text (bytes that are no UTF-8, half a
surrogate pair) rejects its row alone.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pyarrow as pa

from ingestion.formats.extensions import extension_text, json_text
from ingestion.formats.raw_rows import META, RawRows, Unreadable, printable, text_array
from ingestion.spec import PARENT, ColumnSpec, ResourceSpec, SystemSpec, TableSpec

Record = dict[str, Any]


def load_json(payload: bytes | str) -> Any:
    """JSON with numbers as the text they were. JSONDecodeError also for what is nested beyond reason.

    Bytes that are no UTF-8 become lone surrogates, which no column takes. A name that stands twice in one
    object with different values becomes a list of both: neither replaces the other.
    """
    text = (
        payload
        if isinstance(payload, str)
        else payload.decode(json.detect_encoding(payload), "surrogateescape")
    )
    try:
        return json.loads(text, parse_float=str, parse_int=str, parse_constant=str, object_pairs_hook=_object)
    except RecursionError:
        raise json.JSONDecodeError("nested too deep to be read", "", 0) from None


def _object(pairs: list[tuple[str, Any]]) -> Record:
    found = dict(pairs)
    if len(found) == len(pairs):
        return found
    for name in found:
        values = [value for key, value in pairs if key == name]
        if any(value != values[0] for value in values):
            found[name] = values
    return found


def select(document: Any, path: str) -> Any:
    """The value at a dotted path; `$` is the document itself."""
    for part in [] if path == "$" else path.split("."):
        document = document.get(part) if isinstance(document, dict) else None
    return document


def records_of_pages(pages: Iterable[bytes], records: str) -> Iterator[Any]:
    """All records of landed pages, in the order received."""
    for page in pages:
        found = select(load_json(page), records)
        yield from found if isinstance(found, list) else [found] if found is not None else []


def record_tables(spec: SystemSpec, resource: ResourceSpec) -> list[TableSpec]:
    """The tables that a resource fills as its records show them.

    Rows that another resource nests are records of their own here; what only their parent says is empty.
    """
    tables, paths = [spec.table(name) for name in resource.tables], dict(resource.paths)
    if not resource.nested_in:
        return tables
    return [
        replace(
            table,
            explode="",
            columns=tuple(replace(each, path=paths.get(each.name, each.path)) for each in table.columns),
        )
        for table in tables
    ]


@dataclass(frozen=True)
class NoRecord:
    """What stands where a record should, and why it is none."""

    text: str
    reason: str


def rows_of_records(
    records: Iterable[Any],
    tables: Sequence[TableSpec],
    *,
    file_name: str,
    ignored: Sequence[str] = (),
) -> dict[str, RawRows]:
    """Text columns for each table of a resource."""
    good: list[Record] = []
    lines: list[int] = []
    broken: list[Unreadable] = []
    file_name = printable(file_name)
    for line, record in enumerate(records, start=1):
        if isinstance(record, dict):
            good.append(record)
            lines.append(line)
        elif isinstance(record, NoRecord):
            broken.append(Unreadable(record.reason, printable(record.text), file_name, line))
        else:
            broken.append(Unreadable("is not an object", json_text(record), file_name, line))
    arrays = {table.explode for table in tables if table.explode}
    rows: dict[str, RawRows] = {}
    for table in tables:
        if table.explode:
            rows[table.name] = _exploded(table, good, lines, file_name)
        else:
            known = {*ignored, *arrays, *table.repeated}
            rows[table.name] = _table(table, good, None, lines, file_name, known, broken)
    return rows


def _exploded(table: TableSpec, parents: list[Record], lines: list[int], file_name: str) -> RawRows:
    rows: list[Record] = []
    owners: list[Record] = []
    at: list[int] = []
    broken: list[Unreadable] = []
    listless = 0
    for parent, line in zip(parents, lines, strict=True):
        nested = parent.get(table.explode)
        listless += table.explode not in parent
        if nested is None and table.part_of[0]:
            # A document without its list tells nothing of what it has, and must not seem to have nothing.
            says = {column.path[1:]: select(parent, column.path[1:]) for column in _of_parent(table)}
            broken.append(Unreadable(f"{table.explode} is missing", json_text(says), file_name, line))
        for row in nested if isinstance(nested, list) else [] if nested is None else [nested]:
            if isinstance(row, dict):
                rows.append(row)
                owners.append(parent)
                at.append(line)
            else:
                reason = f"{table.explode} is not a list of objects"
                broken.append(Unreadable(reason, json_text(row), file_name, line))
    found = _table(table, rows, owners, at, file_name, set(table.repeated), broken)
    return replace(found, records=len(parents), listless=listless)


def _of_parent(table: TableSpec) -> list[ColumnSpec]:
    return [column for column in table.columns if column.path.startswith(PARENT)]


def _table(
    table: TableSpec,
    rows: list[Record],
    parents: list[Record] | None,
    lines: list[int],
    file_name: str,
    ignored: set[str],
    broken: list[Unreadable],
) -> RawRows:
    extensions: dict[int, Record] = {}
    levels = _levels(table, rows, extensions, ignored)

    def values(path: str) -> list[Any]:
        if path.startswith(PARENT):
            owners: Iterable[Record | None] = [None] * len(rows) if parents is None else parents
            return [select(owner, path[1:]) for owner in owners]
        prefix, _, key = path.rpartition(".")
        return [level.get(key) for level in levels[prefix]] if prefix in levels else [None] * len(rows)

    unreadable = list(broken)
    arrays: dict[str, pa.Array] = {}
    for column in table.columns:
        arrays[column.name], wrong = text_array(
            values(column.path), column=column.name, file_name=file_name, lines=lines
        )
        unreadable += wrong
    sources = (table.source_version, table.source_updated_at, table.is_deleted)
    for name, paths in zip(META, sources, strict=True):
        first = _first(paths, values, len(rows))
        arrays[name] = pa.array([None if text is None else printable(text) for text in first], pa.string())
    arrays["_file_name"] = pa.array([file_name] * len(rows), pa.string())
    arrays["_line_number"] = pa.array(lines, pa.int64())
    texts = ["{}"] * len(rows)
    for at, found in extensions.items():
        texts[at] = extension_text(found)
    arrays["_extension"] = pa.array(texts, pa.string())
    return RawRows(table, pa.table(arrays), tuple(unreadable))


def _levels(
    table: TableSpec, rows: list[Record], extensions: dict[int, Record], ignored: set[str]
) -> dict[str, list[Record]]:
    """The objects at every prefix the spec reads; undeclared keys on the way go to the extensions."""
    paths = [column.path for column in table.columns if not column.path.startswith(PARENT)]
    paths += [
        path
        for meta in (table.source_version, table.source_updated_at, table.is_deleted)
        for path in meta
        if not path.startswith(PARENT)
    ]
    known: dict[str, set[str]] = {"": set(ignored)}
    for path in paths:
        parts = path.split(".")
        for depth in range(len(parts)):
            known.setdefault(".".join(parts[:depth]), set()).add(parts[depth])
    levels: dict[str, list[Record]] = {"": rows}
    for prefix in sorted(known, key=lambda name: name.count(".") if name else -1):
        if prefix:
            above, _, key = prefix.rpartition(".")
            levels[prefix] = _below(levels[above], key, prefix, extensions)
        expected = known[prefix]
        for at, level in enumerate(levels[prefix]):
            if not level.keys() <= expected:
                found = extensions.setdefault(at, {})
                for key in level.keys() - expected:
                    found[f"{prefix}.{key}" if prefix else key] = level[key]
    return levels


def _below(above: list[Record], key: str, prefix: str, extensions: dict[int, Record]) -> list[Record]:
    found: list[Record] = []
    empty: Record = {}
    for at, level in enumerate(above):
        value = level.get(key)
        if isinstance(value, dict):
            found.append(value)
        else:
            if value is not None:
                extensions.setdefault(at, {})[prefix] = value
            found.append(empty)
    return found


def _first(paths: Sequence[str], values: Any, count: int) -> list[str | None]:
    """Row by row the first of the paths that has a value."""
    result: list[Any] = [None] * count
    for path in paths:
        for at, value in enumerate(values(path)):
            if result[at] is None and value is not None and value != "":
                result[at] = str(value).lower() if isinstance(value, bool) else str(value)
    return result

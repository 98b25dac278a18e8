"""What two versions of our own contract with one application differ in, column by column."""

from collections.abc import Iterator

from ingestion.contracts.drift import type_words
from ingestion.contracts.published import FieldChange
from ingestion.spec import ColumnSpec, SystemSpec, TableSpec

Places = tuple[tuple[str, str], ...]
Found = tuple[FieldChange, Places]


def spec_changes(before: SystemSpec, after: SystemSpec) -> list[Found]:
    """Each difference with the raw (table, column)s of `before` or `after` that it is about.

    Columns are the same where their name in raw is; a field is named as the source names it.
    """
    found = list(_version(before, after))
    old, new = ({table.name: table for table in spec.tables} for spec in (before, after))
    for name in dict.fromkeys([*old, *new]):
        if name in old and name in new:
            found += _table_changes(old[name], new[name])
        else:
            table, kind = (new[name], "added") if name in new else (old[name], "removed")
            found += [_whole(table, column, is_new=kind == "added") for column in table.columns]
    return found


def _version(before: SystemSpec, after: SystemSpec) -> Iterator[Found]:
    if before.api_version != after.api_version:
        yield FieldChange(before.name, "", "new version", before.api_version, after.api_version), ()


def _whole(table: TableSpec, column: ColumnSpec, *, is_new: bool) -> Found:
    words = type_words(column)
    if is_new:
        return FieldChange(table.name, column.path, "added", "", words), ((table.name, column.name),)
    return FieldChange(table.name, column.path, "removed", words, ""), ((table.name, column.name),)


def _table_changes(old: TableSpec, new: TableSpec) -> Iterator[Found]:
    everything = tuple((new.name, column.name) for column in new.columns)
    if old.key != new.key:
        yield FieldChange(new.name, "", "other key", ", ".join(old.key), ", ".join(new.key)), everything
    if old.explode != new.explode:
        yield FieldChange(new.name, "", "moved", old.explode or "-", new.explode or "-"), everything
    was, now = ({column.name: column for column in table.columns} for table in (old, new))
    for name in dict.fromkeys([*was, *now]):
        if name in was and name in now:
            yield from _column_changes(new.name, was[name], now[name])
        else:
            yield _whole(new, now.get(name) or was[name], is_new=name in now)


def _column_changes(table: str, old: ColumnSpec, new: ColumnSpec) -> Iterator[Found]:
    place = ((table, new.name),)
    if old.path != new.path:
        yield FieldChange(table, old.path, "moved", old.path, new.path), place
    if (old.type, old.sensitive, old.format) != (new.type, new.sensitive, new.format):
        words = [_type(column) for column in (old, new)]
        yield FieldChange(table, new.path, "retyped", *words), place
    if old.required != new.required:
        words = ["required" if column.required else "optional" for column in (old, new)]
        yield FieldChange(table, new.path, "nullability", *words), place
    if (set(old.enum), old.enum_is_open) != (set(new.enum), new.enum_is_open):
        words = [_values(column) for column in (old, new)]
        yield FieldChange(table, new.path, "enum changed", *words), place


def _type(column: ColumnSpec) -> str:
    return f"{type_words(column)} as {column.format}" if column.format else type_words(column)


def _values(column: ColumnSpec) -> str:
    if not column.enum:
        return "any text"
    return f"{', '.join(column.enum)}{' and others' if column.enum_is_open else ''}"

"""Rows between payload and contract: every cell still text, in the columns of one table spec.

Parsers of JSON and files make `RawRows`; the contract check types them. Rows that are not even rows (a CSV
line with too few cells, a record that is a list) travel along as `Unreadable`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from ingestion.formats.extensions import json_text
from ingestion.spec import TableSpec

_PLAIN = {True: "true", False: "false"}
META = ("_source_version", "_source_updated_at", "_is_deleted")


@dataclass(frozen=True)
class Unreadable:
    """Something in the payload that could not become a row; or a cell of the wrong shape (`row` set)."""

    reason: str
    payload: str
    file_name: str
    line_number: int
    column: str = ""
    row: int | None = None


@dataclass(frozen=True)
class RawRows:
    """Text columns of one table, and what could not become one.

    `table` has a column per column spec (named alike), the META columns, `_file_name`, `_line_number` and
    `_extension`. For rows nested in records `records` counts these, and `listless` those without the list.
    Once tokenized, sensitive columns hold what raw stores of them, and `<name>_masked`.
    """

    spec: TableSpec
    table: pa.Table
    unreadable: tuple[Unreadable, ...] = ()
    records: int = 0
    listless: int = 0
    is_tokenized: bool = False

    @property
    def landed_rows(self) -> int:
        return int(self.table.num_rows) + sum(1 for item in self.unreadable if item.row is None)


def meta_names(spec: TableSpec) -> dict[str, str]:
    """What a person calls each META column of a table: the source's names for it."""
    paths = (spec.source_version, spec.source_updated_at, spec.is_deleted)
    return {meta: " or ".join(found) for meta, found in zip(META, paths, strict=True) if found}


def joined(parts: Sequence[RawRows]) -> RawRows:
    """The rows of several payloads of one table, one after another."""
    if len(parts) == 1:
        return parts[0]
    unreadable: list[Unreadable] = []
    offset = 0
    for part in parts:
        unreadable += [
            item if item.row is None else Unreadable(**{**vars(item), "row": item.row + offset})
            for item in part.unreadable
        ]
        offset += part.table.num_rows
    return RawRows(
        parts[0].spec,
        pa.concat_tables([part.table for part in parts]),
        tuple(unreadable),
        sum(part.records for part in parts),
        sum(part.listless for part in parts),
        parts[0].is_tokenized,
    )


def text_array(
    values: list[Any], *, column: str, file_name: str, lines: Sequence[int]
) -> tuple[pa.Array, list[Unreadable]]:
    """Cells as text. Booleans become true/false; what is nested or no text is reported."""
    try:
        return pa.array(values, pa.string()), []
    except (pa.ArrowTypeError, pa.ArrowInvalid, UnicodeEncodeError):
        pass
    plain = [_PLAIN.get(value, value) if type(value) is bool else value for value in values]
    wrong: list[Unreadable] = []
    cells: list[str | None] = []
    for row, value in enumerate(plain):
        reason = _misshapen(value)
        if reason:
            cells.append(None)
            wrong.append(
                Unreadable(
                    reason=reason,
                    payload=printable(value) if isinstance(value, str) else json_text(value),
                    file_name=file_name,
                    line_number=lines[row],
                    column=column,
                    row=row,
                )
            )
        else:
            cells.append(None if value is None else str(value))
    return pa.array(cells, pa.string()), wrong


def _misshapen(value: Any) -> str:
    if isinstance(value, dict | list):
        return "is a nested object or list, not a single value"
    if isinstance(value, str) and printable(value) != value:
        return "holds bytes or characters that are no text"
    return ""


def printable(text: str) -> str:
    """The text with what is no character written out (`\\udcff`), so that it can be stored and shown."""
    return text.encode("utf-8", "backslashreplace").decode()

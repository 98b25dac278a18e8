"""Rows between payload and contract: every cell still text, in the columns of one table spec.

Parsers of JSON and files make `RawRows`; the contract check types them. Rows that are not even rows (a CSV
line with too few cells, a record that is a list) travel along as `Unreadable`.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

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


def joined(parts: Sequence[RawRows]) -> RawRows:
    """The rows of several payloads of one table, one after another."""
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
    )


def text_array(
    values: list[Any], *, column: str, file_name: str, lines: Sequence[int]
) -> tuple[pa.Array, list[Unreadable]]:
    """Cells as text. Booleans become true/false; a nested value has the wrong shape and is reported."""
    try:
        return pa.array(values, pa.string()), []
    except (pa.ArrowTypeError, pa.ArrowInvalid):
        pass
    plain = [_PLAIN.get(value, value) if type(value) is bool else value for value in values]
    if not any(isinstance(value, dict | list) for value in plain):
        texts = [value if value is None or type(value) is str else str(value) for value in plain]
        return pa.array(texts, pa.string()), []
    wrong: list[Unreadable] = []
    cells: list[str | None] = []
    for row, value in enumerate(plain):
        if isinstance(value, dict | list):
            cells.append(None)
            wrong.append(
                Unreadable(
                    reason="is a nested object or list, not a single value",
                    payload=json.dumps(value, default=str),
                    file_name=file_name,
                    line_number=lines[row],
                    column=column,
                    row=row,
                )
            )
        else:
            cells.append(None if value is None else str(value))
    return pa.array(cells, pa.string()), wrong

"""The last line of a delimited file that says how many rows it has and what one column adds up to.

Read as this instance writes it: its header below a preamble, its own headers and its form of numbers. A file
is passed through once and never held.
"""

import csv
import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from itertools import chain, islice
from typing import TextIO

from ingestion.formats.content import Content, whole
from ingestion.formats.file_rows import column_places, file_kind, header_score, plain, readable
from ingestion.formats.numbers import WRITTEN, number_of
from ingestion.formats.text_files import UNCLOSED, FileRefusedError, decoded, header_place, trailer_starts
from ingestion.spec import ColumnSpec, FileFormat, ResourceSpec, TableSpec

MEND = ("have the file written and delivered again with its trailer", "TRUNCATED")


@dataclass
class _Passed:
    """What was seen of a file: `text` is its last line, `last` the cells of it."""

    text: str = ""
    last: tuple[str, ...] = ()
    rows: int = -1
    total: Decimal | None = Decimal(0)


def check_trailer(
    name: str, content: Content, encoding: str, table: TableSpec, resource: ResourceSpec, format: FileFormat
) -> None:
    """Refuses a delimited file without its trailer, or with other rows or another total than it promises.

    `encoding` is the one that `check_file` found. The total is judged where the resource names its
    `quantity_column`, unless a cell of it is no number: that row is rejected, so the total proves nothing.
    """
    if not format.trailer or file_kind(name) != "csv":
        return  # other kinds of files show by themselves where they end
    column = next((each for each in table.columns if each.name == resource.quantity_column), None)
    written = column.format if column and column.format in WRITTEN else None
    assert written is None or isinstance(written, str)
    with readable(name), _text(name, content, encoding, format) as text:
        try:
            passed = _pass(name, text, table, column, written, format)
        except csv.Error as error:
            raise FileRefusedError(name, f"cannot be read: {error}, or {UNCLOSED}", *MEND) from None
    least = 3 if column else 2
    is_trailer = passed.rows >= 0 and passed.text.startswith(trailer_starts(format))
    if not is_trailer or len(passed.last) < least:
        raise FileRefusedError(name, f"is cut off: the last line is no {format.trailer} trailer", *MEND)
    count = passed.last[1]
    if number_of(count, written) != passed.rows:
        raise FileRefusedError(name, f"has {passed.rows} rows, its trailer promises {count}", *MEND)
    if column and passed.total is not None and number_of(passed.last[2], written) != passed.total:
        reason = f"its {column.path} adds up to {passed.total}, its trailer promises {passed.last[2]}"
        raise FileRefusedError(name, reason, *MEND)


def _text(name: str, content: Content, encoding: str, format: FileFormat) -> TextIO:
    source = plain(name, content)
    if encoding in format.encodings:
        return io.TextIOWrapper(source.open(), encoding, newline="")
    return io.StringIO(decoded(name, whole(source), format)[0], newline="")


def _pass(
    name: str,
    text: Iterable[str],
    table: TableSpec,
    column: ColumnSpec | None,
    written: str | None,
    format: FileFormat,
) -> _Passed:
    """Goes through a file once; lines without a value are no rows, as for the reader."""
    passed = _Passed()

    def lines() -> Iterator[str]:
        for line in text:
            passed.text = line if line.strip("\r\n") else passed.text
            yield line

    reader = csv.reader(lines(), delimiter=format.delimiter)
    first = list(islice(reader, format.preamble + 1))
    at = header_place(first, header_score(table)) if format.preamble else 0
    header = first[at] if first else []
    place = column_places(name, header, table).get(column.path) if column else None

    def add(row: tuple[str, ...]) -> None:
        passed.rows += 1
        if column is None or passed.total is None:
            return
        fits = len(row) == len(header)
        cell = column.constant if place is None else row[place] if fits else ""
        if fits and not cell.strip() and not column.required:
            return
        value = number_of(cell, written)
        passed.total = None if value is None else passed.total + value

    for record in chain(first[at + 1 :], reader):
        if not record:
            continue
        if passed.rows < 0:
            passed.rows = 0
        elif any(passed.last):
            add(passed.last)
        passed.last = tuple(record)
    return passed

"""Spreadsheets as cells: one sheet, cached values only, within limits of size.

A workbook is a zip of XML: what it unpacks to is checked before anything is unpacked. Formulas are never
evaluated; a cell without a cached value is empty. Numbers have the 15 digits that a spreadsheet keeps.
"""

import io
import json
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from ingestion.formats.raw_rows import Unreadable
from ingestion.formats.text_files import Cells, FileRefusedError, HeaderScore, header_place
from ingestion.spec import FileFormat

MOST_BYTES = 500_000_000
MOST_CELLS = 20_000_000
MOST_COLUMNS = 2_000
# What the format allows; a row may name any number, and the reader yields every row before it.
MOST_ROWS = 1_048_576


# What a cell shows whose formula has no value.
ERRORS = ("#N/A", "#REF!", "#DIV/0!", "#VALUE!", "#NAME?", "#NUM!", "#NULL!", "#SPILL!", "#CALC!")

FAILED = "is an error of the spreadsheet, no value"


def failed_cells(rows: pa.Table, columns: Sequence[str]) -> Iterator[Unreadable]:
    """The cells of some columns that hold an error of the spreadsheet instead of a value."""
    for column in columns:
        is_error = pc.is_in(rows.column(column), value_set=pa.array(ERRORS))
        for row in pc.indices_nonzero(is_error).to_pylist():
            yield Unreadable(
                FAILED,
                rows.column(column)[row].as_py(),
                rows.column("_file_name")[row].as_py(),
                rows.column("_line_number")[row].as_py(),
                column,
                row,
            )


def sheet_cells(name: str, content: bytes, format: FileFormat, score: HeaderScore) -> Cells:
    """The rows of the declared sheet (the first, if none is) below its header."""
    rows = _xls(name, content, format) if name.lower().endswith(".xls") else _xlsx(name, content, format)
    kept: list[list[str | None]] = []
    lines: list[int] = []
    count = 0
    for number, row in enumerate(rows, start=1):
        if number > MOST_ROWS:
            raise _too_large(name, f"its rows are numbered beyond {MOST_ROWS:,}")
        count += len(row)
        if count > MOST_CELLS or len(row) > MOST_COLUMNS:
            raise _too_large(name, f"more than {MOST_CELLS:,} cells or {MOST_COLUMNS:,} columns")
        texts = [cell_text(float(f"{cell:.15g}") if isinstance(cell, float) else cell) for cell in row]
        if any(texts):
            kept.append(texts)
            lines.append(number)
    first = [[text or "" for text in row] for row in kept[: format.preamble + 1]]
    at = header_place(first, score) if first else 0
    header = [text.strip() for text in first[at]] if first else []
    while header and not header[-1]:
        header.pop()
    body = kept[at + 1 :]
    columns = [[row[place] if place < len(row) else None for row in body] for place in range(len(header))]
    table = pa.Table.from_arrays([pa.array(column, pa.string()) for column in columns], names=header)
    return Cells(table, lines[at + 1 :])


def _xlsx(name: str, content: bytes, format: FileFormat) -> Iterator[list[Any]]:
    import openpyxl  # slow to import, and rarely needed

    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        size = sum(entry.file_size for entry in archive.infolist())
    if size > MOST_BYTES:
        raise _too_large(name, f"unpacks to {size:,} bytes, more than {MOST_BYTES:,}")
    book = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=True)
    titles = [sheet.title for sheet in book.worksheets]
    if not titles:
        raise FileRefusedError(name, "has no sheet of rows", "deliver a workbook with one")
    sheet = book.worksheets[_sheet(name, titles, format)]
    # Its own statement of size may be wrong either way; without it, rows end where their cells end.
    sheet.reset_dimensions()
    for row in sheet.iter_rows(values_only=True):
        yield list(row)


def _xls(name: str, content: bytes, format: FileFormat) -> Iterable[list[Any]]:
    """The binary format before 2007; it cannot hold more than 65,536 x 256 cells."""
    from python_calamine import CalamineError, CalamineWorkbook

    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(content))
        rows = book.get_sheet_by_index(_sheet(name, book.sheet_names, format)).to_python(
            skip_empty_area=False
        )
    except CalamineError as error:
        raise ValueError(str(error)) from None
    except BaseException as error:
        # The reader is written in Rust, whose panics pass by `except Exception`.
        if type(error).__name__ != "PanicException":
            raise
        raise ValueError(f"it is damaged ({error})") from None
    return rows


def _sheet(name: str, titles: list[str], format: FileFormat) -> int:
    if not format.sheet:
        return 0
    wanted = [title.strip().lower() for title in titles]
    if format.sheet.strip().lower() in wanted:
        return wanted.index(format.sheet.strip().lower())
    found = ", ".join(repr(title) for title in titles)
    raise FileRefusedError(name, f"has no sheet {format.sheet!r}", f"name the sheet; found: {found}")


def _too_large(name: str, what: str) -> FileRefusedError:
    return FileRefusedError(name, f"is too large for a spreadsheet: {what}", "deliver the rows as CSV")


def cell_text(cell: Any) -> str | None:
    """A typed cell as the text a CSV would have held; whole numbers without a decimal point."""
    if cell is None or cell == "":
        return None
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() else format(Decimal(repr(cell)), "f")
    if isinstance(cell, datetime):
        return cell.date().isoformat() if cell.time() == time() else cell.isoformat()
    if isinstance(cell, date):
        return cell.isoformat()
    if isinstance(cell, dict | list):
        return json.dumps(cell, default=str)
    return str(cell)

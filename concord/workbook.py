"""Files that people open in a spreadsheet: text that cannot act, and nothing written over unasked."""

import csv
import io
import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

import click
from openpyxl import Workbook
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

# What a spreadsheet takes for the beginning of a formula, also in full width.
ACTS = "=+-@＝＋－＠"
# What a workbook cannot hold.
_UNHELD = re.compile("[\x00-\x08\x0b-\x1f\ud800-\udfff\ufffe\uffff]")
MOST_MARKS = 32_767
WRITTEN = PatternFill("solid", fgColor="FFF6D5")
BOLD = Font(bold=True)
MONEY = "#,##0.00"

force_option = click.option("--force", is_flag=True, help="Write over FILE if it exists.")


def harmless(value: Any) -> Any:
    """The value as a cell may have it: text that would be a formula begins with an apostrophe instead."""
    if not isinstance(value, str):
        return value
    text = _UNHELD.sub(lambda found: repr(found.group())[1:-1], value)
    text = f"'{text}" if text.lstrip()[:1] in (*ACTS,) else text
    return text if len(text) <= MOST_MARKS else text[: MOST_MARKS - 4] + " ..."


def text_of(value: Any) -> str:
    """What a cell says, as text; a day without its midnight, a whole number without its point."""
    value = getattr(value, "text", value)  # a formula over several cells
    if value is None:
        return ""
    if isinstance(value, datetime) and value == datetime(value.year, value.month, value.day):
        value = value.date()
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return value.isoformat() if isinstance(value, date) else str(value)


def refuse_existing(path: Path, *, force: bool) -> None:
    """Somebody may have filled the file in."""
    if path.exists() and not force:
        raise click.UsageError(f"{path} exists; name another file, or --force writes over it")
    if not path.parent.is_dir():
        raise click.UsageError(f"{path.parent} is no folder; make it first")


def write_file(path: Path, content: bytes, *, force: bool) -> None:
    """What is written over is lost only to a whole file; a file that came to be meanwhile is left alone."""
    if force:
        fresh = path.with_name(f".{path.name}.new")
        fresh.write_bytes(content)
        fresh.replace(path)
        return
    try:
        with path.open("xb") as file:
            file.write(content)
    except FileExistsError:
        refuse_existing(path, force=False)


def as_csv(columns: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> bytes:
    """UTF-8 with the mark by which a spreadsheet knows it."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(columns)
    writer.writerows([harmless(row.get(name)) for name in columns] for row in rows)
    return out.getvalue().encode("utf-8-sig")


def as_bytes(book: Workbook) -> bytes:
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def put_row(sheet: Worksheet, values: Sequence[Any], *, bold: bool = False, wraps: bool = True) -> int:
    """Appends a row of data and returns its number; nothing in it is a formula."""
    sheet.append([harmless(value) for value in values])
    for cell in sheet[sheet.max_row]:
        if bold:
            cell.font = BOLD
        if wraps and isinstance(cell.value, str):
            cell.alignment = Alignment(wrap_text=True, vertical="top")
    return int(sheet.max_row)


def put_widths(sheet: Worksheet, widths: Sequence[int]) -> None:
    for place, width in enumerate(widths, 1):
        sheet.column_dimensions[get_column_letter(place)].width = width

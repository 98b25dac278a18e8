"""The workbook of the period before: what people wrote into it, by key where there is one, else by place."""

import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import openpyxl
from openpyxl.worksheet.worksheet import Worksheet

from concord.reconciliation import Reconciliation, ReconciliationError
from concord.reconciliation_book import (
    ABOUT,
    BEFORE,
    COMMENT,
    COMPUTED,
    EXPORTED,
    HISTORY,
    HISTORY_COLUMNS,
    ITEM_COLUMNS,
    KEY,
    ROW_OF_HISTORY,
    SIGNED,
    STATED,
    SUMMARY,
    SUMMARY_COLUMNS,
    VALUES,
    History,
    Written,
    mark_of,
)
from concord.workbook import harmless, text_of

NAMES = {*SUMMARY_COLUMNS, *ITEM_COLUMNS}
# The export's own columns, which are a person's only where something else stands in them than was exported.
OWN = NAMES - {*SIGNED, COMMENT, BEFORE}
CHANGED = "row as changed"


@dataclass(frozen=True)
class Before:
    """What a workbook says of itself, and all that was written into it and into those before."""

    legal_entity_code: str
    as_of: str
    history: History


def history_of(path: Path, reconciliation: Reconciliation) -> History:
    """All that was written up to now; a workbook of something else, or of later, is refused."""
    before = _read(path)
    entity, as_of = str(harmless(reconciliation.legal_entity_code)), reconciliation.as_of.isoformat()
    if before.legal_entity_code != entity:
        raise ReconciliationError(f"{path} is of {before.legal_entity_code}, not of {entity}: name its own")
    if before.as_of > as_of:
        raise ReconciliationError(
            f"{path} is as of {before.as_of}, which is after {as_of}: name an earlier one"
        )
    return before.history


def _read(path: Path) -> Before:
    try:
        book = openpyxl.load_workbook(path)
        about = _about(book[SUMMARY])
        entity, as_of = about["legal_entity_code"], about["as_of"]
    except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
        remedy = "name a workbook of `concord export-reconciliation`"
        raise ReconciliationError(f"{path} cannot be read ({error}); {remedy}") from None
    earlier = list(_history(book[HISTORY], as_of)) if HISTORY in book.sheetnames else []
    known = History(earlier)
    fresh = [
        one for sheet in book.worksheets if sheet.title != HISTORY for one in _written(sheet, as_of, known)
    ]
    return Before(entity, as_of, History((*earlier, *fresh)))


def _about(sheet: Worksheet) -> dict[str, str]:
    told = {}
    for key, _, value in sheet.iter_rows(min_col=1, max_col=3, values_only=True):
        if text_of(key).startswith(ABOUT):
            told[text_of(key).removeprefix(ABOUT)] = text_of(value)
    return told


def _history(sheet: Worksheet, as_of: str) -> Iterator[Written]:
    """The rows as they stand, and what somebody wrote beside them."""
    width = len(HISTORY_COLUMNS)
    own = {ROW_OF_HISTORY: width, KEY: width, f"{ABOUT}title": 2}
    for row in sheet.iter_rows(min_col=1, max_col=max(width, sheet.max_column)):
        key, *texts = [text_of(cell.value) for cell in row[:width]]
        if key == ROW_OF_HISTORY:
            yield Written(*texts)
        yield from _by_place(sheet, row[own.get(key, 0) :], as_of)
        yield from _notes(sheet, row, as_of)


def _written(sheet: Worksheet, as_of: str, known: History) -> Iterator[Written]:
    header: list[str] = []
    for row in sheet.iter_rows():
        key = text_of(row[0].value)
        if key == KEY:
            header = [text_of(cell.value) for cell in row]
            yield from _by_place(sheet, [cell for cell in row if text_of(cell.value) not in NAMES], as_of)
        elif key.startswith(ABOUT):
            has_value = key.removeprefix(ABOUT) in VALUES
            yield from _by_place(sheet, row[3 if has_value else 2 :], as_of)
        elif key and header:
            yield from _beside(row, header, key, as_of, known)
        else:
            yield from _by_place(sheet, row, as_of)
        yield from _notes(sheet, row, as_of)


def _beside(
    row: Sequence[Any], header: Sequence[str], key: str, as_of: str, known: History
) -> Iterator[Written]:
    stated = {name: row[header.index(name)].value for name in header if name in OWN}
    if mark_of(stated) != text_of(stated.get(EXPORTED)):
        texts = [f"{name} {text_of(stated[name])}" for name in stated if name in STATED and stated[name]]
        yield Written(as_of, key, CHANGED, str(harmless("; ".join(texts))))
    for place, cell in enumerate(row):
        name = header[place] if place < len(header) else ""
        text = text_of(cell.value)
        is_shown_already = name == BEFORE and text == known.comment(key)
        is_own = name in OWN and header.index(name) == place and (name not in COMPUTED or text[0:1] == "=")
        if text and not is_own and not is_shown_already:
            yield Written(as_of, key, name or cell.column_letter, str(harmless(text)))


def _by_place(sheet: Worksheet, cells: Sequence[Any], as_of: str) -> Iterator[Written]:
    for cell in cells:
        if text_of(cell.value):
            yield _placed(sheet, cell, as_of, "text", text_of(cell.value))


def _notes(sheet: Worksheet, cells: Sequence[Any], as_of: str) -> Iterator[Written]:
    for cell in cells:
        if cell.comment:
            yield _placed(sheet, cell, as_of, "note", cell.comment.text)


def _placed(sheet: Worksheet, cell: Any, as_of: str, field: str, text: str) -> Written:
    return Written(as_of, str(harmless(f"{sheet.title}!{cell.coordinate}")), field, str(harmless(text)))

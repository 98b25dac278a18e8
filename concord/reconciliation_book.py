"""A reconciliation as a workbook: a summary that adds up, a sheet for each part, room to sign and comment.

The first column of every sheet, hidden, has the key of its row. What people wrote is found again by it, in
every column that is not the export's own, and by its place where there is no key.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Any

from openpyxl import Workbook
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from concord.bridging import NOT_EXPLAINED
from concord.explaining import words_of
from concord.reconciliation import Account, Part, Reconciliation
from concord.workbook import BOLD, MONEY, WRITTEN, as_bytes, harmless, put_row, put_widths

KEY = "key"
SUMMARY = "Summary"
HISTORY = "History"
ROW_OF_HISTORY = "history"
ABOUT = "about~"
VALUES = ("legal_entity_code", "as_of", "run_id")
BEFORE = "comment before"
EXPORTED = "as exported"
COMMENT = "comment"
SIGNED = ("prepared by", "prepared on", "reviewed by", "reviewed on")
SUMMARY_COLUMNS = (
    KEY, "section", "part", "means", "owner", "items", "amount", "by formula", "difference", *SIGNED, COMMENT,
    BEFORE, EXPORTED,
)  # fmt: skip
ITEM_COLUMNS = (
    KEY, "document type", "document", "supplier", "facility", "system", "id", "currency", "amount", COMMENT,
    BEFORE, EXPORTED,
)  # fmt: skip
# What is computed changes as rows move; the rest of a row stays as it was, unless somebody types over it.
COMPUTED = ("by formula", "difference")
STATED = {*SUMMARY_COLUMNS, *ITEM_COLUMNS} - {KEY, EXPORTED, BEFORE, COMMENT, *SIGNED, *COMPUTED}
HISTORY_COLUMNS = (KEY, "as of", "where", "field", "text")
WIDTHS = {
    "means": 44, "part": 28, "owner": 22, COMMENT: 44, BEFORE: 44, "document": 26, "supplier": 30, "id": 26,
    "document type": 20, "where": 60, "field": 16, "text": 90,
}  # fmt: skip
TITLE = "Goods received and not invoiced"


@dataclass(frozen=True)
class Written:
    """Something that a person wrote: in the workbook of which day, about what (key or place), and what."""

    as_of: str
    where: str
    field: str
    text: str


@dataclass(frozen=True)
class History:
    """All that was written in workbooks before, oldest first."""

    written: Sequence[Written] = ()

    def comment(self, key: str) -> str | None:
        """The newest comment on a row, with the day of its workbook."""
        return self._newest.get(str(harmless(key)))

    @cached_property
    def _newest(self) -> Mapping[str, str]:
        comments = (one for one in self.written if one.field == COMMENT)
        return {one.where: str(harmless(f"[{one.as_of}] {one.text}")) for one in comments}


def mark_of(values: Mapping[str, Any]) -> str:
    """What tells a row that somebody typed over from one that stands as exported."""
    told = [values.get(name) for name in sorted(STATED)]
    texts = [f"{one:.2f}" if isinstance(one, int | float | Decimal) else harmless(one) or "" for one in told]
    return hashlib.sha256(json.dumps(texts).encode()).hexdigest()[:16]


def book_of(reconciliation: Reconciliation, history: History) -> bytes:
    """The workbook. Amounts are values; the formulas beside add up what is behind and show no difference."""
    book = Workbook()
    summary = book.active
    summary.title = SUMMARY
    _put_about(summary, reconciliation)
    header = put_row(summary, SUMMARY_COLUMNS, bold=True)
    titles: set[str] = {SUMMARY, HISTORY}
    for account in reconciliation.accounts:
        _put_account(book, summary, account, history, titles)
    _finish(summary, SUMMARY_COLUMNS, header)
    _put_history(book, history)
    # Nothing has computed the formulas yet.
    book.calculation.fullCalcOnLoad = True
    return as_bytes(book)


def _put_about(sheet: Worksheet, reconciliation: Reconciliation) -> None:
    entity, as_of = reconciliation.legal_entity_code, reconciliation.as_of
    put_row(
        sheet,
        (f"{ABOUT}title", f"{TITLE}: {entity} as of {as_of}, period {as_of:%Y-%m}"),
        bold=True,
        wraps=False,
    )
    for name, value in zip(VALUES, (entity, as_of.isoformat(), reconciliation.run_id), strict=True):
        put_row(sheet, (ABOUT + name, name.replace("_", " "), value), wraps=False)
    words = "Owed to suppliers is positive. Sign on the row of the balance for the account as a whole."
    put_row(sheet, (f"{ABOUT}words", words), wraps=False)


def _put_account(
    book: Workbook, summary: Worksheet, account: Account, history: History, titles: set[str]
) -> None:
    row = account.row
    name = f"account {row['account_code']} of {row['ledger_instance']}, {row['currency_code']}"
    put_row(summary, (f"{ABOUT}{account.key}", name), bold=True, wraps=False)
    owed = [part for part in account.parts if part.row["section"] == "OWED"]
    rest = [part for part in account.parts if part.row["section"] != "OWED"]
    first = summary.max_row + 1
    for part in owed:
        _put_part(book, summary, part, history, titles)
    _put_total(summary, f"{account.key}~owed", "owed by the documents", owed, _sum(first, summary), history)
    after = summary.max_row
    for part in rest:
        _put_part(book, summary, part, history, titles)
    balance = f"=G{after}" + (f"+SUM(G{after + 1}:G{summary.max_row})" if rest else "")
    _put_total(summary, f"{account.key}~balance", "balance of the ledger", account.parts, balance, history)
    place = summary.max_row
    stated = {"part": "by the ledger alone", "amount": account.ledger_balance, "by formula": f"=G{place}"}
    _put(summary, SUMMARY_COLUMNS, f"{account.key}~ledger", stated, history)
    unknown = _total([part for part in account.parts if part.name in NOT_EXPLAINED])
    left = {"part": "of it not explained", "amount": unknown}
    _put(summary, SUMMARY_COLUMNS, f"{account.key}~unknown", left, history)


def _sum(first: int, sheet: Worksheet) -> str:
    """Adds up the parts put since; without one there is nothing."""
    return f"=SUM(G{first}:G{sheet.max_row})" if sheet.max_row >= first else "=0"


def _put_total(
    sheet: Worksheet, key: str, name: str, parts: Sequence[Part], formula: str, history: History
) -> None:
    items = sum(part.row["item_count"] for part in parts)
    values = {"part": name, "items": items, "amount": _total(parts), "by formula": formula}
    number = _put(sheet, SUMMARY_COLUMNS, key, values, history)
    for cell in sheet[number]:
        cell.font = BOLD


def _put_part(book: Workbook, summary: Worksheet, part: Part, history: History, titles: set[str]) -> None:
    said = words_of("bridge_parts")[part.name]
    sheet = book.create_sheet(_title(part.name, titles))
    put_row(sheet, (f"{ABOUT}title", f"{part.name}: {said['words']}"), bold=True, wraps=False)
    put_row(sheet, (f"{ABOUT}cure", f"{said['owner_role']}: {said['cure']}"), wraps=False)
    header = put_row(sheet, ITEM_COLUMNS, bold=True)
    for item in part.items:
        row = item.row
        values = {
            "document type": row["entity_type"],
            "document": row["business_key"],
            "supplier": row["supplier_name"],
            "facility": row["facility_code"],
            "system": row["source_instance"],
            "id": row["native_id"],
            "currency": row["currency_code"],
            "amount": row["amount"],
        }
        _put(sheet, ITEM_COLUMNS, item.key, values, history)
    last = sheet.max_row
    _finish(sheet, ITEM_COLUMNS, header)
    letter = get_column_letter(ITEM_COLUMNS.index("amount") + 1)
    values = {
        "section": part.row["section"],
        "part": part.name,
        "means": said["words"],
        "owner": said["owner_role"],
        "items": part.row["item_count"],
        "amount": part.amount,
        "by formula": f"=SUM('{sheet.title}'!{letter}{header + 1}:{letter}{last})",
    }
    _put(summary, SUMMARY_COLUMNS, part.key, values, history)


def _title(name: str, taken: set[str]) -> str:
    """A part of a second account needs another name for its sheet."""
    title, number = name, 1
    while title in taken:
        number += 1
        title = f"{name} {number}"
    taken.add(title)
    return title


def _put(
    sheet: Worksheet, columns: Sequence[str], key: str, values: Mapping[str, Any], history: History
) -> int:
    """Appends a row that people write beside."""
    told = {KEY: key, BEFORE: history.comment(key), EXPORTED: mark_of(values), **values}
    formula = told.pop("by formula", None)
    number = put_row(sheet, [told.get(name) for name in columns])
    for name in ("amount", *COMPUTED):
        if name in columns:
            sheet.cell(number, columns.index(name) + 1).number_format = MONEY
    if formula:
        at = columns.index("by formula") + 1
        sheet.cell(number, at).value = formula
        sheet.cell(number, at + 1).value = f"=ROUND(G{number}-H{number},2)"
    for name in (*SIGNED, COMMENT):
        if name in columns:
            sheet.cell(number, columns.index(name) + 1).fill = WRITTEN
    return number


def _put_history(book: Workbook, history: History) -> None:
    sheet = book.create_sheet(HISTORY)
    put_row(
        sheet,
        (f"{ABOUT}title", "What was written in the workbooks before, oldest first"),
        bold=True,
        wraps=False,
    )
    header = put_row(sheet, HISTORY_COLUMNS, bold=True)
    for one in history.written:
        put_row(sheet, (ROW_OF_HISTORY, one.as_of, one.where, one.field, one.text))
    _finish(sheet, HISTORY_COLUMNS, header)


def _finish(sheet: Worksheet, columns: Sequence[str], header: int) -> None:
    put_widths(sheet, [WIDTHS.get(name, 14) for name in columns])
    for name in {KEY, EXPORTED} & set(columns):
        sheet.column_dimensions[get_column_letter(columns.index(name) + 1)].hidden = True
    sheet.freeze_panes = sheet.cell(header + 1, 1)


def _total(parts: Sequence[Part]) -> Decimal:
    return sum((part.amount for part in parts), Decimal("0.00"))

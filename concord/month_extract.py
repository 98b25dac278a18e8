"""One extract of a month, row by row, into rows of the feed's entities."""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time
from difflib import get_close_matches
from functools import cached_property
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from ingestion.spec import TIMESTAMP
from ingestion.systems.feed.spec import SPEC

SEPARATORS = ",;\t|"
Row = dict[str, str]
Rows = dict[str, list[Row]]


@dataclass(frozen=True, slots=True)
class Part:
    """An entity that rows of an extract tell of: all rows, or those where the column `told_by` is filled.

    One that is repeated is a document above its lines: told by each of them, and by all of them alike.
    """

    entity: str
    told_by: str = ""
    is_repeated: bool = False

    @property
    def columns(self) -> dict[str, bool]:
        """Its columns, and whether it needs them."""
        return {column.name: column.required for column in SPEC.table(self.entity).columns}

    @property
    def moments(self) -> set[str]:
        return {column.name for column in SPEC.table(self.entity).columns if column.type == TIMESTAMP}

    @property
    def key(self) -> str:
        return SPEC.table(self.entity).key[0]


@dataclass(frozen=True, slots=True)
class Extract:
    name: str
    parts: tuple[Part, ...]
    is_optional: bool = False


EXTRACTS = (
    Extract("suppliers", (Part("supplier"),)),
    Extract("items", (Part("item", is_repeated=True), Part("item_uom_conversion", "from_uom_code"))),
    Extract("purchase_orders", (Part("purchase_order", is_repeated=True), Part("purchase_order_line"))),
    Extract("receipts", (Part("receipt_line"),)),
    Extract("invoices", (Part("invoice", is_repeated=True), Part("invoice_line"))),
    Extract("ledger", (Part("account_balance", "balance_date"), Part("journal_line", "journal_id"))),
    Extract("contracts", (Part("contract", is_repeated=True), Part("contract_price")), is_optional=True),
)


class ExtractReader:
    """Adds the rows of one extract to those of the month; `read` says what is wrong with them."""

    def __init__(self, path: Path, extract: Extract, rows: Rows, zone: ZoneInfo) -> None:
        self._path, self._parts, self._rows, self._zone = path, extract.parts, rows, zone
        self._documents: dict[str, tuple[int, Row]] = {}
        self._complaints: list[str] = []
        self.unused: list[str] = []

    def read(self) -> list[str]:
        text = self._text()
        # A column's name has no separator in it, so the header tells which one the file uses.
        separator = max(SEPARATORS, key=text.partition("\n")[0].count)
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
        header = [name.strip() for name in next(reader, [])]
        if not any(header):
            self._complain(1, "the file is empty; without rows it still has its header")
            return self._complaints
        places = self._places(header)
        for line, row in self._filled(header, reader) if places else ():
            told = [part for part in places if not part.told_by or row[part.told_by]]
            if not told:
                names = " or ".join(part.told_by for part in self._parts)
                self._complain(line, f"the row tells nothing: no {names}")
            for part in told:
                taken = {
                    name: self._moment(row[column]) if name in part.moments else row[column]
                    for name, column in places[part].items()
                }
                if self._is_new(part, line, taken):
                    self._rows.setdefault(part.entity, []).append(taken)
        return self._complaints

    def _text(self) -> str:
        raw = self._path.read_bytes()
        try:
            return raw.decode("utf-8-sig")
        except UnicodeDecodeError:
            return raw.decode("cp1252", errors="replace")

    def _places(self, header: list[str]) -> dict[Part, Row]:
        """Where each part has its columns; none, and a complaint, if what it needs is not there."""
        places: dict[Part, Row] = {}
        if repeated := next((name for name in header if header.count(name) > 1), ""):
            self._complain(1, f"column {repeated!r} stands twice")
        given = {*header, *self._identified(dict.fromkeys(header, "."))}
        document = next((part.columns for part in self._parts if part.is_repeated), {})
        for part in self._parts:
            if part.told_by and part.told_by not in given:
                continue
            own = {name: name for name in part.columns if name in given}
            if not part.is_repeated:
                # A name that both have means both, unless the line's own stands beside it.
                own |= {
                    name: f"line_{name}"
                    for name in document
                    if {name, f"line_{name}"} <= given and name in own
                }
            for name, is_needed in part.columns.items():
                if is_needed and name not in own:
                    near = get_close_matches(name, set(header) - set(own), n=1)
                    meant = f"; is it {near[0]!r}?" if near else " (docs/month.md)"
                    self._complain(1, f"no column {name!r}, which every {part.entity} has{meant}")
            places[part] = own
        if not places:
            self._complain(1, f"none of the columns {', '.join(part.told_by for part in self._parts)}")
        used = {name for own in places.values() for name in own.values()}
        self.unused = [name for name in header if name not in used]
        return {} if self._complaints else places

    def _filled(self, header: list[str], lines: Any) -> Iterator[tuple[int, Row]]:
        for cells in lines:
            if not any(map(str.strip, cells)):
                continue
            if len(cells) != len(header):
                self._complain(lines.line_num, f"{len(cells)} cells under {len(header)} columns")
                continue
            yield lines.line_num, self._identified(dict(zip(header, map(str.strip, cells), strict=True)))

    def _identified(self, row: Row) -> Row:
        """The row with the ids that its numbers stand for where a report has none."""
        made, number = dict(row), row.get("po_number", "")
        if "po_number" in row and self._parts[0].entity == "purchase_order":
            made.setdefault("po_id", number)
            if "line_number" in row:
                made.setdefault("po_line_id", f"{made['po_id']}-{row['line_number']}")
            return made
        if "receipt_line_id" in row and self._parts[0].entity == "receipt_line":
            made.setdefault("receipt_number", row["receipt_line_id"])
            made.setdefault("line_number", "1")
        if {"po_number", "po_line_number"} <= set(row):
            made.setdefault("po_line_id", self._orders.get((number, row["po_line_number"]), ""))
        return made

    def _moment(self, text: str) -> str:
        """A day as the moment it begins where the hospital is; read as UTC it would be the day before."""
        try:
            return datetime.combine(date.fromisoformat(text), time(), self._zone).isoformat()
        except ValueError:
            return text

    @cached_property
    def _orders(self) -> dict[tuple[str, str], str]:
        numbers = {order["po_id"]: order["po_number"] for order in self._rows.get("purchase_order", [])}
        return {
            (numbers[line["po_id"]], line["line_number"]): line["po_line_id"]
            for line in self._rows.get("purchase_order_line", [])
        }

    def _is_new(self, part: Part, line: int, taken: Row) -> bool:
        """False for a document told before; complains if it was told otherwise."""
        if not part.is_repeated:
            return True
        key = taken[part.key]
        before, first = self._documents.setdefault(key, (line, taken))
        if differing := next((name for name, value in taken.items() if value != first[name]), ""):
            self._complain(
                line,
                f"{part.entity} {key}: {differing} is {taken[differing]!r}, on line {before} it is"
                f" {first[differing]!r}; all its rows must say the same",
            )
        return first is taken

    def _complain(self, line: int, text: str) -> None:
        self._complaints.append(f"{self._path}:{line}: {text}")

"""Seeded makers of malformed input: records from a spec with one thing wrong each, and damaged bytes.

Every maker takes a `random.Random`, so that a seed gives the same input on every machine.
"""

import copy
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any

from ingestion.contracts.contract import check_rows
from ingestion.formats.raw_rows import RawRows
from ingestion.spec import PARENT, ColumnSpec, TableSpec
from ingestion.tokens import Tokenizer

Record = dict[str, Any]

# What stands where something else is due.
CELLS: tuple[Any, ...] = (
    *("", " ", "-", "n/a", "1,234.56", "1.234,56", "1e5", "1E-7", "+5", "5.", "0x1F", "1_000", "1 000"),
    *("\u0661\u0662", "\u00b2", "NaN", "sNaN", "Infinity", "-inf", "9" * 400, "0." + "1" * 60, "null"),
    *("0000-01-01", "9999-12-31", "2026-02-30", "2026-13-01", "12026-01-01", "31/12/2026", "2026-W01"),
    *("0000-01-01T00:00:00Z", "9999-12-31T23:59:59-14:00", "2026-06-01T25:61:61Z"),
    *("/Date(999999999999999999)/", "/Date(-99999999999999)/", "/Date(x)/", "maybe", "TRUE", "y"),
    *("/Date(1)/", "2026-06-01T10:00:00+99:99"),
    *("\0", "a\0b", "\x01\x1f\x7f", "\ud800", "x\udfff", "\ufeff1", "\u2028", "\u202e1", "e\u0301" * 40),
    *("'; drop table x; --", '"', "\\", "\r\n", "a\nb", "|", "${HOME}", "{}", "x" * 20_000),
    *(True, False, None, 0, -1, 1.5, 10**30, 2**63, float("nan"), float("inf"), 1e308),
    *([], {}, [1], [[]], [None], {"a": {"b": []}}, [{"id": 1}]),
)  # fmt: skip


def good_cell(column: ColumnSpec, number: int) -> str:
    """A value that keeps the contract; the number makes keys differ."""
    if column.enum:
        return column.enum[0]
    if column.type == "varchar":
        return f"{column.name[:20]}-{number}"
    if column.type in ("date", "timestamp"):
        if column.format == "odata":
            return f"/Date({1_780_000_000_000 + number})/"
        day = f"2026-06-{number % 28 + 1:02}"
        return day if column.type == "date" else f"{day}T10:00:00Z"
    return {"boolean": "true", "bigint": str(number)}.get(column.type, f"{number}.5")


def good_record(tables: Sequence[TableSpec], number: int) -> Record:
    """A record of a resource as its spec describes it, two rows in every nested list."""
    record: Record = {}
    for table in tables:
        if not table.explode:
            _fill(record, table, number)
    for table in tables:
        if table.explode:
            record[table.explode] = [_fill({}, table, 10 * number + at) for at in (1, 2)]
    return record


def _fill(record: Record, table: TableSpec, number: int) -> Record:
    for column in table.columns:
        if column.path.startswith(PARENT):
            continue
        *above, leaf = column.path.split(".")
        place = record
        for name in above:
            place = place.setdefault(name, {})
        place[leaf] = good_cell(column, number)
    return record


def spoiled(record: Record, draw: Random) -> Any:
    """The record with one thing wrong: a cell, a missing, added or nested field, or the whole of it."""
    found = copy.deepcopy(record)
    kind = draw.randrange(12)
    if kind == 0:
        return draw.choice([7, "row", None, [found], [], True, 1.5])
    place = found
    while kind < 9 and any(isinstance(value, dict) for value in place.values()) and draw.random() < 0.4:
        place = draw.choice([value for value in place.values() if isinstance(value, dict)])
    lists = [name for name, value in found.items() if isinstance(value, list)]
    if kind == 1 and lists:
        found[draw.choice(lists)] = draw.choice([None, 5, "lines", {"a": 1}, [1, "x"], [None], [[]], []])
    elif kind in (2, 3) and lists:
        rows = found[draw.choice(lists)]
        row = draw.choice(rows)
        row[draw.choice(list(row))] = draw.choice(CELLS)
    elif kind == 4:
        del place[draw.choice(list(place))]
    elif kind == 5:
        place[draw.choice(["new", "taxId", "a.b", "", "\ud800k", "_x", "x" * 500])] = draw.choice(CELLS)
    else:
        place[draw.choice(list(place))] = draw.choice(CELLS)
    return found


def json_text(record: Any, draw: Random) -> bytes:
    """The record on the wire: escaped or not, at times with a name that stands twice."""
    text = json.dumps(record, ensure_ascii=draw.random() < 0.5)
    if text.startswith('{"') and draw.random() < 0.05:
        name = json.dumps(next(iter(record)))
        text = f'{{{name}: "another", {text[1:]}'
    return text.encode("utf-8", "surrogatepass")


def nested_rows(records: Sequence[Any], table: TableSpec) -> int:
    """How many rows the nested lists of the records hold; what is no list is one that cannot be read.

    So is a list that is not there, where it tells all parts of its document.
    """
    count = 0
    for record in records:
        found = record.get(table.explode) if isinstance(record, dict) else None
        is_told_missing = found is None and isinstance(record, dict) and bool(table.part_of[0])
        count += len(found) if isinstance(found, list) else int(is_told_missing or found is not None)
    return count


def damaged(content: bytes, draw: Random) -> bytes:
    """The bytes as a bad line, disk or program leaves them."""
    found = bytearray(content)
    for _ in range(draw.randint(1, 4)):
        at = draw.randrange(len(found)) if found else 0
        kind = draw.randrange(7)
        if kind == 0 and found:
            found[at] = draw.randrange(256)
        elif kind == 1:
            del found[at:]
        elif kind == 2:
            del found[at : at + draw.randint(1, 40)]
        elif kind == 3:
            found[at:at] = draw.choice(
                [
                    b"\0",
                    b"\xff\xfe",
                    b'"',
                    b"\r",
                    b"\n\n",
                    b"\xef\xbb\xbf",
                    b"<",
                    b"&x;",
                    b"~",
                    b"*",
                    b"]" * 9,
                ]
            )
        elif kind == 4:
            found[at:at] = found[at : at + draw.randint(1, 200)]
        elif kind == 5:
            found = bytearray(bytes(found).replace(b"\n", b"\r\n", draw.randint(0, 3)))
        else:
            found[0:0] = draw.choice([b"\xef\xbb\xbf", b"\n", b" ", b"\0", b"<!DOCTYPE x>", b"\x1f\x8b"])
    return bytes(found)


TOKENIZER = Tokenizer(b"k" * 32)


@dataclass
class Ledger:
    """What became of what was sent."""

    sent: int = 0
    loaded: int = 0
    rejected: int = 0
    refused: Counter[str] = field(default_factory=Counter)

    def take(self, rows: RawRows, sent: int | None = None) -> None:
        """Accounts for all rows of one table; every reject has its reason, payload and place, once."""
        if not rows.landed_rows and not sent:
            return
        checked = check_rows(rows, TOKENIZER)
        assert checked.table.num_rows + len(checked.rejected) == checked.landed_rows
        assert sent is None or checked.landed_rows == sent, rows.spec.name
        places = [row.place for row in checked.rejected]
        assert len(set(places)) == len(places)
        assert all(row.reason and row.payload and row.line_number for row in checked.rejected)
        keys = checked.table.column("_row_key").to_pylist()
        assert all(keys), "a row was loaded without a key"
        json.dumps([row.payload for row in checked.rejected], ensure_ascii=False).encode()
        self.sent += checked.landed_rows
        self.loaded += checked.table.num_rows
        self.rejected += len(checked.rejected)

    def refuse(self, error: Exception) -> None:
        assert len(str(error)) > 15, "refused without words"
        self.sent += 1
        self.refused[type(error).__name__] += 1


EVENT_BODIES = 500

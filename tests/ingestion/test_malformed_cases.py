"""Malformed rows and payloads that once went wrong, one case each: rejected alone or refused with words."""

import gzip
import io
import json
import re
import zipfile
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from openpyxl import Workbook

from ingestion.contracts.contract import CheckedRows, check_rows
from ingestion.formats import file_rows
from ingestion.formats.content import InMemory
from ingestion.formats.file_rows import check_file, read_rows
from ingestion.formats.json_rows import load_json, records_of_pages, rows_of_records
from ingestion.formats.raw_rows import RawRows, Unreadable
from ingestion.formats.text_files import FileRefusedError
from ingestion.spec import DATE, MONEY, TIMESTAMP, WHOLE, FileFormat, TableSpec, column
from ingestion.tokens import Tokenizer

BILL = TableSpec(
    name="bill",
    columns=(
        column("id", required=True),
        column("amount", MONEY),
        column("count", WHOLE),
        column("day", DATE, format="odata"),
        column("at", TIMESTAMP, format="odata"),
        column("entered", TIMESTAMP),
        column("note"),
        column("tax", sensitive="tax_id"),
    ),
    key=("id",),
    source_version=("revision",),
    source_updated_at=("changed",),
    is_deleted=("gone",),
)
GOOD = {"id": "1", "amount": "1.50"}
TOKENIZER = Tokenizer(b"k" * 32)


def judged(rows: RawRows) -> tuple[int, list[str]]:
    """How many rows are good, and why the others are not."""
    found = check_rows(rows, TOKENIZER)
    assert found.table.num_rows + len(found.rejected) == found.landed_rows
    return found.table.num_rows, [row.reason for row in found.rejected]


def from_json(*records: dict[str, Any] | bytes) -> tuple[int, list[str]]:
    pages = [one if isinstance(one, bytes) else json.dumps(one).encode() for one in records]
    return judged(rows_of_records(records_of_pages(pages, "$"), [BILL], file_name="bills.jsonl")["bill"])


def from_file(text: str | bytes, name: str = "bills.csv") -> tuple[int, list[str]]:
    content = text.encode() if isinstance(text, str) else text
    check_file(name, InMemory(content), BILL, FileFormat())
    return judged(read_rows(name, content, BILL, FileFormat()))


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        (b'{"id": "\\ud800"}', r"id: '\\ud800' holds bytes or characters that are no text"),
        (b'{"id": "a\xff"}', r"id: 'a\\udcff' holds bytes or characters that are no text"),
        ({"id": "a\0b"}, r"id: 'a\x00b' holds a NUL character, which no database keeps"),
        (b'{"id": "2", "amount": 1, "amount": 2}', "amount: '[\"1\", \"2\"]' is a nested object or list,"),
        (b'{"id": "2", "amount": NaN}', "amount: 'NaN' is not a number"),
        ({"id": "2", "at": "/Date(999999999999999999)/"}, "is not a point in time"),
        ({"id": "2", "day": "/Date(-62135596800001)/"}, "is not a date"),
        ({"id": "2", "day": "0000-01-01"}, "day: '0000-01-01' is not a date"),
        ({"id": "2", "entered": "0000-01-01T00:00:00Z"}, "is not a point in time"),
        ({"id": "2", "entered": "9999-12-31T23:59:59-14:00"}, "is not a point in time"),
        ({"id": "2", "revision": "second"}, "revision: 'second' is not a whole number"),
        ({"id": "2", "changed": "yesterday"}, "changed: 'yesterday' is not a point in time"),
        ({"id": "2", "gone": "maybe"}, "gone: 'maybe' is not true or false"),
    ],
)  # fmt: skip
def test_one_bad_record_is_rejected_alone(record: dict[str, Any] | bytes, reason: str) -> None:
    loaded, reasons = from_json(GOOD, record)
    assert loaded == 1 and len(reasons) == 1 and reason in reasons[0]


def test_the_first_and_the_last_day_of_the_calendar_are_days() -> None:
    days = ({"id": "1", "day": "0001-01-01"}, {"id": "2", "at": "/Date(253402300799999)/"})
    assert from_json(*days, {"id": "3", "entered": "9999-12-31T23:59:59Z"}) == (3, [])


def test_a_name_that_stands_twice_with_one_value_is_one() -> None:
    assert load_json(b'{"a": {"b": 1, "b": 1}, "c": [1], "c": [2]}') == {"a": {"b": "1"}, "c": [["1"], ["2"]]}


def test_json_nested_without_end_is_no_json() -> None:
    with pytest.raises(json.JSONDecodeError, match="nested too deep"):
        load_json(b"[" * 100_000)
    for depth in (50, 300, 900):
        deep = b'{"a":' * depth + b"1" + b"}" * depth
        pages = (b'{"id": "2", "note": %b}' % deep, b'{"id": "3", "more": %b}' % deep, b"[[%b]]" % deep)
        loaded, reasons = from_json(*pages)
        assert loaded == 1 and len(reasons) == 2 and "is a nested object" in reasons[0]
    with pytest.raises(FileRefusedError, match="line 2 is not JSON"):
        from_file(b'{"id": "1"}\n' + b"[" * 100_000, "bills.jsonl")


def test_a_line_that_is_no_json_is_rejected_alone_unless_the_file_is_cut_off() -> None:
    lines = ['{"id": "1"}', '{"id": "2"', "", '{"id": "3"}']
    loaded, reasons = from_file("\n".join(lines), "bills.jsonl")
    assert loaded == 2 and len(reasons) == 1 and reasons[0].startswith("is not JSON: Expecting")
    for text, line in (('{"id": "1"}\n\n{"id": ', 3), ("one\ntwo\n", 1)):
        with pytest.raises(FileRefusedError, match=f"line {line} is not JSON"):
            from_file(text, "bills.jsonl")
    assert from_file('{"id": "1"}\n{"id": \n', "bills.jsonl")[0] == 1


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("most", [0, 1 << 20])
def test_a_file_in_utf_16_is_refused_as_such(
    encoding: str, most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ingestion.formats.file_rows.WHOLE", most)
    content = "\ufeffid,note\n1,a\n".encode(encoding)
    with pytest.raises(FileRefusedError, match="encoded as UTF-16"):
        from_file(content, "bills.csv")


def test_a_line_of_json_may_hold_what_python_takes_for_the_end_of_a_line() -> None:
    assert from_file('{"id": "a\u2028b"}\n{"id": "c\u0085"}\r\n', "bills.jsonl") == (2, [])
    assert from_file("id,note\n1,a\x0bb\n2,c\u2028\n") == (2, [])


@pytest.mark.parametrize(
    ("lines", "opens_in"),
    [
        (['1,1,"a', "2,2,b", "3,3,c"], 2),
        (['1,1,a', '2,"2,b', "3,3,c"], 3),
        (['1,1,"a', '2,2,"b', "3,3,c"], 2),
        (['1,1,"a"', '2,2,"'], 3),
    ],
)  # fmt: skip
def test_rows_never_hide_in_a_value_whose_quotation_mark_does_not_close(
    lines: list[str], opens_in: int
) -> None:
    text = "\n".join(["id,amount,note", *lines]) + ("" if lines[-1].endswith('"') else "\n")
    with pytest.raises(FileRefusedError, match=f"does not close: it opens in line {opens_in}"):
        from_file(text)


def test_values_of_several_lines_and_marks_within_a_line_are_fine() -> None:
    text = 'id,amount,note\r\n1,1,"two\r\nlines"\r\n2,2,5" pipe\r\n3,3,"a ""b"" c"\r\n4,4,"5" tube"\r\n'
    assert from_file(text) == (4, [])


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('"id,amount\n' + "1,1\n" * 400_000, "its header cannot be read: a quotation mark does not close"),
        ("id,note\n1," + "x" * 3_000_000 + "\n2,y\n", "a value is longer than 1,048,576 bytes"),
    ],
)
def test_endless_values_refuse_the_file(text: str, reason: str) -> None:
    with pytest.raises(FileRefusedError, match=reason):
        check_file("bills.csv", InMemory(text.encode()), BILL, FileFormat())
        from_file(text)


def test_a_gzip_bomb_is_refused_before_it_fills_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(file_rows, "UNPACKED_ALWAYS", 100_000)
    rows = b"".join(b"%d,%d\n" % (number, number * number) for number in range(50_000))
    packed = gzip.compress(b"id,amount\n") + gzip.compress(rows) + b"\0" * 16
    assert from_file(packed, "bills.csv.gz") == (50_000, [])
    with pytest.raises(FileRefusedError, match="unpacks to more than 250 times its size"):
        from_file(gzip.compress(b"id\n" + b"0" * 1_000_000), "bills.csv.gz")
    for damaged in (packed[:-30], packed + b"more", packed[:40] + b"\xff" * 9 + packed[49:]):
        with pytest.raises(FileRefusedError, match="cut off or damaged"):
            from_file(damaged, "bills.csv.gz")


def test_entities_and_damaged_parts_of_a_workbook_refuse_it() -> None:
    book, written = Workbook(), io.BytesIO()
    book.active.append(["id", 1])  # type: ignore[union-attr]
    book.save(written)
    bomb = "".join(f'<!ENTITY {chr(98 + n)} "{f"&{chr(97 + n)};" * 10}">' for n in range(8))
    document_type = f'<!DOCTYPE x [<!ENTITY a "{"9" * 1000}">{bomb}]>'.encode()
    for part, old, new in (
        ("xl/worksheets/sheet1.xml", b"<worksheet", document_type + b"<worksheet"),
        ("xl/workbook.xml", b"<sheets>", b"<sheets"),
        ("xl/workbook.xml", b"<sheets>.*</sheets>", b"<sheets/>"),
        ("[Content_Types].xml", b"<", b""),
    ):  # fmt: skip
        changed = io.BytesIO()
        with zipfile.ZipFile(written) as source, zipfile.ZipFile(changed, "w") as target:
            for name in source.namelist():
                content = source.read(name)
                if name == part:
                    content = re.sub(old, new, content).replace(b"<v>1</v>", b"<v>&i;</v>")
                target.writestr(name, content)
        with pytest.raises(FileRefusedError):
            check_file("bills.xlsx", InMemory(changed.getvalue()), BILL, FileFormat())


def test_an_endless_tax_id_is_one_bad_value_and_no_endless_work() -> None:
    endless = TOKENIZER.tokenize("tax_id", "9" * 1_000_000)
    assert (endless.verdict, endless.near) == ("INVALID_FORMAT", None)
    assert TOKENIZER.tokenize("tax_id", "9" * 32).near is not None


def test_many_rejects_of_one_record_keep_their_places() -> None:
    lines = [{"id": str(number), "amount": "many"} for number in range(4_000)]
    table = TableSpec("line", (column("id"), column("amount", MONEY)), key=("id",), explode="lines")
    rows = rows_of_records([{"lines": [*lines, "no line"]}], [table], file_name="bills")["line"]
    found: CheckedRows = check_rows(rows, TOKENIZER)
    assert [row.position for row in found.rejected] == list(range(1, 4_002))


def test_unreadable_lines_stand_behind_the_rows_of_their_place() -> None:
    broken = (Unreadable("is broken", "x", "a", 2), Unreadable("is broken", "y", "a", 2))
    names = ("id", "amount", "count", "day", "at", "entered", "note", "tax", "_source_version")
    text: dict[str, Any] = {name: ["1", "2"] for name in names}
    meta = {"_source_updated_at": [None, None], "_is_deleted": [None, None], "_extension": ["{}", "{}"]}
    table = pa.table({**text, **meta, "_file_name": ["a", "a"], "_line_number": [1, 2]})
    rejected = check_rows(RawRows(BILL, table.cast(_strings(table)), broken), TOKENIZER).rejected
    assert [(row.line_number, row.position) for row in rejected if row.reason == "is broken"] == [
        (2, 2),
        (2, 3),
    ]


def _strings(table: pa.Table) -> pa.Schema:
    kinds = {"_line_number": pa.int64()}
    return pa.schema([(name, kinds.get(name, pa.string())) for name in table.column_names])


def test_a_damaged_old_workbook_never_ends_the_process(tmp_path: Path) -> None:
    header = bytes.fromhex("d0cf11e0a1b11ae1") + bytes(16) + bytes.fromhex("3e000300feff0900")
    for tail in (b"", bytes(480), b"\xff" * 4_000, bytes(range(256)) * 20):
        with pytest.raises(FileRefusedError):
            check_file("bills.xls", InMemory(header + tail), BILL, FileFormat())

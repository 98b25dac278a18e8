"""Files as people write them: encodings, headers, dates, numbers, totals and spreadsheets, by declaration."""

import io
import zipfile
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook

from ingestion.configuration.landscape import LandscapeError
from ingestion.contracts.contract import CheckedRows, check_rows
from ingestion.formats import sheets
from ingestion.formats.content import InMemory
from ingestion.formats.file_rows import check_file, read_rows
from ingestion.formats.numbers import COMMA, POINT, number_of
from ingestion.formats.text_files import FileRefusedError
from ingestion.spec import DATE, MONEY, ColumnSpec, FileFormat, TableSpec, column
from ingestion.tokens import Tokenizer
from ingestion.vault import open_vault
from tests.ingestion.conftest import Harness


def bill_table(**amount: Any) -> TableSpec:
    dates = amount.pop("dates", ("%d/%m/%Y",))
    columns: tuple[ColumnSpec, ...] = (
        column("Number", required=True),
        column("Day", DATE, format=dates),
        column("Amount", MONEY, required=True, **amount),
    )
    return TableSpec(name="bill", columns=columns, key=("number",))


BILL = bill_table(format=POINT)


@pytest.fixture
def tokenizer(tmp_path: Path) -> Tokenizer:
    return Tokenizer(b"k" * 32, open_vault(tmp_path, None))


def rows(checked: CheckedRows) -> list[tuple[Any, ...]]:
    found = checked.table.select(["number", "day", "amount", "_line_number"]).to_pylist()
    return [tuple(row.values()) for row in found]


def read(
    text: str | bytes,
    tokenizer: Tokenizer,
    format: FileFormat,
    table: TableSpec = BILL,
    name: str = "bills.csv",
) -> CheckedRows:
    content = text.encode() if isinstance(text, str) else text
    check_file(name, InMemory(content), table, format)
    return check_rows(read_rows(name, content, table, format), tokenizer)


DASHES = FileFormat(encodings=("utf-8-sig", "cp1252", "mac_roman"), characters="\u2013")


@pytest.mark.parametrize(
    ("dash", "encoding"),
    [(b"\xe2\x80\x93", "utf-8-sig"), (b"\x96", "cp1252"), (b"\xd0", "mac_roman"), (b"-", "utf-8-sig")],
)
def test_the_encoding_is_the_first_that_writes_what_the_source_writes(dash: bytes, encoding: str) -> None:
    content = b"Number,Day,Amount\nA " + dash + b" B,01/02/2026,1\n"
    assert check_file("bills.csv", InMemory(content), BILL, DASHES).encoding == encoding
    number = read_rows("bills.csv", content, BILL, DASHES).table.column("number").to_pylist()
    assert number == ["A - B" if dash == b"-" else "A \u2013 B"]


def test_a_file_pasted_from_two_encodings_is_read_by_line() -> None:
    content = b"Number,Day,Amount\nA\x96,,1\nB\xd0,,2\n"
    assert check_file("bills.csv", InMemory(content), BILL, DASHES).encoding == "utf-8-sig+cp1252+mac_roman"
    numbers = read_rows("bills.csv", content, BILL, DASHES).table.column("number").to_pylist()
    assert numbers == ["A\u2013", "B\u2013"]


def test_an_encoding_that_nobody_declared_refuses_the_file() -> None:
    with pytest.raises(FileRefusedError, match="is not encoded as utf-8-sig or cp1252 or mac_roman with"):
        check_file("bills.csv", InMemory(b"Number,Day,Amount\nA\xa9,,1\n"), BILL, DASHES)


@pytest.mark.parametrize("ends", ["\n", "\r\n", "\r"])
def test_header_below_a_preamble_footers_and_totals(tokenizer: Tokenizer, ends: str) -> None:
    format = FileFormat(delimiter=";", preamble=5, footers=("Total", "End of"), total_of="amount")
    lines = [
        'Payments of the month;"with; a note"', "", "Number;Day;Amount;", "1;01/02/2026;1,000.50;", ";;;",
        "2;02/02/2026;(0.50);", "Total;;1,000.00;", "End of report",
    ]  # fmt: skip
    checked = read(ends.join(lines) + ends, tokenizer, format)
    assert [row[:3] for row in rows(checked)] == [
        ("1", date(2026, 2, 1), Decimal("1000.50")),
        ("2", date(2026, 2, 2), Decimal("-0.50")),
    ]
    assert not checked.rejected
    wrong = ends.join(lines).replace("1,000.00", "1,001.00")
    with pytest.raises(FileRefusedError, match=r"amount adds up to 1000\.00, its last line says 1,001\.00"):
        read(wrong, tokenizer, format)


def test_an_undeclared_total_is_a_rejected_row_not_a_bill(tokenizer: Tokenizer) -> None:
    checked = read("Number,Day,Amount\n1,01/02/2026,5\n,,5\n", tokenizer, FileFormat())
    assert len(rows(checked)) == 1
    assert [row.reason for row in checked.rejected] == ["number is required and empty"]


def test_a_date_that_two_formats_read_differently_is_rejected(tokenizer: Tokenizer) -> None:
    table = bill_table(dates=("%d/%m/%Y", "%m/%d/%Y", "%d-%b-%y"))
    text = "Number,Day,Amount\n1,25/12/2026,1\n2,12/25/2026,1\n3,03/04/2026,1\n4,04/04/2026,1\n5,1-FEB-26,1\n"
    checked = read(text, tokenizer, FileFormat(), table)
    assert [(row[0], row[1]) for row in rows(checked)] == [
        ("1", date(2026, 12, 25)),
        ("2", date(2026, 12, 25)),
        ("4", date(2026, 4, 4)),
        ("5", date(2026, 2, 1)),
    ]
    (rejected,) = checked.rejected
    assert rejected.reason == "day: '03/04/2026' is ambiguous: its date formats read it differently"


@pytest.mark.parametrize(
    ("written", "text", "value"),
    [
        (POINT, "1,234.56", "1234.56"), (POINT, " \u00a31,234,567 ", "1234567"), (POINT, "-$5", "-5"),
        (POINT, "$-5", "-5"), (POINT, "(1,000.10)", "-1000.10"), (POINT, "7.5-", "-7.5"),
        (POINT, "1,5", None), (POINT, "1,23,456", None), (POINT, "1.234,56", None), (POINT, "-(5)", None),
        (POINT, "1-2", None), (POINT, "\u00a3", None),
        (COMMA, "1.234,56", "1234.56"), (COMMA, "0,5", "0.5"), (COMMA, "1.5", None),
        (COMMA, "1,234.56", None),
    ],
)  # fmt: skip
def test_numbers_are_read_as_declared_or_rejected(
    tokenizer: Tokenizer, written: str, text: str, value: str | None
) -> None:
    assert number_of(text, written) == (None if value is None else Decimal(value))
    checked = read(f'Number,Day,Amount\n1,,"{text}"\n', tokenizer, FileFormat(), bill_table(format=written))
    assert [row[2] for row in rows(checked)] == ([] if value is None else [Decimal(value)])
    assert len(checked.rejected) == (value is None)


@settings(max_examples=20, deadline=None)
@given(st.decimals(-(10**12), 10**12, places=2, allow_nan=False))
def test_a_grouped_number_is_the_number(value: Decimal) -> None:
    grouped = f"{value:,.2f}"
    assert number_of(grouped, POINT) == value
    swapped = grouped.translate(str.maketrans(",.", ".,"))
    assert number_of(swapped, COMMA) == value


def test_a_header_that_an_instance_names_comes_before_the_specs_own(tokenizer: Tokenizer) -> None:
    columns = (*BILL.columns[:2], replace(BILL.columns[2], headers=("Pack price",)))
    text = "Number,Day,Amount,Pack Price\n1,,0.97,29\n"
    checked = read(text, tokenizer, FileFormat(), replace(BILL, columns=columns))
    assert [row[2] for row in rows(checked)] == [Decimal(29)]


def test_columns_of_fixed_width(tokenizer: Tokenizer) -> None:
    text = "Number    Day       Amount\n1, or so  01/02/2026  12.50\n2         02/02/2026   3.00\n"
    checked = read(text, tokenizer, FileFormat(widths=(10, 10, 7)))
    assert [(row[0], row[2]) for row in rows(checked)] == [("1, or so", Decimal("12.5")), ("2", Decimal(3))]


def workbook(fill: Callable[[Workbook], None]) -> bytes:
    book, written = Workbook(), io.BytesIO()
    fill(book)
    book.save(written)
    return written.getvalue()


def test_errors_of_a_spreadsheet_are_no_values(tokenizer: Tokenizer) -> None:
    def fill(book: Workbook) -> None:
        sheet = book.worksheets[0]
        for row in (["Number", "Day", "Amount", "Else"], [1, "01/02/2026", 1, "#N/A"],
                    [2, "01/02/2026", "#REF!", None], ["#N/A", "01/02/2026", 1, None]):  # fmt: skip
            sheet.append(row)

    checked = read(workbook(fill), tokenizer, FileFormat(), name="bills.xlsx")
    assert [row[0] for row in rows(checked)] == ["1"]
    assert [row.reason for row in checked.rejected] == [
        "amount: '#REF!' is an error of the spreadsheet, no value",
        "number: '#N/A' is an error of the spreadsheet, no value",
    ]


def test_a_sheet_gives_dates_cached_values_and_fifteen_digits(tokenizer: Tokenizer) -> None:
    def fill(book: Workbook) -> None:
        book.create_sheet("Notes").append(["nothing"])
        sheet = book.create_sheet("Bills ")
        for row in (
            ["Payments"], [None], [None, "Number", "Day", "Amount"],
            [None, 1, date(2026, 2, 1), 117320.15000000001], [None, 2, "02/02/2026", 0.1 + 0.2], [None, None],
            [None, 3, None, "=1+1"],
        ):  # fmt: skip
            sheet.append(row)

    content = workbook(fill)
    format = FileFormat(sheet="Bills", preamble=3)
    checked = read(content, tokenizer, format, name="bills.xlsx")
    assert rows(checked) == [
        ("1", date(2026, 2, 1), Decimal("117320.15"), 4),
        ("2", date(2026, 2, 2), Decimal("0.30"), 5),
    ]
    # Nobody saved a value for the formula: it is empty, not computed.
    assert [row.reason for row in checked.rejected] == ["amount is required and empty"]
    with pytest.raises(FileRefusedError, match="has no sheet 'Other'"):
        check_file("bills.xlsx", InMemory(content), BILL, FileFormat(sheet="Other"))


def test_spreadsheets_that_would_not_fit_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    wide = workbook(lambda book: book.active.__setitem__("XFD3", 1))  # type: ignore[union-attr]
    with pytest.raises(FileRefusedError, match="too large for a spreadsheet"):
        check_file("bills.xlsx", InMemory(wide), BILL, FileFormat())
    bomb = io.BytesIO(workbook(lambda book: None))
    with zipfile.ZipFile(bomb, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/media/zeros", bytes(3_000_000))
    monkeypatch.setattr(sheets, "MOST_BYTES", 2_000_000)
    with pytest.raises(FileRefusedError, match="unpacks to 3,"):
        check_file("bills.xlsx", InMemory(bomb.getvalue()), BILL, FileFormat())


def test_a_row_number_beyond_the_format_is_refused() -> None:
    """The reader fills the gap before a row with empty rows, of which there could be any number."""
    small = workbook(lambda book: book.active.append(["Number", "Day", "Amount"]))  # type: ignore[union-attr]
    far = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(small)) as before, zipfile.ZipFile(far, "w") as after:
        for name in before.namelist():
            content = before.read(name)
            if name.endswith("sheet1.xml"):
                content = content.replace(b"</sheetData>", b'<row r="999999999999999"/></sheetData>')
                assert b"999999999999999" in content
            after.writestr(name, content)
    with pytest.raises(FileRefusedError, match="rows are numbered beyond 1,048,576") as refused:
        check_file("bills.xlsx", InMemory(far.getvalue()), BILL, FileFormat())
    assert "deliver the rows as CSV" in str(refused.value)


@pytest.mark.parametrize("name", ["bills.xlsx", "bills.xls"])
def test_what_is_no_spreadsheet_is_refused(name: str) -> None:
    with pytest.raises(FileRefusedError, match="cannot be read as"):
        check_file(name, InMemory(b"not a workbook at all"), BILL, FileFormat())


@pytest.mark.parametrize(
    ("rules", "complaint"),
    [
        ("format: {encodings: [latin-99]}", "unknown encoding 'latin-99'"),
        ("format: {total_of: sum}", "no column 'sum'"),
        ("format: {sheets: one}", "unknown key 'sheets'; allowed: encodings"),
        ("columns: {bill: {amount: {}}}", "uk_spend has no table 'bill'; allowed: payment_line"),
        (
            "columns: {payment_line: {day: {}}}",
            "payment_line has no column 'day'; allowed: department_family",
        ),
        ("columns: {payment_line: {entity: {dates: ['%d']}}}", "entity is varchar, no date"),
        ("columns: {payment_line: {amount: {number: '1 234'}}}", "allowed: '1,234.56' or '1.234,56'"),
    ],
)
def test_wrong_rules_name_their_line(
    harness: Callable[..., Harness], tmp_path: Path, rules: str, complaint: str
) -> None:
    made = harness(f"  body:\n    system: uk_spend\n    connection: {{folder: {tmp_path}}}\n    {rules}\n")
    with pytest.raises(LandscapeError) as error:
        made.run()
    assert "landscape.yaml:10: " in str(error.value) and complaint in str(error.value)

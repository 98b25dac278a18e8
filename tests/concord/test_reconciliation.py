"""The reconciliation as a workbook: it adds up, nothing in it acts, and nothing that was written is lost."""

import datetime
import re
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import openpyxl
import pytest
from click.testing import CliRunner, Result
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl.comments import Comment

from concord.cli import main
from concord.workbook import ACTS, harmless

EVIL = '=HYPERLINK("http://127.0.0.1","pay")'
# legal entity, account, part, place, section, document, amount
ITEMS = [
    ("E1", "21", "GRNI", 1, "OWED", "PO-1|1", "100.10"),
    ("E1", "21", "GRNI", 1, "OWED", "PO-2|1", "20.00"),
    ("E1", "21", "IRNG", 3, "OWED", "PO-3|1", "-7.05"),
    ("E1", "21", "MANUAL", 16, "LEFT_ON_ACCOUNT", EVIL, "5.00"),
    ("E1", "22", "GRNI", 1, "OWED", "PO-4|1", "0.30"),
    ("E2", "21", "NOT_ITEMIZED", 24, "NOT_ITEMIZED", "-2+3", "-9.00"),
]
SCHEMA = """
    drop schema if exists marts cascade;
    create schema marts;
    create table marts.publication (run_id varchar, as_of date);
    create table marts.mart_grni_bridge_line (
        legal_entity_code varchar, account_code varchar, bridge_class varchar, line_number integer,
        section varchar, native_id varchar, amount decimal(18, 2), business_key varchar as (native_id),
        ledger_instance varchar default 'erp', currency_code varchar default 'USD',
        entity_type varchar default 'purchase_order_line', source_instance varchar default 'proc',
        supplier_name varchar default '@supplier', facility_code varchar default '+H1'
    );
"""
BRIDGE = """
    create table marts.mart_grni_bridge as
        with parts as (
            select legal_entity_code, ledger_instance, account_code, currency_code, bridge_class, line_number,
                section, count(*) as item_count, sum(amount) as amount
            from marts.mart_grni_bridge_line group by all
        )
        select *, sum(amount) over (
            partition by legal_entity_code, ledger_instance, account_code, currency_code
        ) as ledger_balance
        from parts
"""
Item = tuple[str, str, str, int, str, str, str]


def _serve(home: Path, items: list[Item], as_of: str = "2026-06-30") -> Path:
    (home / "serving").mkdir(parents=True, exist_ok=True)
    with duckdb.connect(str(home / "serving" / "concord.duckdb")) as connection:
        connection.execute(SCHEMA)
        connection.execute("insert into marts.publication values (?, ?)", [f"run of {as_of}", as_of])
        for item in items:
            connection.execute(
                "insert into marts.mart_grni_bridge_line (legal_entity_code, account_code, bridge_class,"
                " line_number, section, native_id, amount) values (?, ?, ?, ?, ?, ?, ?)",
                item,
            )
        connection.execute(BRIDGE)
    return home


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return _serve(tmp_path / "home", ITEMS)


def _run(home: Path, file: Path, *words: str) -> Result:
    return CliRunner().invoke(main, ["export-reconciliation", str(file), "--home", str(home), *words])


def _export(home: Path, name: str, *words: str) -> Path:
    file = home.parent / name
    done = _run(home, file, "--legal-entity", "E1", *words)
    assert done.exit_code == 0, done.output
    return file


def _rows(file: Path, sheet: str) -> list[dict[str, Any]]:
    """The rows below the headers, by header."""
    rows = list(openpyxl.load_workbook(file)[sheet].iter_rows(values_only=True))
    at = next(place for place, row in enumerate(rows) if row[0] == "key")
    return [dict(zip(map(str, rows[at]), row, strict=True)) for row in rows[at + 1 :]]


def _write(file: Path, sheet: str, key: str, column: str, value: Any) -> None:
    book = openpyxl.load_workbook(file)
    rows = list(book[sheet].iter_rows())
    header = next([cell.value for cell in row] for row in rows if row[0].value == "key")
    [row] = [row for row in rows if str(row[0].value).endswith(key)]
    row[header.index(column)].value = value
    book.save(file)


def _computed(book: Any, formula: str, sheet: str) -> Decimal:
    """What a spreadsheet would make of the few shapes of formula there are."""
    total = Decimal(0)
    for name, first, last in re.findall(r"(?:'([^']+)'!)?([A-Z]\d+)(?::([A-Z]\d+))?", formula):
        cells = book[name or sheet][f"{first}:{last or first}"]
        for row in cells if isinstance(cells, tuple) else ((cells,),):
            total += sum(Decimal(str(cell.value)) for cell in row)
    return total


def test_the_summary_adds_up_from_documents_to_the_ledger(home: Path) -> None:
    file = _export(home, "june.xlsx")
    told = {row["key"]: row for row in _rows(file, "Summary")}
    amounts = {
        key.removeprefix("E1~"): row["amount"] for key, row in told.items() if not key.startswith("about")
    }
    assert amounts == {
        "21~erp~USD~GRNI": 120.1, "21~erp~USD~IRNG": -7.05, "21~erp~USD~owed": 113.05, "21~erp~USD~MANUAL": 5,
        "21~erp~USD~balance": 118.05, "21~erp~USD~ledger": 118.05, "21~erp~USD~unknown": 0,
        "22~erp~USD~GRNI": 0.3, "22~erp~USD~owed": 0.3, "22~erp~USD~balance": 0.3, "22~erp~USD~ledger": 0.3,
        "22~erp~USD~unknown": 0,
    }  # fmt: skip
    assert [row["document"] for row in _rows(file, "GRNI")] == ["PO-1|1", "PO-2|1"]
    assert [row["document"] for row in _rows(file, "GRNI 2")] == ["PO-4|1"], "of another account"
    assert {"prepared by", "prepared on", "reviewed by", "reviewed on", "comment"} <= set(
        _rows(file, "Summary")[0]
    )


def test_every_formula_gives_the_value_beside_it(home: Path) -> None:
    book = openpyxl.load_workbook(_export(home, "june.xlsx"))
    checked = 0
    for row in book["Summary"].iter_rows():
        amount, formula, difference = (cell.value for cell in row[6:9])
        if str(formula).startswith("="):
            assert _computed(book, formula, "Summary") == Decimal(str(amount)), formula
            assert difference == f"=ROUND(G{row[0].row}-H{row[0].row},2)"
            checked += 1
    assert checked == 10


def test_of_several_legal_entities_one_is_named(home: Path) -> None:
    done = _run(home, home.parent / "x.xlsx")
    assert done.exit_code == 2 and "name one with --legal-entity: E1, E2" in done.output
    done = _run(home, home.parent / "x.xlsx", "--legal-entity", "E3")
    assert done.exit_code == 2 and "there are E1, E2" in done.output
    file = home.parent / "e2.xlsx"
    assert _run(home, file, "--legal-entity", "E2").exit_code == 0
    assert [row["amount"] for row in _rows(file, "Summary") if row["part"] == "of it not explained"] == [-9]


def test_text_of_a_source_is_never_a_formula(home: Path) -> None:
    file = _export(home, "june.xlsx")
    book = openpyxl.load_workbook(file)
    texts = [cell for sheet in book for row in sheet for cell in row if isinstance(cell.value, str)]
    ours = [cell for cell in texts if cell.parent.title == "Summary" and cell.column_letter in "HI"]
    acting = [cell.value for cell in texts if cell not in ours and cell.value[0] in ACTS]
    assert acting == []
    assert [cell.value for cell in texts if cell.data_type == "f" and cell not in ours] == []
    [row] = _rows(file, "MANUAL")
    assert (row["document"], row["supplier"], row["facility"]) == (f"'{EVIL}", "'@supplier", "'+H1")


def test_a_comment_stands_beside_what_is_still_open(home: Path) -> None:
    """PO-1 stays, PO-2 is settled; a part keeps its comment whatever its amount."""
    may = _export(home, "may.xlsx")
    _write(may, "GRNI", "PO-1|1", "comment", "asked on June 3")
    _write(may, "GRNI", "PO-2|1", "comment", "=in July?")
    _write(may, "Summary", "21~erp~USD~GRNI", "comment", "two lines")
    _write(may, "Summary", "21~erp~USD~balance", "prepared by", "A. Person")
    _write(may, "Summary", "21~erp~USD~balance", "prepared on", datetime.datetime(2026, 7, 2))
    before = may.read_bytes()
    _serve(home, [ITEMS[0], *ITEMS[2:]], "2026-07-31")
    june = _export(home, "june.xlsx", "--previous", str(may))
    assert may.read_bytes() == before
    [row] = _rows(june, "GRNI")
    assert (row["comment"], row["comment before"]) == (None, "[2026-06-30] asked on June 3")
    summary = {row["key"]: row for row in _rows(june, "Summary")}
    assert summary["E1~21~erp~USD~GRNI"]["comment before"] == "[2026-06-30] two lines"
    assert summary["E1~21~erp~USD~balance"]["prepared by"] is None, "new numbers want a new signature"
    told = {(row["where"].split("~")[-1], row["field"], row["text"]) for row in _rows(june, "History")}
    assert told == {
        ("PO-1|1", "comment", "asked on June 3"),
        ("PO-2|1", "comment", "'=in July?"),
        ("GRNI", "comment", "two lines"),
        ("balance", "prepared by", "A. Person"),
        ("balance", "prepared on", "2026-07-02"),
    }


def test_the_newest_comment_is_shown_and_the_older_ones_are_kept(home: Path) -> None:
    first = _export(home, "1.xlsx")
    _write(first, "GRNI", "PO-1|1", "comment", "one")
    _serve(home, ITEMS[1:], "2026-07-31")
    second = _export(home, "2.xlsx", "--previous", str(first))
    _serve(home, ITEMS, "2026-08-31")
    third = _export(home, "3.xlsx", "--previous", str(second))
    assert _rows(third, "GRNI")[0]["comment before"] == "[2026-06-30] one", "gone for a month and back"
    _write(third, "GRNI", "PO-1|1", "comment", "two")
    fourth = _export(home, "4.xlsx", "--previous", str(third))
    assert _rows(fourth, "GRNI")[0]["comment before"] == "[2026-08-31] two"
    assert [row["text"] for row in _rows(fourth, "History")] == ["one", "two"]


def test_what_was_written_elsewhere_is_kept_with_its_place(home: Path) -> None:
    file = _export(home, "june.xlsx")
    book = openpyxl.load_workbook(file)
    book["GRNI"]["M3"], book["GRNI"]["M4"] = "ticket", "T-77"
    book["GRNI"]["N3"], book["GRNI"]["N4"] = "amount", 99
    book["GRNI 2"]["D4"] = "typed over the supplier"
    book["Summary"]["H8"] = "instead of a formula"
    book["GRNI"]["B9"] = "below the table"
    book["GRNI"]["C1"] = "beside the title"
    book["Summary"]["D3"] = "beside the run"
    book["History"]["G1"], book["History"]["B7"] = "to the right", "below history"
    book["IRNG"]["C4"].comment = Comment("a note", "A. Person")
    book.create_sheet("Scratch")["B2"] = "own sheet"
    book.save(file)
    _write(file, "GRNI", "PO-2|1", "comment before", "edited")
    after = _export(home, "after.xlsx", "--previous", str(file))
    told = {(row["where"].split("~")[-1], row["field"], row["text"]) for row in _rows(after, "History")}
    [changed] = [one for one in told if one[1] == "row as changed"]
    assert changed[0] == "PO-4|1" and "supplier typed over the supplier; " in changed[2]
    assert told - {changed} == {
        ("GRNI!M3", "text", "ticket"),
        ("GRNI", "by formula", "instead of a formula"),
        ("PO-1|1", "ticket", "T-77"),
        ("PO-1|1", "amount", "99"),
        ("PO-2|1", "comment before", "edited"),
        ("GRNI!B9", "text", "below the table"),
        ("GRNI!C1", "text", "beside the title"),
        ("Summary!D3", "text", "beside the run"),
        ("History!G1", "text", "to the right"),
        ("History!B7", "text", "below history"),
        ("IRNG!C4", "note", "a note"),
        ("Scratch!B2", "text", "own sheet"),
    }
    again = _export(home, "again.xlsx", "--previous", str(after))
    assert _rows(again, "History") == _rows(after, "History"), "carried on, and not once more"


words = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=60).map(
    lambda text: text.replace("\ufffe", "").replace("\uffff", "") or "-"
)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(words, min_size=3, max_size=3))
def test_whatever_is_written_arrives_as_it_was(home: Path, texts: list[str]) -> None:
    """Through two periods; only a mark before a formula's first sign is added."""
    file = _export(home, "one.xlsx", "--force")
    book = openpyxl.load_workbook(file)
    for cell, text in zip(("J4", "J5", "B20"), texts, strict=True):
        book["GRNI"][cell].value = text
    book.save(file)
    read = [openpyxl.load_workbook(file)["GRNI"][cell].value for cell in ("J4", "J5", "B20")]
    two = _export(home, "two.xlsx", "--force", "--previous", str(file))
    three = _export(home, "three.xlsx", "--force", "--previous", str(two))
    for after in (two, three):
        assert [row["text"] for row in _rows(after, "History")] == [harmless(text) for text in read]
    assert [row["comment before"] for row in _rows(three, "GRNI")] == [
        f"[2026-06-30] {harmless(text)}" for text in read[:2]
    ]


@given(st.text(max_size=40))
def test_harmless_text_acts_nowhere_and_stays_so(text: str) -> None:
    told = harmless(text)
    assert told.strip()[:1] not in (*ACTS,) and harmless(told) == told
    assert told in (text, f"'{text}") or re.search("[\x00-\x1f\ud800-\udfff\ufffe\uffff]", text)


def test_a_workbook_with_comments_is_not_written_over(home: Path) -> None:
    file = _export(home, "june.xlsx")
    before = file.read_bytes()
    done = _run(home, file, "--legal-entity", "E1")
    assert done.exit_code == 2 and "--force" in done.output and file.read_bytes() == before
    _write(file, "GRNI", "PO-1|1", "comment", "kept")
    _export(home, "june.xlsx", "--force", "--previous", str(file))
    assert _rows(file, "GRNI")[0]["comment before"] == "[2026-06-30] kept", "onto itself, and nothing is lost"


def test_a_wrong_workbook_before_is_refused(home: Path) -> None:
    mine, file = ["--legal-entity", "E1", "--previous"], home.parent / "x.xlsx"
    later = _export(_serve(home, ITEMS, "2026-07-31"), "later.xlsx")
    _serve(home, ITEMS)
    other = home.parent / "e2.xlsx"
    assert _run(home, other, "--legal-entity", "E2").exit_code == 0
    none = home.parent / "none.xlsx"
    none.write_bytes(b"PK")
    foreign = home.parent / "foreign.xlsx"
    openpyxl.Workbook().save(foreign)
    refused = {later: "which is after 2026-06-30", other: "is of E2, not of E1", none: "cannot be read",
               foreign: "name a workbook of `concord export-reconciliation`"}  # fmt: skip
    for previous, complaint in refused.items():
        done = _run(home, file, *mine, str(previous))
        assert done.exit_code == 2 and complaint in " ".join(done.output.split()), done.output
    assert not file.exists()


def test_what_does_not_add_up_is_not_written(home: Path) -> None:
    with duckdb.connect(str(home / "serving" / "concord.duckdb")) as connection:
        connection.execute("update marts.mart_grni_bridge set ledger_balance = ledger_balance + 0.01")
    done = _run(home, home.parent / "x.xlsx", "--legal-entity", "E1")
    assert done.exit_code == 2 and "E1~21~erp~USD does not tie" in done.output
    with duckdb.connect(str(home / "serving" / "concord.duckdb")) as connection:
        connection.execute("delete from marts.mart_grni_bridge_line where business_key = 'PO-2|1'")
    done = _run(home, home.parent / "x.xlsx", "--legal-entity", "E1")
    assert done.exit_code == 2 and "documents 100.10, part 120.10" in done.output
    assert not (home.parent / "x.xlsx").exists()


def test_without_an_account_there_is_nothing_to_sign(tmp_path: Path) -> None:
    home = _serve(tmp_path / "home", [])
    done = _run(home, tmp_path / "x.xlsx")
    assert done.exit_code == 2 and "seeds/accrual_owner.csv" in done.output
    assert _run(home, tmp_path / "x.csv").exit_code == 2


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(words, min_size=4, max_size=4, unique=True))
def test_a_row_nobody_touched_is_not_taken_for_a_changed_one(home: Path, names: list[str]) -> None:
    """Whatever the documents are called, and after the file was saved by something else."""
    _serve(home, [("E1", "21", "GRNI", 1, "OWED", name, f"{place}.10") for place, name in enumerate(names)])
    file = _export(home, "one.xlsx", "--force")
    openpyxl.load_workbook(file).save(file)
    assert _rows(_export(home, "two.xlsx", "--force", "--previous", str(file)), "History") == []

"""A sample drawn for a person and scored from what the person wrote: same rows, stated weights, refusals."""

import csv
import json
from collections import Counter
from pathlib import Path
from typing import Any

import duckdb
import openpyxl
import pytest
from click.testing import CliRunner, Result

from concord.cli import main

LINES, OVER, RECEIVED = 200, 12, 30
SERVED = f"""
    create schema conformed; create schema controls; create schema marts;
    create table marts.publication as select 'run-7' as run_id, date '2026-06-30' as as_of;
    create table conformed.dim_supplier as
        select 's1' as supplier_key, '=cmd|'' /c calc''!A1' as supplier_name;
    create table marts.mart_invoice_match as
        select 'ap' as source_instance, 'L' || n as native_id, 'INV-' || n as invoice_number,
            '1' as line_number, 'PO-' || n as po_number, '1' as po_line_number,
            'E1' as legal_entity_code, 'H1' as facility_code, 's1' as supplier_key,
            date '2026-06-01' as invoice_date, 'USD' as currency_code,
            cast(n as decimal(18, 2)) as line_amount, 'MATCHED' as match_status, 'EA' as base_uom_code,
            cast(5 as decimal(18, 6)) as ordered_quantity, 5 as received_quantity,
            0 as previously_invoiced_quantity, 5 as invoiced_quantity, 1.5 as po_unit_price,
            1.5 as invoice_unit_price, '' as codes
        from range({LINES}) as numbers(n);
    create table controls.exc_exception as
        select code || n as exception_id, code, step as evaluation_step, 'invoice_line' as entity_type,
            'INV-' || n || '|1' as business_key, 'ap' as source_instance, 'L' || n as native_id,
            'E1' as legal_entity_code, 'H1' as facility_code, 's1' as supplier_key,
            cast(9 as decimal(18, 2)) as amount_at_risk, null::varchar as cause_code,
            '{{"words":"w","causes":"x","charge_amount":null,"quantity_at_risk":"2.500000"}}' as evidence,
            'OPEN' as status
        from (
            select 'PRICE_OVER' as code, 31 as step, n from range({OVER}) as numbers(n)
            union all select 'QTY_OVER_RECEIVED', 51, n + 6 from range({RECEIVED}) as numbers(n)
        );
    insert into controls.exc_exception
        select 'x', 'SCREENING_STALE', 209, 'screening_list', 'list', 'leie', 'leie', null, null, null, null,
            null, null, 'OPEN';
    insert into controls.exc_exception
        select * replace ('closed' as exception_id, 'CURED' as status, 'L99' as native_id)
        from controls.exc_exception where exception_id = 'PRICE_OVER0'
"""
Cells = dict[str, str]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "home" / "serving").mkdir(parents=True)
    with duckdb.connect(str(tmp_path / "home" / "serving" / "concord.duckdb")) as connection:
        connection.execute(SERVED)
    return tmp_path / "home"


def _draw(home: Path, name: str, *words: str) -> Path:
    file = home.parent / name
    done = CliRunner().invoke(main, ["audit-sample", "draw", str(file), "--home", str(home), *words])
    assert done.exit_code == 0, done.output
    return file


def _score(file: Path, *words: str) -> Result:
    return CliRunner().invoke(main, ["audit-sample", "score", str(file), *words])


def _rows(file: Path) -> list[Cells]:
    if file.suffix == ".csv":
        with file.open(encoding="utf-8-sig", newline="") as opened:
            return list(csv.DictReader(opened))
    header, *rows = openpyxl.load_workbook(file)["sample"].iter_rows(values_only=True)
    return [
        {str(name): "" if value is None else str(value) for name, value in zip(header, row, strict=True)}
        for row in rows
    ]


def _write(file: Path, rows: list[Cells], delimiter: str = ",") -> Path:
    with file.open("w", encoding="utf-8-sig", newline="") as opened:
        writer = csv.DictWriter(opened, list(rows[0]), delimiter=delimiter)
        writer.writeheader()
        writer.writerows(rows)
    return file


def _label(file: Path, label: Any) -> Path:
    """Fills in the column as a person would, in the file's own format."""
    if file.suffix == ".csv":
        return _write(file, [row | {"label": label(row)} for row in _rows(file)])
    book = openpyxl.load_workbook(file)
    rows = _rows(file)
    column = [cell.value for cell in book["sample"][1]].index("label") + 1
    for number, row in enumerate(rows, 2):
        book["sample"].cell(number, column).value = label(row)
    book.save(file)
    return file


def _strata(rows: list[Cells], code: str) -> dict[tuple[str, int], int]:
    return dict(Counter((row["stratum"], int(row["behind"])) for row in rows if row["code"] == code))


@pytest.mark.parametrize("name", ["drawn.xlsx", "drawn.csv"])
def test_a_code_is_drawn_from_three_strata_whose_sizes_are_told(home: Path, name: str) -> None:
    """12 lines have PRICE_OVER, of the 188 others 24 have another finding, 164 none."""
    rows = _rows(_draw(home, name, "--findings", "8", "--non-findings", "10"))
    assert _strata(rows, "PRICE_OVER") == {
        ("found", 12): 8,
        ("not found, has another finding", 24): 5,
        ("not found, has no finding", 164): 5,
    }
    assert {(row["run_id"], row["seed"], row["rows"]) for row in rows} == {("run-7", "1", str(len(rows)))}
    assert all(row["label"] == row["comment"] == "" for row in rows)
    assert len({(row["code"], row["native_id"]) for row in rows}) == len(rows)
    wrong = [row for row in rows if (row["finding_id"] != "") != (row["concord"] == "found")]
    assert not wrong


def test_a_row_says_what_there_is_to_judge(home: Path) -> None:
    rows = _rows(_draw(home, "drawn.csv", "--code", "price_over"))
    found = next(row for row in rows if row["concord"] == "found")
    assert found["means"] == "The invoiced price is above the ordered price beyond tolerance."
    assert found["document"].startswith("INV-") and found["currency_code"] == "USD"
    assert "po unit price 1.5; " in found["evidence"] and found["evidence"].endswith("quantity at risk 2.5")
    other = next(row for row in rows if row["concord"] == "not found")
    assert "ordered quantity 5; " in other["evidence"] and "at risk" not in other["evidence"]


def test_the_seed_and_nothing_else_says_which(home: Path) -> None:
    one, again = (_rows(_draw(home, name, "--seed", "4")) for name in ("one.csv", "again.xlsx"))
    other = _rows(_draw(home, "other.csv", "--seed", "5"))
    assert [row["native_id"] for row in one] == [row["native_id"] for row in again]
    assert [row["native_id"] for row in one] != [row["native_id"] for row in other]


@pytest.mark.parametrize("name", ["drawn.xlsx", "drawn.csv"])
def test_text_of_a_source_is_never_a_formula(home: Path, name: str) -> None:
    file = _draw(home, name, "--code", "PRICE_OVER")
    assert {row["supplier"] for row in _rows(file)} == {"'=cmd|' /c calc'!A1"}
    if file.suffix == ".xlsx":
        kinds = {cell.data_type for row in openpyxl.load_workbook(file)["sample"] for cell in row}
        assert "f" not in kinds


def test_a_filled_in_file_is_not_written_over(home: Path) -> None:
    file = _draw(home, "drawn.csv")
    before = file.read_bytes()
    words = ["audit-sample", "draw", str(file), "--home", str(home), "--seed", "9"]
    done = CliRunner().invoke(main, words)
    assert done.exit_code == 2 and "--force" in done.output and file.read_bytes() == before
    assert CliRunner().invoke(main, [*words, "--force"]).exit_code == 0 and file.read_bytes() != before
    assert [path.name for path in home.parent.iterdir() if path.name.startswith(".")] == []


@pytest.mark.parametrize("name", ["drawn.xlsx", "drawn.csv"])
def test_labels_become_precision_and_recall(home: Path, name: str) -> None:
    """Of 12 findings, all labeled, 9 are right; of 24 others 1 of 10 is missed, of 164 none of 10: 2.4."""

    def label(row: Cells) -> str:
        if row["code"] != "PRICE_OVER":
            return ""
        same = [one for one in rows if (one["code"], one["stratum"]) == (row["code"], row["stratum"])]
        place = [one["row"] for one in same].index(row["row"])
        if row["concord"] == "found":
            return "no" if place < 3 else " YES "
        return "yes" if row["behind"] == "24" and place == 0 else "no"

    file = _draw(home, name)
    rows = _rows(file)
    done = _score(_label(file, label), "--json")
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    assert (told["run_id"], told["as_of"], told["seed"]) == ("run-7", "2026-06-30", "1")
    [price] = [code for code in told["codes"] if code["code"] == "PRICE_OVER"]
    assert price["precision"] == {"value": 0.75, "low": 0.75, "high": 0.75}, "all twelve were seen"
    assert price["recall"]["value"] == pytest.approx(9 / 11.4)
    assert price["recall"]["low"] < 9 / 40 and price["recall"]["high"] == pytest.approx(9 / 10)
    text = " ".join(_score(file).output.split())
    assert "PRICE_OVER invoice_line 12 9/12 0.750 0.75-0.75 188 1/20" in text
    assert "PRICE_OVER not found, has no finding 164 10 0 10 0 0 16.4" in text
    assert "2 codes without any label are left out" in text


def test_what_nobody_can_count_has_no_recall(home: Path) -> None:
    file = _label(_draw(home, "drawn.csv", "--code", "SCREENING_STALE"), lambda row: "unsure")
    assert "no row has a label" in _score(file).output
    text = _score(_label(file, lambda row: "yes")).output
    assert "no recall, nobody can count the documents without it: SCREENING_STALE" in text
    assert "1.000" in text


def test_only_what_is_labeled_counts(home: Path) -> None:
    file = _draw(home, "drawn.csv", "--code", "QTY_OVER_RECEIVED")
    labels = iter(["yes", "unsure", *[""] * 100])
    text = _score(_label(file, lambda row: next(labels))).output
    assert "1 unsure and 38 empty rows count for nothing" in text
    assert "2 strata have no label: of them anything is possible" in text
    assert "under 30 labeled findings" in text


@pytest.mark.parametrize("name", ["drawn.xlsx", "drawn.csv"])
def test_an_unknown_label_is_refused_with_its_place(home: Path, name: str) -> None:
    file = _label(_draw(home, name), lambda row: "maybe" if row["row"] == "3" else "no")
    done = _score(file)
    assert done.exit_code == 2
    assert f"{name}: row 4, column D (label): 'maybe' is no label; write yes, no, unsure" in done.output


def test_rows_may_be_sorted_and_not_deleted(home: Path) -> None:
    file = _label(_draw(home, "drawn.csv"), lambda row: "yes")
    rows = _rows(file)
    told = _score(file).output
    assert _score(_write(file, rows[::-1])).output.split("\n")[0] == told.split("\n")[0]
    done = _score(_write(file, rows[1:]))
    assert done.exit_code == 2 and f"1 of {len(rows)} drawn rows are gone, the first is 1" in done.output
    done = _score(_write(file, [rows[0], *rows]))
    assert done.exit_code == 2 and "stands several times" in done.output


@pytest.mark.parametrize("delimiter", [";", "\t"])
def test_what_a_spreadsheet_makes_of_a_csv_is_read(home: Path, delimiter: str) -> None:
    file = _label(_draw(home, "drawn.csv"), lambda row: "yes")
    told = _score(file).output
    assert _score(_write(file, _rows(file), delimiter)).output == told


def test_columns_may_be_moved_and_what_is_empty_at_the_end_left_out(home: Path) -> None:
    file = _draw(home, "drawn.csv", "--code", "PRICE_OVER")
    labels = iter(["yes", *[""] * 100])
    rows = [{**row, "label": next(labels)} for row in _rows(file)]
    columns = [*(name for name in rows[0] if name != "label"), "label"]
    lines = [columns, *([row[name] for name in columns][: None if row["label"] else -1] for row in rows)]
    with file.open("w", encoding="utf-8", newline="") as opened:
        csv.writer(opened).writerows(lines)
    assert "PRICE_OVER  invoice_line        12  1/1" in _score(file).output


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"row,code\n1,X\n", "no column label"),
        (b"", "no column row"),
        (b"\xff\xfe", "save it as .xlsx, or as CSV in UTF-8"),
    ],
)
def test_a_file_that_is_none_is_refused(tmp_path: Path, content: bytes, words: str) -> None:
    file = tmp_path / "drawn.csv"
    file.write_bytes(content)
    done = _score(file)
    assert done.exit_code == 2 and words in done.output
    book = tmp_path / "drawn.xlsx"
    book.write_bytes(content)
    done = _score(book)
    assert done.exit_code == 2 and "cannot be read" in done.output


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["drawn.pdf"], "neither .xlsx nor .csv"),
        (["drawn.csv", "--code", "PRICE_UNDER"], "no open finding has PRICE_UNDER"),
        (["away/drawn.csv"], "is no folder"),
    ],
)
def test_what_cannot_be_drawn_is_refused(home: Path, words: list[str], complaint: str) -> None:
    name, *rest = words
    done = CliRunner().invoke(
        main, ["audit-sample", "draw", str(home.parent / name), "--home", str(home), *rest]
    )
    assert done.exit_code == 2 and complaint in done.output

"""Six extracts of a month, split into the files of the feed; what is wrong is told by file and row."""

import csv
import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from click.testing import CliRunner

from concord.cli import main
from concord.month import MonthError, read_month, write_landscape
from ingestion.configuration.landscape import load_landscape

ZONE = ZoneInfo("America/Denver")
LARKFIELD = Path(__file__).parents[1] / "months" / "larkfield"


@pytest.fixture
def extracts(tmp_path: Path) -> Path:
    folder = tmp_path / "extracts"
    shutil.copytree(LARKFIELD, folder, ignore=shutil.ignore_patterns("expected", "story.md"))
    return folder


@pytest.fixture
def edit(extracts: Path) -> Callable[[str, str, str], None]:
    def replace(name: str, old: str, new: str) -> None:
        path = extracts / f"{name}.csv"
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new, 1), encoding="utf-8")

    return replace


def _complaint(folder: Path) -> str:
    with pytest.raises(MonthError) as raised:
        read_month(folder, ZONE)
    return str(raised.value)


def test_every_row_has_its_place(extracts: Path) -> None:
    month = read_month(extracts, ZONE)
    lines = {
        name: sum(1 for _ in csv.DictReader((extracts / f"{name}.csv").open(encoding="utf-8")))
        for name in ("purchase_orders", "invoices", "ledger", "items")
    }
    rows = {entity: len(found) for entity, found in month.rows.items()}
    assert rows["purchase_order_line"] == lines["purchase_orders"] and rows["purchase_order"] == 20
    assert rows["invoice_line"] == lines["invoices"] and rows["invoice"] == 19
    assert rows["account_balance"] + rows["journal_line"] == lines["ledger"]
    assert rows["item"] == lines["items"] and rows["item_uom_conversion"] == 9
    assert month.last_day == date(2026, 6, 30) and month.unused == {}
    [price] = {row["valid_from"] for row in month.rows["contract"]}
    assert price == "2026-01-01" and month.rows["contract_price"][1]["valid_from"] == "2026-06-01"


def test_numbers_stand_for_ids_that_a_report_does_not_have(extracts: Path) -> None:
    month = read_month(extracts, ZONE)
    lines = {row["po_line_id"] for row in month.rows["purchase_order_line"]}
    assert "PO-2606-01-2" in lines
    assert {row["po_line_id"] for row in month.rows["receipt_line"]} <= lines


def test_the_landscape_is_one_that_a_run_takes(extracts: Path, tmp_path: Path) -> None:
    (extracts / "suppliers.csv").write_bytes(
        (extracts / "suppliers.csv")
        .read_text(encoding="utf-8")
        .replace("Northfield", "Nordhøj")
        .encode("cp1252")
    )
    for _ in range(2):
        write_landscape(read_month(extracts, ZONE), extracts / "seeds", ZONE, tmp_path / "month")
    landscape = load_landscape(tmp_path / "month", {})
    [files] = landscape.instances.values()
    receipts = files.spec.resource("receipt_line")
    assert receipts.is_snapshot and receipts.absent_is_deleted and receipts.max_drop == 1
    assert list(landscape.instances) == ["files"] and landscape.currency == "USD"
    assert "Nordhøj" in (tmp_path / "month" / "in" / "supplier.csv").read_text(encoding="utf-8")
    owner = (tmp_path / "month" / "seeds" / "accrual_owner.csv").read_text(encoding="utf-8")
    assert owner.splitlines()[1:] == ["LC01,RECEIPT,210500,files"]
    assert not list(tmp_path.glob(".month*"))


def test_lines_of_an_order_must_agree(extracts: Path, edit: Callable[[str, str, str], None]) -> None:
    edit("purchase_orders", "PO-2606-01,V10", "PO-2606-01,V20")
    told = _complaint(extracts)
    assert (
        "purchase_orders.csv:6: purchase_order PO-2606-01: supplier_id is 'V10', on line 5 it is 'V20'"
        in told
    )


@pytest.mark.parametrize(
    ("name", "old", "new", "told"),
    [
        (
            "receipts",
            "receipt_date",
            "day",
            "receipts.csv:1: no column 'receipt_date', which every receipt_line",
        ),
        ("suppliers", "supplier_number", "legal_name", "suppliers.csv:1: column 'legal_name' stands twice"),
        ("receipts", "R02,", "R02,,", "receipts.csv:3: 10 cells under 9 columns"),
        ("ledger", ",J001,", ",,", "ledger.csv:4: the row tells nothing: no balance_date or journal_id"),
    ],
)
def test_what_is_wrong_is_told_with_file_and_row(
    extracts: Path, edit: Callable[[str, str, str], None], name: str, old: str, new: str, told: str
) -> None:
    edit(name, old, new)
    assert told in _complaint(extracts)


def test_a_day_is_the_day_where_the_hospital_is(
    extracts: Path, edit: Callable[[str, str, str], None]
) -> None:
    edit("purchase_orders", "2026-05-11T16:00:00Z", "2026-05-11")
    [first, *others] = read_month(extracts, ZONE).rows["purchase_order"]
    assert first["approved_at"] == "2026-05-11T00:00:00-06:00"
    assert {row["approved_at"][-1] for row in others} == {"Z"}


def test_files_may_be_separated_otherwise(extracts: Path) -> None:
    before = read_month(extracts, ZONE).rows
    for name in ("receipts", "ledger"):
        path = extracts / f"{name}.csv"
        path.write_text(path.read_text(encoding="utf-8").replace(",", ";"), encoding="utf-8")
    assert read_month(extracts, ZONE).rows == before


def test_a_day_written_otherwise_is_told(extracts: Path, edit: Callable[[str, str, str], None]) -> None:
    edit("ledger", "2026-05-31", "5/31/2026")
    with pytest.raises(MonthError, match=r"ledger.csv: .*'5/31/2026'; days are written like 2026-06-30"):
        _ = read_month(extracts, ZONE).last_day


def test_an_empty_file_is_called_empty(extracts: Path) -> None:
    (extracts / "ledger.csv").write_text("", encoding="utf-8")
    assert "ledger.csv:1: the file is empty" in _complaint(extracts)


def test_two_accounts_of_an_entity_are_not_guessed(
    extracts: Path, edit: Callable[[str, str, str], None]
) -> None:
    edit("ledger", "LC01,210500,USD,2026-05-31", "LC01,220000,USD,2026-05-31")
    with pytest.raises(MonthError, match="LC01 has several accounts"):
        _ = read_month(extracts, ZONE).accounts


def test_a_refused_month_leaves_nothing_behind(extracts: Path, tmp_path: Path) -> None:
    (extracts / "invoices.csv").unlink()
    home = tmp_path / "home"
    done = CliRunner().invoke(main, ["month", str(extracts), "--home", str(home)])
    assert done.exit_code == 2 and "no invoices.csv; a month is suppliers.csv, items.csv" in done.output
    assert not home.exists()

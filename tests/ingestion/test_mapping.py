"""`concord map`: two shapes of report extracts are proposed, load as proposed, and say what is unclear."""

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest
from click.testing import CliRunner

from concord.commands_map import map_command
from ingestion.onboarding.mapping import propose
from ingestion.registry import SYSTEMS
from tests.ingestion.conftest import Harness

# A custom report as CSV: words with spaces, day-first dates, grouped numbers.
REPORT = """Receipt Line Reference ID,Receipt Number,Purchase Order,Line Number,Item,Quantity,\
Unit of Measure,Receipt Date,Company,Comment
RL-1,R-100,PO-9,1,I-1,"1,200.5",EA,25/06/2026,Lakeshore Health,
RL-2,R-100,PO-9,2,I-2,3,BX,26/06/2026,Lakeshore Health,left at dock
"""
# A table dump: short names in capitals, a bar between the cells, a price and an amount.
DUMP = """VOUCHER_ID|VOUCHER_LINE_NUM|PO_NUMBER|DESCR|QTY|UNIT_OF_MEASURE|UNIT_PRICE|MERCHANDISE_AMT|FLAG
0001|1|PO-9|Gloves|10|BX|2.50|25.00|N
0001|2|PO-9|Gauze|-4|EA|1.25|-5.00|Y
0002|1|PO-9|Gauze|1|EA|1.25|1.25|Y
"""


def proposed(sample: Path, entity: str, name: str) -> tuple[str, str]:
    """The entry and the report as the command writes them."""
    out = sample.parent / "out"
    result = CliRunner().invoke(
        map_command, [str(sample), "--entity", entity, "--name", name, "--out", str(out)]
    )
    assert result.exit_code == 0, result.output
    return (out / f"{name}.yaml").read_text(), (out / f"{name}.md").read_text()


def deliver(harness: Harness, name: str, entity: str, text: str) -> None:
    folder = harness.folder / "landscape" / "in" / name
    folder.mkdir(parents=True)
    (folder / f"{entity}.csv").write_text(text)


def test_a_report_loads_as_proposed(harness: Callable[..., Harness], tmp_path: Path) -> None:
    (tmp_path / "report.csv").write_text(REPORT)
    entry, report = proposed(tmp_path / "report.csv", "receipt_line", "reports")
    assert 'receipt_type: {value: "RECEIPT"}  # not in the file' in entry
    assert "- Company: 2 values, kept in _extension" in report
    assert "| receipt_date | date | yes | Receipt Date | 1.00 | 2 |" in report
    made = harness(entry)
    deliver(made, "reports", "receipt_line", REPORT)
    landed, loaded = made.refresh()
    assert landed["reports"].is_complete and loaded["feed"].rejected_rows == 0
    assert made.query(
        "select receipt_line_id, po_number, quantity, uom_code, receipt_date::varchar, receipt_type"
        " from raw_feed.receipt_line order by 1"
    ) == [
        ("RL-1", "PO-9", Decimal("1200.500000"), "EA", "2026-06-25", "RECEIPT"),
        ("RL-2", "PO-9", Decimal("3.000000"), "BX", "2026-06-26", "RECEIPT"),
    ]


def test_a_table_dump_loads_as_proposed(harness: Callable[..., Harness], tmp_path: Path) -> None:
    (tmp_path / "dump.csv").write_text(DUMP)
    entry, report = proposed(tmp_path / "dump.csv", "invoice_line", "dumps")
    assert "QTY x UNIT_PRICE = MERCHANDISE_AMT within 1% on 100.0% of the rows" in report
    assert "quantity: QTY has negative values" in report
    # Nothing numbers the lines of the whole file: a person must say which header does.
    assert "# invoice_line_id: {value: }" in entry
    made = harness(entry)
    deliver(made, "dumps", "invoice_line", DUMP)
    (refusal,) = made.refresh()[0]["dumps"].refusals
    assert "required column 'invoice_line_id' is missing" in str(refusal)
    columns = "VOUCHER_ID|VOUCHER_LINE_NUM", "0001|1|", "0001|2|", "0002|1|"
    numbered = DUMP.replace(columns[0], f"invoice_line_id|{columns[0]}")
    for number, start in enumerate(columns[1:]):
        numbered = numbered.replace(f"\n{start}", f"\nL{number}|{start}")
    (made.folder / "landscape" / "in" / "dumps" / "invoice_line.csv").write_text(numbered)
    landed, loaded = made.refresh()
    assert landed["dumps"].is_complete and loaded["feed"].rejected_rows == 0
    assert made.query(
        "select invoice_id, quantity, unit_price, line_amount from raw_feed.invoice_line order by 2"
    ) == [
        ("0001", Decimal("-4.000000"), Decimal("1.250000"), Decimal("-5.00")),
        ("0002", Decimal("1.000000"), Decimal("1.250000"), Decimal("1.25")),
        ("0001", Decimal("10.000000"), Decimal("2.500000"), Decimal("25.00")),
    ]


def test_what_is_not_clear_is_not_mapped() -> None:
    columns = {
        "Receipt Line ID": ["1", "2"],
        "Receipt Date": ["03/04/2026", "04/05/2026"],
        "Posting Date": ["2026-06-01", "unknown"],
        "UOM": ["30", "60"],
        "Quantity": ["1.5", ""],
    }
    proposal = propose(SYSTEMS["feed"].table("receipt_line"), columns)
    mapped = {match.column.name: match.header for match in proposal.matches}
    # Half of the posting dates are none, and a unit code is never a number.
    assert "posting_date" not in mapped and "uom_code" not in mapped
    assert {column.name for column in proposal.missing} == {"receipt_type", "uom_code"}
    assert [text for text in proposal.warnings if text.startswith(("quantity", "receipt_date"))] == [
        "quantity: Quantity is empty on 1 rows, which will be rejected",
        "receipt_date: Receipt Date fits %d/%m/%Y and %m/%d/%Y; say which, days that differ are rejected",
    ]


@pytest.mark.parametrize(
    ("entity", "words"), [("receipts", "no entity 'receipts'"), ("item", "is no extract")]
)
def test_what_cannot_be_mapped_says_why(tmp_path: Path, entity: str, words: str) -> None:
    sample = tmp_path / "sample.pdf"
    sample.write_bytes(b"%PDF")
    result = CliRunner().invoke(map_command, [str(sample), "--entity", entity])
    assert result.exit_code == 2 and words in result.output

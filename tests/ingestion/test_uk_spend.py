"""Published payment files: header and encoding variants, equal rows, keys, rows of commas."""

import re
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

from tests.ingestion.conftest import Harness

HEADER = (
    "Department Family,Entity,Date,Expense Type,Expense Area,Supplier Name,Transaction No,Amount (\xa3)\r\n"
)
ROW = "DoH,Trust,05/06/2020,(55040) Admin,(id:1) Caf\xe9,ACME  LTD:00001234,id:77   ,%s\r\n"


def test_variants_equal_rows_and_blank_lines(harness: Callable[..., Harness], tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    body = HEADER + ROW % "-12.5" + ROW % "-12.5" + ROW % "3" + ",,,,,,,\r\n"
    (folder / "June spend.csv").write_bytes(body.encode("cp1252"))
    (folder / "derived_suppliers.csv").write_text("a,b\n")
    (folder / "July.csv").write_text("Date,Supplier\n01/07/2020,X\n")
    home = harness(f"  trust:\n    system: uk_spend\n    connection: {{folder: {folder}}}\n")
    landed, loaded = home.refresh()
    assert [refusal.file for refusal in landed["trust"].refusals] == ["July.csv"]
    assert loaded["uk_spend"].new_version_rows == 3 and loaded["uk_spend"].rejected_rows == 0
    rows = home.query(
        "select _row_key, payment_date::varchar, amount, expense_area, supplier, transaction_number,"
        " _record_hash from raw_uk_spend.payment_line order by _line_number"
    )
    digest = rows[0][0].split("|")[2]
    assert re.fullmatch("[0-9a-f]{64}", digest) and rows[0][6] == rows[1][6] != rows[2][6]
    assert [row[0] for row in rows[:2]] == [f"77|2020-06-05|{digest}|1", f"77|2020-06-05|{digest}|2"]
    assert rows[0][1:6] == (
        "2020-06-05",
        Decimal("-12.50"),
        "(id:1) Caf\xe9",
        "ACME  LTD:00001234",
        "id:77",
    )
    assert rows[2][2] == Decimal("3.00")

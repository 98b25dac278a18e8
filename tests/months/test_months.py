"""A month of a hospital that drops extracts, over the real command line: bridge and findings as on paper."""

import csv
import subprocess
import sys
from pathlib import Path

import duckdb
import openpyxl
import pytest

from concord.audit_sample import POPULATIONS
from publishing.serving import read

HERE = Path(__file__).parent
MONTH = HERE / "larkfield"
CONCORD = Path(sys.executable).with_name("concord")
BRIDGE = """
    select section, bridge_class, item_count, amount
    from marts.mart_grni_bridge order by line_number
"""
FINDINGS = """
    select code, business_key, coalesce(cause_code, ''), owner_role, amount_at_risk
    from controls.exc_exception where status = 'OPEN' order by all
"""

# A whole run, on a machine that may be busy.
pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]


def _concord(*words: str) -> str:
    done = subprocess.run([str(CONCORD), *words], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def _expected(name: str) -> list[tuple[str, ...]]:
    with (MONTH / "expected" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return [tuple(row.values()) for row in csv.DictReader(file)]


def _found(serving: Path, query: str) -> list[tuple[str, ...]]:
    with duckdb.connect(str(serving), read_only=True) as connection:
        return [tuple(map(str, row)) for row in connection.execute(query).fetchall()]


def test_a_month_is_explained_to_the_cent(tmp_path: Path) -> None:
    home = ("--home", str(tmp_path / "home"))
    told = _concord("month", str(MONTH), *home)
    serving = tmp_path / "home" / "serving" / "concord.duckdb"
    assert _found(serving, BRIDGE) == _expected("bridge")
    assert _found(serving, FINDINGS) == sorted(_expected("findings"))
    rows = {" ".join(line.split()) for line in told.splitlines()}
    assert "invoice lines that may not be paid 9 4,483.00" in rows
    assert "of these, paid already 4 2,188.00" in rows
    assert "Goods received and not invoiced: LC01, account 210500 of files, USD" in rows
    assert "= owed by the documents 13 1,556.00" in rows
    assert "BREAK RECEIPT_NOT_IN_LEDGER 1 -305.00 integration_team" in rows
    assert "= balance of the ledger 24 1,312.00" in rows
    assert "of it not explained 0 0.00" in rows
    part = _concord("explain", "PRICE_VARIANCE", *home)
    assert "PO-2606-06|1" in part and "-60.00" in part
    sample = str(tmp_path / "sample.csv")
    drawn = " ".join(_concord("audit-sample", "draw", sample, *home).split())
    assert "DUPLICATE_INVOICE invoice found 2 2" in drawn
    assert "ORPHAN_POSTING journal_line not found, has no finding 39 20" in drawn
    book = tmp_path / "june.xlsx"
    assert "13 parts, balance 1,312.00" in _concord("export-reconciliation", str(book), *home)
    sheets = {sheet.title: sheet.max_row - 3 for sheet in openpyxl.load_workbook(book).worksheets}
    assert sheets["GRNI"] == 6 and sheets["IRNG"] == 5 and sheets["OPENING"] == 3
    for population in POPULATIONS.values():
        read(serving.parent, population)

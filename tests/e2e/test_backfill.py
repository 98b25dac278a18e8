"""History in ranges: two runs of half each leave what one run over all of it leaves; nothing is sent."""

from pathlib import Path

import pytest
from house import DEMO, ROOT, SAME_MOMENT, SAME_TOKENS, House, Laboratory, differences, posted

from publishing.serving import DATABASE
from sandbox.serve import Sandbox

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]
GSTT = ROOT / "landscapes" / "gstt"
HEADER = (
    "Department family,Entity,Date of payment,Expense type,Expense area,Supplier,Transaction number,amount"
)


def _backfill(house: House, landscape: Path, first: str, last: str) -> None:
    span = ("--from", first, "--to", last)
    where = ("--landscape", landscape, "--home", house.home)
    outcome = house.concord("backfill", *where, *span, *SAME_MOMENT)
    assert outcome.code == 0, outcome.text


def _served(house: House, to: Path) -> Path:
    return house.keep_serving(to)


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    """Three published months; a transaction is paid on two days of two of them."""
    folder = tmp_path / "ledger"
    folder.mkdir()
    for month in ("04", "05", "06"):
        lines = [
            f"Trust,Trust,{day}/{month}/2020,(5{day}) Drugs,(id:{day}) Pharmacy,"
            f"Supplier {day}:1234567{day[1]},id:{number},{amount}"
            for day, number, amount in (
                ("03", "100", "10.50"),
                ("17", f"2{month}", "-3.25"),
                ("17", "7", "8"),
            )
        ]
        (folder / f"gstt_payments_2020-{month}.csv").write_text("\n".join([HEADER, *lines, ""]))
    return folder


def test_a_ledger_by_months(laboratory: Laboratory, ledger: Path, tmp_path: Path) -> None:
    house = laboratory.house
    house.variables = {"CONCORD_GSTT_DATA": str(ledger)}
    house.empty()
    _backfill(house, GSTT, "2020-05", "2020-06")
    assert house.query("select count(*) from conformed.fct_invoice_line") == [(6,)]
    _backfill(house, GSTT, "2020-04", "2020-05")
    parts = _served(house, tmp_path / "parts.duckdb")
    house.empty()
    _backfill(house, GSTT, "2020-04", "2020-06")
    assert house.query("select count(*) from conformed.fct_invoice_line") == [(9,)]
    assert differences(parts, (house.home / "serving" / DATABASE).resolve()) == {}

    wrong = house.concord(
        "backfill", "--landscape", GSTT, "--home", house.home, "--from", "2019-01", "--to", "x"
    )
    assert wrong.code == 2 and "from 2020-04 to 2021-03" in wrong.err, wrong.text


def test_the_demo_by_days_sends_and_remembers_nothing(laboratory: Laboratory, tmp_path: Path) -> None:
    sandbox: Sandbox = laboratory.start(laboratory.world("backfill", 17, 400))
    house = laboratory.house
    # An empty home makes a key of its own, and with it other tokens.
    house.variables = {**house.variables, **SAME_TOKENS}
    try:
        _backfill(house, DEMO, "2025-01-01", "2026-02-15")
        _backfill(house, DEMO, "2026-02-16", "2026-06-30")
        parts = _served(house, tmp_path / "parts.duckdb")
        assert house.query("select count(*) from conformed.fct_purchase_order_line") == [(400,)]
        assert house.summary["deliveries"] == {} and posted(sandbox) == []
        assert house.warehouse("select count(*) from raw_concord.verdict") == [(0,)]

        # No cursor was moved: the refresh after it reads everything again, and finds nothing that is missing.
        after = house.run(*SAME_MOMENT)
        assert after.code == 0 and house.summary["changed_rows"] == 0, after.text
        whole = (house.home / "serving" / DATABASE).resolve()
        assert differences(parts, whole, weighed_alike=False) == {}
    finally:
        sandbox.stop()

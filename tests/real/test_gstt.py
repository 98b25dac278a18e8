"""The published ledger of a real hospital trust, from the files to `mart_spend` and the serving copy."""

import shutil
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest

from tests.e2e.house import ROOT, House, differences

DATA = Path(__file__).parents[3] / "shared" / "data" / "nhs_gstt_ap"
LANDSCAPE = ROOT / "landscapes" / "gstt"
AS_OF = ("--as-of", "2020-12-31")
LINES, TOTAL = 122_704, Decimal("556550516.41")
RAW_MONTHS = "strftime(payment_date, '%Y-%m')"

pytestmark = [
    pytest.mark.real,
    pytest.mark.slow,
    pytest.mark.timeout(1800),
    pytest.mark.skipif(not DATA.is_dir(), reason=f"the published payment files are not in {DATA}"),
]


@pytest.fixture(scope="module")
def trust(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], House]:
    folder = tmp_path_factory.mktemp("gstt")

    def make(name: str) -> House:
        delivered = folder / name / "in"
        delivered.mkdir(parents=True)
        return House(folder / name / "home", {"CONCORD_GSTT_DATA": str(delivered)})

    return make


def deliver(house: House, *months: int) -> None:
    for month in months:
        name = f"gstt_payments_2020-{month:02}.csv.gz"
        shutil.copy(DATA / name, Path(house.variables["CONCORD_GSTT_DATA"]) / name)


@pytest.fixture(scope="module")
def whole(trust: Callable[[str], House]) -> House:
    house = trust("whole")
    deliver(house, *range(4, 13))
    outcome = house.run(*AS_OF, landscape=LANDSCAPE)
    assert outcome.code == 0, outcome.text
    return house


def test_every_line_and_penny_at_every_layer(whole: House) -> None:
    everything = [(LINES, TOTAL)]
    assert whole.warehouse("select count(*), sum(amount) from raw_uk_spend.payment_line") == everything
    canonical = "from canonical.can_invoice_line where source_system = 'uk_spend'"
    assert whole.warehouse(f"select count(*), sum(line_amount) {canonical}") == everything
    assert whole.query("select count(*), sum(spend_amount) from marts.mart_spend") == everything
    assert whole.query("select distinct currency_code from marts.mart_spend") == [("GBP",)]
    assert all(row["is_tied"] for row in whole.summary["control_totals"])


def test_every_month_of_payment_date_ties(whole: House) -> None:
    by_month = "count(*), sum({amount}) from {table} group by 1 order by 1"
    raw = whole.warehouse(
        f"select {RAW_MONTHS}, " + by_month.format(amount="amount", table="raw_uk_spend.payment_line")
    )
    assert len(raw) == 9
    canonical = whole.warehouse(
        "select strftime(b.posting_date, '%Y-%m'), count(*), sum(l.line_amount)"
        " from canonical.can_invoice_line as l inner join canonical.can_invoice as b"
        " on l.invoice_id = b.native_id and l.source_instance = b.source_instance group by 1 order by 1"
    )
    mart = whole.query(
        "select strftime(posting_date, '%Y-%m'), "
        + by_month.format(amount="spend_amount", table="marts.mart_spend")
    )
    assert canonical == raw and mart == raw


def test_accounts_signs_and_renamed_cost_centers(whole: House) -> None:
    assert whole.query("select count(distinct account_code) from marts.mart_spend") == [(237,)]
    signs = "select count(*) filter ({0} < 0), sum({0}) filter ({0} < 0) from {1}"
    raw = whole.warehouse(signs.format("amount", "raw_uk_spend.payment_line"))
    assert whole.query(signs.format("spend_amount", "marts.mart_spend")) == raw and raw[0][0] > 0
    published = whole.warehouse(
        "with named as (select distinct regexp_extract(expense_area, '\\(id:\\s*(\\w+)\\s*\\)', 1) as code,"
        " trim(regexp_replace(expense_area, '\\(id:[^)]*\\)', '')) as name from raw_uk_spend.payment_line)"
        " select code from named where code <> '' group by code having count(*) > 1 order by code"
    )
    kept = whole.query(
        "select cost_center_code from conformed.dim_cost_center group by 1"
        " having count(distinct cost_center_name) > 1 order by 1"
    )
    assert published and kept == published
    overlaps = whole.query(
        "select count(*) from conformed.dim_cost_center as a inner join conformed.dim_cost_center as b"
        " using (cost_center_code) where a.valid_from < b.valid_from"
        " and coalesce(a.valid_to, date '9999-12-31') > b.valid_from"
    )
    assert overlaps == [(0,)]


def test_growing_months_give_the_same_tables(whole: House, trust: Callable[[str], House]) -> None:
    growing = trust("growing")
    deliver(growing, 4, 5, 6)
    first = growing.run(*AS_OF, landscape=LANDSCAPE)
    assert first.code == 0, first.text
    deliver(growing, *range(7, 13))
    second = growing.run(*AS_OF, landscape=LANDSCAPE)
    assert second.code == 0, second.text
    assert growing.summary["changed_rows"] + _rows(growing, 4, 5, 6) == LINES
    served = [house.home / "serving" / "concord.duckdb" for house in (whole, growing)]
    # The journal keeps what later months cleared, and when it was first seen; what is open is the same.
    journal = {"controls.exc_exception", "marts.mart_alert", "marts.publication"}
    assert set(differences(*served)) <= journal
    first_open = _open_findings(whole)
    assert first_open and _open_findings(growing) == first_open
    assert growing.query(
        "select distinct status from controls.exc_exception where status <> 'OPEN' order by 1"
    ) in ([], [("CLEARED",)])


def _rows(house: House, *months: int) -> int:
    names = ", ".join(f"'gstt_payments_2020-{month:02}.csv.gz'" for month in months)
    [(count,)] = house.warehouse(
        f"select count(*) from raw_uk_spend.payment_line where _file_name in ({names})"
    )
    return int(count)


def test_absent_files_are_named(trust: Callable[[str], House]) -> None:
    house = trust("absent")
    checked = house.concord("check", "--landscape", LANDSCAPE, "--home", house.home)
    assert checked.code == 3 and "gstt_payments_2020-04.csv.gz" in checked.out, checked.text


def _open_findings(house: House) -> list[tuple[object, ...]]:
    return house.query(
        "select * exclude (first_seen_at, last_seen_at) from controls.exc_exception"
        " where status = 'OPEN' order by all"
    )

"""Three trusts with files of their own making enter by one spec and a landscape, to the row and penny."""

import shutil
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from ingestion import pipelines
from ingestion.configuration.landscape import load_landscape
from ingestion.landing_copy.landing import LandedFile
from ingestion.raw.opening import opened
from ingestion.runs import RunContext, start_run
from ingestion.settings import load_settings

DATA = Path(__file__).parents[3] / "shared" / "data" / "nhs_trust_spend"
LANDSCAPE = Path(__file__).parents[2] / "landscapes" / "trusts"
# Added up from the files by hand; the 4,345th line is the total under the December payments of one trust.
EXPECTED = {
    "barts": (2_399, Decimal("503641988.57")),
    "chelsea": (1_447, Decimal("275113921.57")),
    "kingston": (498, Decimal("57818413.95")),
}

pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(not DATA.is_dir(), reason=f"the trusts' payment files are not in {DATA}"),
]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunContext]:
    home = tmp_path_factory.mktemp("trusts")
    landscape = load_landscape(LANDSCAPE, {"CONCORD_TRUSTS_DATA": str(DATA)})
    run = start_run(load_settings({}, home=home), landscape)
    for name in landscape.instances:
        report = pipelines.land(run, name)
        assert report.is_complete and not report.unread, report
        assert report.batch is not None
        pipelines.accept_batch(run, report.batch)
    loaded = pipelines.load_system(run, "uk_spend")
    assert (loaded.landed_rows, loaded.rejected_rows) == (4_344, 0)
    yield run
    run.state.close()
    shutil.rmtree(home)


def query(run: RunContext, sql: str) -> list[tuple[object, ...]]:
    with opened(run.settings.warehouse_path, read_only=True) as connection:
        return connection.execute(sql).fetchall()


def test_every_row_and_penny(run: RunContext) -> None:
    found = query(
        run, "select _source_instance, count(*), sum(amount) from raw_uk_spend.payment_line group by 1"
    )
    assert {str(name): (rows, amount) for name, rows, amount in found} == EXPECTED


def test_every_date_lies_in_or_before_the_months_published(run: RunContext) -> None:
    assert query(
        run,
        "select _source_instance, min(payment_date)::varchar, max(payment_date)::varchar"
        " from raw_uk_spend.payment_line group by 1 order by 1",
    ) == [
        ("barts", "2020-04-03", "2021-02-26"),
        ("chelsea", "2020-04-02", "2021-03-29"),
        ("kingston", "2018-06-07", "2021-03-23"),
    ]


def test_a_dash_is_a_dash_by_whichever_computer(run: RunContext) -> None:
    (batch,) = run.state.batches("chelsea")
    read = {file.source_name.split()[-1].removesuffix(".csv"): file.encoding for file in batch.files}
    assert read["May"] == "utf-8-sig" and read["April"] == "cp1252" and read["March"] == "mac_roman"
    assert set(read["January"].split("+")) == {"utf-8-sig", "cp1252", "mac_roman"}
    words = "concat_ws(' ', expense_type, expense_area, supplier, entity)"
    strange = f"select distinct regexp_replace({words}, '[ -~]', '', 'g') from raw_uk_spend.payment_line"
    assert {text for (text,) in query(run, strange)} - {""} == {"\u2013"}
    assert query(
        run,
        "select distinct expense_area from raw_uk_spend.payment_line"
        " where _file_name like '%January%' and expense_area like 'Hiv %Herts'",
    ) == [("Hiv \u2013 Herts",)]


def test_suppliers_have_their_id_behind_the_name_everywhere(run: RunContext) -> None:
    (row,) = query(
        run,
        "select count(*), count(*) filter (where regexp_matches(supplier, ':[A-Z0-9]+$'))"
        " from raw_uk_spend.payment_line where _source_instance = 'kingston'",
    )
    assert row == (498, 498)


def test_a_total_that_does_not_add_up_refuses_the_file(run: RunContext, tmp_path: Path) -> None:
    from ingestion.formats.content import InMemory
    from ingestion.formats.file_rows import check_file
    from ingestion.formats.text_files import FileRefusedError

    spec = run.landscape.instances["barts"].spec
    (december,) = [file for file in _files(run, "barts") if file.source_name.endswith(".xls")]
    assert december.source_name == "BART 09 - December.xls"
    table = spec.table("payment_line")
    cents = "Payment Number,Payment Date,Expense Type,Expense Area,Supplier,Amount\n1,01/02/2021,A,B,C,1.10\n"
    format = spec.wire.format  # type: ignore[union-attr]
    check_file("a.csv", InMemory(f"{cents},,,,,1.10\n".encode()), table, format)
    with pytest.raises(FileRefusedError, match=r"amount adds up to 1\.10, its last line says 1\.20"):
        check_file("a.csv", InMemory(f"{cents},,,,,1.20\n".encode()), table, format)


def _files(run: RunContext, instance: str) -> tuple[LandedFile, ...]:
    return tuple(file for batch in run.state.batches(instance) for file in batch.files)

"""Windows of days: every wire brings what changed in them, cursors stay, twice brings nothing twice."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from ingestion import pipelines
from ingestion.runs import Window
from ingestion.windows import days_in_name
from tests.ingestion.conftest import FeedHarness, Harness
from tests.ingestion.test_rest_to_raw import APAUTO, ERP, PROCUREMENT, cursor_pages, invoice
from tests.ingestion.wires import Api, serving, sftp_connection, sftp_serving

OWN = "* exclude (_dlt_load_id, _batch_id, _known_at, _line_number)"
JUNE = Window(date(2026, 6, 1), date(2026, 7, 1))


def backfill(harness: Harness, instance: str, *windows: Window) -> int:
    """Lands, accepts and loads the windows one after another; returns the new versions."""
    run = harness.run()
    for window in windows:
        batch = pipelines.land(run, instance, window).batch
        if batch is not None:
            assert batch.cursors == {}
            pipelines.accept_batch(run, batch)
    return pipelines.load_system(run, run.landscape.instances[instance].system).new_version_rows


def day(number: int) -> Window:
    return Window(date(2026, 6, number), date(2026, 6, number + 1))


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("receipts_20260601T0400_1.csv", (date(2026, 6, 1), date(2026, 6, 1))),
        ("gstt_payments_2020-04.csv.gz", (date(2020, 4, 1), date(2020, 4, 30))),
        ("spend_202002.csv", (date(2020, 2, 1), date(2020, 2, 29))),
        ("2026-06-30 prices.csv", (date(2026, 6, 30), date(2026, 6, 30))),
        ("June spend.csv", None),
        ("batch_20261399.csv", None),
        ("supplier.csv", None),
        ("job_120260601.csv", None),
    ],
)
def test_the_days_a_name_tells(name: str, expected: tuple[date, date] | None) -> None:
    assert days_in_name(name) == expected


def test_a_window_is_whole_days_of_a_zone() -> None:
    window = Window(date(2026, 3, 8), date(2026, 3, 9))
    assert window.instants(ZoneInfo("America/Chicago")) == (
        datetime(2026, 3, 8, 6, tzinfo=UTC),
        datetime(2026, 3, 9, 5, tzinfo=UTC),
    )
    with pytest.raises(ValueError, match="must end after it starts"):
        Window(date(2026, 3, 8), date(2026, 3, 8))


def test_the_first_and_the_last_window_of_a_history_are_open() -> None:
    first = Window(date(2026, 3, 1), date(2026, 3, 2)).within(date(2026, 3, 1), date(2026, 3, 9))
    last = Window(date(2026, 3, 8), date(2026, 3, 9)).within(date(2026, 3, 1), date(2026, 3, 9))
    assert first.local() == (None, datetime(2026, 3, 2)) and last.local() == (datetime(2026, 3, 8), None)
    before, after = (date(2025, 1, 1),) * 2, (date(2026, 7, 1),) * 2
    assert first.meets(before) and not first.meets(after)
    assert last.meets(after) and not last.meets(before)


def test_a_whole_history_in_windows_misses_nothing_outside_it(
    harness: Callable[..., Harness],
) -> None:
    with serving(Api(lambda path, query: [])) as api:
        home = harness(PROCUREMENT, {"URL": api.url})
        path = home.folder / "landscape" / "landscape.yaml"
        partitions = "partitions: {grain: day, starts_on: 2026-06-01, ends_on: 2026-06-03}\n"
        path.write_text(path.read_text().replace("instances:", f"{partitions}instances:"))
        backfill(home, "buy", day(1), day(2))
        asked = [query for path, query in api.seen if path == "/api/items"]
    bounds = [{name: value for name, value in query.items() if "updated" in name} for query in asked]
    assert bounds == [
        {"updated-at[lt]": "2026-06-02T05:00:00Z"},
        {"updated-at[gt_or_eq]": "2026-06-02T05:00:00Z"},
    ]


def test_days_of_an_api_equal_one_go_and_the_cursor_goes_on(
    harness: Callable[..., Harness], tmp_path: Path
) -> None:
    start = datetime(2026, 6, 1, 4)
    invoices = [
        invoice(number, updated_at=f"{start + timedelta(hours=7 * number):%Y-%m-%dT%H:%M:%SZ}")
        for number in range(12)
    ]
    answer = cursor_pages(invoices)

    def respond(path: str, query: dict[str, str]) -> Any:
        before = query.get("updated_before", "9")
        found = answer(path, query)
        return {**found, "data": [row for row in found["data"] if row["updated_at"] < before]}

    with serving(Api(respond)) as api:
        home = harness(APAUTO, {"URL": api.url})
        days = [Window(start.date() + timedelta(n - 1), start.date() + timedelta(n)) for n in range(6)]
        assert backfill(home, "ap", *reversed(days)) == 24
        asked = [query for path, query in api.seen if path == "/v1/invoices"]
        first = {"updated_since": "2026-06-05T05:00:00Z", "updated_before": "2026-06-06T05:00:00Z"}
        assert first.items() <= asked[0].items()
        assert backfill(home, "ap", *days) == 0
        api.seen.clear()
        _, loaded = home.refresh()
        assert loaded["apauto"].new_version_rows == 0
        assert "updated_since" not in dict(api.seen)["/v1/invoices"], "windows moved no cursor"
        (tmp_path / "whole").mkdir()
        whole = Harness(tmp_path / "whole", APAUTO, {"URL": api.url})
        whole.refresh()
        for table in ("invoice", "invoice_line"):
            everything = f"select {OWN} from raw_apauto.{table} order by _row_key"
            assert home.query(everything) == whole.query(everything)
        whole.close()


def test_odata_joins_both_bounds_and_snapshots_come_whole(harness: Callable[..., Harness]) -> None:
    with serving(Api(lambda path, query: {"d": {"results": []}})) as api:
        backfill(harness(ERP, {"URL": api.url}), "erp", day(1))
        asked = {path.rpartition("/")[2]: query for path, query in api.seen}
    assert asked["A_PurchaseOrder"]["$filter"] == (
        "LastChangeDateTime ge datetimeoffset'2026-06-01T05:00:00Z'"
        " and LastChangeDateTime lt datetimeoffset'2026-06-02T05:00:00Z'"
    )
    assert "$filter" not in asked["A_Plant"]


def test_offset_paging_gets_both_bounds(harness: Callable[..., Harness]) -> None:
    with serving(Api(lambda path, query: [])) as api:
        backfill(harness(PROCUREMENT, {"URL": api.url}), "buy", day(1))
        asked = dict(api.seen)
    bounds = {"updated-at[gt_or_eq]": "2026-06-01T05:00:00Z", "updated-at[lt]": "2026-06-02T05:00:00Z"}
    assert bounds.items() <= asked["/api/contract_prices"].items()


def test_dated_files_are_chosen_by_name_and_snapshots_taken_whole(
    harness: Callable[..., Harness], tmp_path: Path
) -> None:
    folder = tmp_path / "server" / "outbound"
    folder.mkdir(parents=True)
    header = "ReceiptNumber,LineNumber,TransactionType,Quantity,Uom,ReceiptDate,RecordedAt\n"
    for number in (1, 2, 3):
        row = f"GR{number},1,RECEIPT,1,BX,2026-06-0{number},2026-06-0{number}T10:00:00Z\n"
        (folder / f"receipts_2026060{number}T2000_1.csv").write_text(f"{header}{row}TRL,1,1\n")
    (folder / "item_units_20260630.csv").write_text("ItemNumber,Uom,Factor\nI1,BX,12\nTRL,1,0\n")
    for path in list(folder.iterdir()):
        path.with_name(f"{path.name}.done").touch()
    with sftp_serving(tmp_path / "server") as port:
        connection = sftp_connection(port)
        home = harness(f"  stock:\n    system: inventory\n    connection: {connection}\n")
        assert backfill(home, "stock", day(2)) == 2
        assert home.query("select receipt_number from raw_inventory.receipt") == [("GR2",)]
        assert backfill(home, "stock", day(2), day(1)) == 1
        assert home.refresh()[1]["inventory"].new_version_rows == 1


HEADER = "Date of payment,Expense type,Expense area,Supplier,Transaction number,amount\n"


def test_published_files_are_chosen_by_month_of_name_or_of_payment(
    harness: Callable[..., Harness], tmp_path: Path
) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    for name, month in (("spend 2020-04.csv", 4), ("spend_202005.csv", 5), ("the last one.csv", 6)):
        row = f"24/{month:02}/2020,(1) A,B,ACME,id:{month},5.00\n"
        (folder / name).write_text(HEADER + row)
    home = harness(f"  trust:\n    system: uk_spend\n    connection: {{folder: {folder}}}\n")
    april, may, june = (Window(date(2020, at, 1), date(2020, at + 1, 1)) for at in (4, 5, 6))
    for window, transaction in ((may, "id:5"), (june, "id:6"), (april, "id:4")):
        assert backfill(home, "trust", window) == 1
        assert home.query(
            "select transaction_number from raw_uk_spend.payment_line order by _known_at desc limit 1"
        ) == [(transaction,)]
    assert backfill(home, "trust", april, may, june) == 0
    assert home.refresh()[1]["uk_spend"].loads == ()


def test_feed_files_without_a_day_are_taken_whole_once(feed: FeedHarness) -> None:
    feed.write("supplier.csv", "supplier_id,legal_name\nS1,Alpha\n")
    assert backfill(feed.harness, "erp_a", JUNE) == 1
    assert backfill(feed.harness, "erp_a", JUNE, day(3)) == 0

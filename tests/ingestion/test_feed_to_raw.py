"""The feed from files to raw: versions, replay, rejected rows, refused files."""

import json
import shutil
from decimal import Decimal
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from openpyxl import Workbook

from ingestion import pipelines
from ingestion.raw import warehouse
from ingestion.registry import SYSTEMS
from ingestion.transports import fetched
from tests.ingestion.conftest import FeedHarness

LINES = "invoice_line_id,invoice_id,line_amount,quantity,unit_price,extra\n"


def test_decimals_arrive_exactly(feed: FeedHarness) -> None:
    feed.write(
        "invoice_line.csv",
        LINES
        + "1,I,12345678901234.56,999999999999.999999,0.000001,\n"
        + "2,I,-0.10,1.5000000000,.5,note\n"
        + "3,I,  7 ,,,\n",
    )
    _, loaded = feed.refresh()
    assert loaded.new_version_rows == 3 and loaded.rejected_rows == 0
    assert feed.harness.query(
        "select line_amount, quantity, unit_price, _extension, _line_number"
        " from raw_feed.invoice_line order by 5"
    ) == [
        (Decimal("12345678901234.56"), Decimal("999999999999.999999"), Decimal("0.000001"), "{}", 2),
        (Decimal("-0.10"), Decimal("1.500000"), Decimal("0.500000"), '{"extra": "note"}', 3),
        (Decimal("7.00"), None, None, "{}", 4),
    ]
    assert loaded.unknown_columns == {"invoice_line": ("extra",)}
    assert feed.harness.query("select distinct contract_version from raw_concord.load_batch") == [
        (SYSTEMS["feed"].contract_version,)
    ]


def test_bad_rows_are_rejected_and_the_rest_flows(feed: FeedHarness) -> None:
    feed.write(
        "invoice_line.csv",
        LINES
        + "1,I,twelve,1,1,\n"
        + "2,I,1.005,1,1,\n"
        + '3,I,"1,000.00",1,1,\n'
        + "4,,1.00,1,1,\n"
        + "5,I,1.00,1,1,,,too many\n"
        + "6,I,1e3,1,1,\n"
        + "7,I,99999999999999999.00,1,1,\n"
        + "8,I,1.00,1,1,\n"
        + ",,,,,\n",
    )
    _, loaded = feed.refresh()
    (load,) = loaded.loads
    assert (load.landed_rows, load.new_version_rows, load.unchanged_rows, load.rejected_rows) == (8, 1, 0, 7)
    rows = feed.harness.query(
        "select _line_number, column_name, reason, payload, _dlt_load_id is not null"
        " from raw_feed.rejected_row order by 1"
    )
    assert [row[:2] for row in rows] == [
        (2, "line_amount"),
        (3, "line_amount"),
        (4, "line_amount"),
        (5, "invoice_id"),
        (6, ""),
        (7, "line_amount"),
        (8, "line_amount"),
    ]
    assert "'twelve' is not a number" in rows[0][2]
    assert "more than 2 decimals" in rows[1][2]
    assert json.loads(rows[0][3])["line_amount"] == "twelve"
    assert all(row[4] for row in rows)
    assert feed.harness.query("select line_amount from raw_feed.invoice_line") == [(Decimal("1.00"),)]


def test_batches_survive_the_loss_of_the_state_store(feed: FeedHarness) -> None:
    feed.write("supplier.csv", "supplier_id,legal_name\nS1,Alpha\n")
    feed.refresh()
    before = feed.harness.raw("raw_feed.supplier")
    feed.harness.close()
    (feed.harness.home / "state.sqlite").unlink()
    (feed.harness.home / "warehouse.duckdb").unlink()
    landed, _ = feed.refresh()
    assert landed.batch is None
    assert feed.harness.raw("raw_feed.supplier") == before


def test_a_missing_required_column_refuses_the_file_and_the_others_flow(feed: FeedHarness) -> None:
    feed.write("invoice_line.csv", "invoice_line_id,invoice_id\n1,I\n")
    feed.write("supplier.csv", "supplier_id,legal_name\nS1,Alpha\n")
    feed.write("budget_line.csv", "amount\n1\n")
    landed, loaded = feed.refresh()
    (refusal,) = landed.refusals
    assert refusal.file == "invoice_line.csv"
    assert "line_amount" in refusal.reason and "line_amount" in refusal.remedy
    assert loaded.new_version_rows == 1
    assert landed.unread == ("budget_line.csv: not read by this version",)
    assert not landed.is_complete


def test_every_file_kind_gives_the_same_rows(feed: FeedHarness) -> None:
    feed.write("exchange_rate/a.csv", "from_currency,to_currency,rate_date,rate\nUSD,GBP,2026-01-02,0.79\n")
    feed.write(
        "exchange_rate/b.jsonl",
        '{"from_currency": "USD", "to_currency": "EUR", "rate_date": "2026-01-02", "rate": 0.92}\n',
    )
    table = pa.table(
        {
            "from_currency": ["USD"],
            "to_currency": ["CAD"],
            "rate_date": pa.array([20455], pa.date32()),
            "rate": pa.array([Decimal("1.37000001")], pa.decimal128(18, 8)),
        }
    )
    pq.write_table(table, feed.folder / "exchange_rate" / "c.parquet")
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["from_currency", "to_currency", "rate_date", "rate"])
    sheet.append(["USD", "JPY", "2026-01-02", 150])
    book.save(feed.folder / "exchange_rate" / "d.xlsx")
    feed.refresh()
    assert feed.harness.query(
        "select to_currency, rate, rate_date::varchar from raw_feed.exchange_rate order by 1"
    ) == [
        ("CAD", Decimal("1.37000001"), "2026-01-02"),
        ("EUR", Decimal("0.92000000"), "2026-01-02"),
        ("GBP", Decimal("0.79000000"), "2026-01-02"),
        ("JPY", Decimal("150.00000000"), "2026-01-02"),
    ]


def test_plain_tax_ids_stay_in_the_landing_copy(feed: FeedHarness) -> None:
    feed.write(
        "supplier.csv", "supplier_id,legal_name,tax_id,w9_date\nS1,A,12-3456780,\nS2,B,123456780,never\n"
    )
    feed.refresh()
    (row,) = feed.harness.query(
        "select tax_id, tax_id_last4, tax_id_verdict, tax_id_near from raw_feed.supplier"
    )
    assert row[0].startswith("v1:") and row[1:3] == ("6780", "VALID") and len(json.loads(row[3])) == 9
    (payload,) = feed.harness.query("select payload from raw_feed.rejected_row")
    assert "123456780" not in payload[0] and "***6780" in payload[0]
    assert b"3456780" not in (feed.harness.home / "warehouse.duckdb").read_bytes()
    open_to_others = [path for path in feed.harness.home.rglob("*") if path.lstat().st_mode & 0o077]
    assert open_to_others == []


def test_a_held_batch_stays_out_and_is_landed_again_only_when_it_changed(feed: FeedHarness) -> None:
    feed.write("supplier.csv", "supplier_id,legal_name\nS1,Alpha\n")
    run = feed.harness.run()
    batch = pipelines.land(run, "erp_a").batch
    assert batch is not None
    pipelines.hold_batch(run, batch, ["too few rows"])
    assert pipelines.load_system(run, "feed").new_version_rows == 0
    assert feed.harness.query("select status, landed_rows from raw_concord.load_batch") == [("HELD", 1)]

    again = feed.harness.run()
    assert pipelines.land(again, "erp_a").batch is not None
    (waiting,) = pipelines.pending_batches(again, "erp_a")
    assert waiting.batch_id == batch.batch_id
    pipelines.accept_batch(again, waiting, actor="steward")
    assert pipelines.load_system(again, "feed").new_version_rows == 1
    assert [row["action"] for row in again.state.audit()] == ["batch held", "batch landed", "batch accepted"]
    assert again.state.verify_audit() is None


def test_a_missing_folder_is_a_report_not_an_error(feed: FeedHarness) -> None:
    shutil.rmtree(feed.folder)
    landed, _ = feed.refresh()
    assert not landed.is_available and "does not exist" in landed.message


@pytest.mark.parametrize("content", [b"", b"supplier_id,legal_name\nS1,caf\x81\xe9\n"])
def test_unreadable_bytes_refuse_the_file(feed: FeedHarness, content: bytes) -> None:
    (feed.folder / "supplier.csv").write_bytes(content)
    landed, _ = feed.refresh()
    assert len(landed.refusals) == 1


def test_every_pipeline_loads_parquet(
    feed: FeedHarness, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    formats = []
    make = warehouse.make_pipeline

    def watched(*args: object) -> object:
        pipeline = make(*args)  # type: ignore[arg-type]
        run = pipeline.run

        def noted(*given: object, **options: object) -> object:
            info = run(*given, **options)
            jobs = info.load_packages[0].jobs["completed_jobs"]
            formats.extend(
                job.job_file_info.file_format for job in jobs if not job.file_path.endswith(".sql")
            )
            return info

        monkeypatch.setattr(pipeline, "run", noted)
        return pipeline

    monkeypatch.setattr(warehouse, "make_pipeline", watched)
    feed.write("supplier.csv", "supplier_id,legal_name\nS1,Alpha\n")
    feed.refresh()
    pipelines.load_landscape(feed.harness.run())
    assert len(formats) > 3 and set(formats) == {"parquet"}


def test_a_column_declared_later_is_added_and_filled(feed: FeedHarness) -> None:
    feed.write("supplier.csv", "supplier_id,legal_name\nS1,Alpha\n")
    feed.refresh()
    with duckdb.connect(str(feed.harness.home / "warehouse.duckdb")) as connection:
        connection.execute("alter table raw_feed.supplier drop column duns")
    feed.write("supplier.csv", "supplier_id,legal_name,duns\nS1,Alpha,123456789\nS2,Beta,\n")
    _, loaded = feed.refresh()
    assert loaded.new_version_rows == 2
    assert feed.harness.query("select _row_key, _version, duns from raw_feed.supplier order by 1, 2") == [
        ("S1", 1, None),
        ("S1", 2, "123456789"),
        ("S2", 1, None),
    ]


def test_landing_twice_in_one_run_makes_two_batches(feed: FeedHarness) -> None:
    run = feed.harness.run()
    for name in ("Alpha", "Beta"):
        feed.write("supplier.csv", f"supplier_id,legal_name\nS1,{name}\n")
        batch = pipelines.land(run, "erp_a").batch
        assert batch is not None
        pipelines.accept_batch(run, batch)
    assert pipelines.load_system(run, "feed").new_version_rows == 2


def test_a_file_whose_reader_fails_is_refused_and_the_others_flow(
    feed: FeedHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    check_file = fetched.check_file

    def failing(name: str, *given: object) -> object:
        if name == "supplier.csv":
            raise ZeroDivisionError("odd\nthing")
        return check_file(name, *given)  # type: ignore[arg-type]

    monkeypatch.setattr(fetched, "check_file", failing)
    feed.write("supplier.csv", "supplier_id,supplier_name\nS1,Acme\n")
    feed.write("invoice_line.csv", LINES + "1,I,1.00,1,1.00,\n")
    landed, loaded = feed.refresh()
    assert loaded.new_version_rows == 1
    (refusal,) = landed.refusals
    assert refusal.file == "supplier.csv"
    assert refusal.reason == "its reader failed: ZeroDivisionError: odd thing"

"""A PostgreSQL schema to raw: exact values, local times, missing stamps, changes, windows, clear errors."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import psycopg
import pytest

from ingestion import pipelines
from ingestion.registry import SYSTEMS
from ingestion.runs import Window
from ingestion.spec import DatabaseWire
from ingestion.transports import database
from ingestion.transports.fetched import SourceDownError
from tests.ingestion.legacy import Legacy

LINES = "insert into sysadm.ps_po_line (business_unit, po_id, line_nbr, price_po, last_dttm_update) values "
HEADS = (
    "insert into sysadm.ps_po_hdr"
    " (business_unit, po_id, vendor_id, po_status, entered_dttm, last_dttm_update) values "
)


def test_values_arrive_exactly_and_times_in_utc(legacy: Legacy) -> None:
    legacy.run(
        LINES + "('LH02', 'P1', '1', 1234567890.12345, '2026-01-15 08:30:00.5'),"
        " ('LH02', 'P1', '2', 0.1, '2025-11-02 01:30:00'), ('LH02', 'P1', '3', null, '2026-03-08 02:30:00'),"
        " ('LH02', 'P|2', '1', 2, null)"
    )
    landed, loaded = legacy.harness.refresh()
    assert landed["old"].is_complete and loaded["erp_legacy"].rejected_rows == 0
    assert loaded["erp_legacy"].unknown_columns == {}
    flag = '{"_repeated_hour": "last_dttm_update"}'
    assert legacy.harness.query(
        "select _row_key, price_po, last_dttm_update::varchar, _source_updated_at = last_dttm_update,"
        " _extension from raw_erp_legacy.po_line order by 1"
    ) == [
        ("LH02|P1|1", Decimal("1234567890.123450"), "2026-01-15 14:30:00.5", True, "{}"),
        # Clocks go back at 02:00: of the two instants at 01:30 the earlier counts, and the row says so.
        ("LH02|P1|2", Decimal("0.100000"), "2025-11-02 06:30:00", True, flag),
        ("LH02|P1|3", None, "2026-03-08 08:30:00", True, "{}"),
        ("LH02|P\\|2|1", Decimal("2.000000"), None, None, "{}"),
    ]  # fmt: skip


def test_values_that_no_calendar_or_number_has_reject_their_rows_alone(legacy: Legacy) -> None:
    legacy.run(
        LINES + "('LH02', 'P1', '1', 1, '2026-06-01 08:00'), ('LH02', 'P2', '1', 'NaN', '2026-06-01 08:00'),"
        " ('LH02', 'P3', '1', 2, 'infinity'), ('LH02', 'P4', '1', 3, '0044-03-15 12:00 BC'),"
        " ('LH02', 'P5', '1', 4, '9999-12-31 23:00')"
    )
    landed, loaded = legacy.harness.refresh()
    assert landed["old"].is_complete and loaded["erp_legacy"].new_version_rows == 1
    assert legacy.harness.query("select row_key, reason from raw_erp_legacy.rejected_row order by 1") == [
        ("LH02|P2|1", "price_po: 'NaN' is not a number"),
        ("LH02|P3|1", "last_dttm_update: 'infinity' is not a point in time"),
        ("LH02|P4|1", "last_dttm_update: '0044-03-15 12:00:00 BC' is not a point in time"),
        ("LH02|P5|1", "last_dttm_update: '9999-12-31 23:00:00-06:00' is not a point in time"),
    ]


def test_only_changes_are_read_again_and_rows_without_a_stamp_always(legacy: Legacy) -> None:
    legacy.run(
        HEADS + "('LH02', 'P1', 'V1', 'A', '2026-01-01 08:00', '2026-06-01 08:00'),"
        " ('LH02', 'P2', 'V1', 'A', '2026-01-02 08:00', null),"
        " ('LH02', 'P3', 'V1', 'A', '2026-06-20 08:00', null)"
    )
    _, first = legacy.harness.refresh()
    assert first["erp_legacy"].new_version_rows == 3
    assert legacy.harness.query(
        "select _row_key, _source_updated_at::varchar from raw_erp_legacy.po_hdr order by 1"
    ) == [
        ("LH02|P1", "2026-06-01 13:00:00"),
        ("LH02|P2", None),
        ("LH02|P3", None),
    ]
    legacy.run("update sysadm.ps_po_hdr set po_status = 'X' where po_id = 'P2'")
    legacy.run(HEADS + "('LH02', 'P4', 'V1', 'D', '2026-06-20 07:00', '2026-06-20 07:00')")
    _, second = legacy.harness.refresh()
    (load,) = second["erp_legacy"].loads
    # P1 is older than the cursor minus the lag; P4 came late behind the cursor, within the lag.
    assert (load.landed_rows, load.new_version_rows, load.unchanged_rows) == (3, 2, 1)
    landed, _ = legacy.harness.refresh()
    assert landed["old"].message == "nothing new"


def wire_with(monkeypatch: pytest.MonkeyPatch, **changed: object) -> DatabaseWire:
    spec = SYSTEMS["erp_legacy"]
    assert isinstance(spec.wire, DatabaseWire)
    wire = replace(spec.wire, **changed)  # type: ignore[arg-type]
    monkeypatch.setitem(SYSTEMS, "erp_legacy", replace(spec, wire=wire))
    return wire


def test_large_tables_arrive_in_chunks(legacy: Legacy, monkeypatch: pytest.MonkeyPatch) -> None:
    wire_with(monkeypatch, chunk_rows=4)
    legacy.run(
        "insert into sysadm.ps_payment_tbl (pymnt_id, pymnt_amt, last_dttm_update)"
        " select 'X' || lpad(n::text, 3, '0'), n, timestamp '2026-01-01' + n * interval '1 minute'"
        " from generate_series(1, 10) as n"
    )
    landed, loaded = legacy.harness.refresh()
    assert landed["old"].batch is not None
    assert [file.rows for file in landed["old"].batch.files] == [4, 4, 2]
    assert loaded["erp_legacy"].new_version_rows == 10
    assert legacy.harness.refresh()[0]["old"].message == "nothing new"


def test_windows_give_the_same_tables_as_one_go_and_leave_the_cursor(legacy: Legacy) -> None:
    legacy.run(
        HEADS + "('LH02', 'P1', 'V1', 'A', '2026-05-31 23:59', null),"
        " ('LH02', 'P2', 'V1', 'A', '2026-06-01 00:00', '2026-06-01 00:00'),"
        " ('LH02', 'P3', 'V1', 'A', '2026-06-02 00:00', null)"
    )
    legacy.run(LINES + "('LH02', 'P1', '1', 1, null)")
    run = legacy.harness.run()
    found = []
    for day in (date(2026, 6, 2), date(2026, 6, 1), date(2026, 5, 31)):
        landed = pipelines.land(run, "old", Window(day, date.fromordinal(day.toordinal() + 1)))
        assert landed.batch is not None and landed.batch.cursors == {}
        found.append({file.resource: file.rows for file in landed.batch.files})
        pipelines.accept_batch(run, landed.batch)
    # The line has no stamp at all, so it is in every window; only its first arrival is kept.
    assert found == [{"po_hdr": 1, "po_line": 1}, {"po_hdr": 1}, {"po_hdr": 1}]
    assert pipelines.load_system(run, "erp_legacy").new_version_rows == 4
    _, after = legacy.harness.refresh()
    assert after["erp_legacy"].new_version_rows == 0
    assert [load.landed_rows for load in after["erp_legacy"].loads] == [3]


def test_a_missing_table_and_a_missing_column_are_named_and_the_rest_flows(legacy: Legacy) -> None:
    legacy.run("drop table sysadm.ps_voucher; alter table sysadm.ps_vendor drop column name1")
    legacy.run("revoke select on sysadm.ps_jrnl_ln from reader")
    legacy.run(LINES + "('LH02', 'P1', '1', 1, '2026-06-01 08:00')")
    landed, loaded = legacy.harness.refresh()
    assert loaded["erp_legacy"].new_version_rows == 1 and not landed["old"].is_complete
    assert {refusal.file: (refusal.reason, refusal.remedy) for refusal in landed["old"].refusals} == {
        "sysadm.ps_vendor": (
            "table sysadm.ps_vendor has no column name1 that reader may read",
            "grant select on it to reader, or give a view of that name the column, null where unknown",
        ),
        "sysadm.ps_voucher": (
            "table sysadm.ps_voucher is missing or may not be read by reader",
            "grant usage on schema sysadm and select on sysadm.ps_voucher to reader",
        ),
        "sysadm.ps_jrnl_ln": (
            "table sysadm.ps_jrnl_ln is missing or may not be read by reader",
            "grant usage on schema sysadm and select on sysadm.ps_jrnl_ln to reader",
        ),
    }
    (line,) = pipelines.check(legacy.harness.run())
    assert not line.ok and "sysadm.ps_voucher is missing" in line.message


@pytest.mark.parametrize(
    ("user", "password", "database", "port", "said"),
    [
        (
            "reader",
            "wrong",
            "postgres",
            0,
            "refuses the login of reader; check the credentials of old",
        ),
        ("reader", "secret", "nowhere", 0, "does not exist; name an existing one"),
        ("reader", "secret", "postgres", 1, "cannot be reached"),
    ],
)
def test_what_is_wrong_is_said_without_the_password(
    legacy: Legacy, user: str, password: str, database: str, port: int, said: str
) -> None:
    port = port or legacy.server.port
    legacy.connect_with(f"postgresql://{user}:{password}@127.0.0.1:{port}/{database}")
    landed, _ = legacy.harness.refresh()
    assert not landed["old"].is_available
    assert said in landed["old"].message and password not in landed["old"].message
    (line,) = pipelines.check(legacy.harness.run())
    assert not line.ok and said in line.message


def test_a_locked_table_is_a_report_after_the_time_out(
    legacy: Legacy, monkeypatch: pytest.MonkeyPatch
) -> None:
    wire_with(monkeypatch, timeout=timedelta(seconds=0.5))
    with psycopg.connect(legacy.server.admin_url) as holder:
        holder.execute("lock table sysadm.ps_po_line in access exclusive mode")
        landed, _ = legacy.harness.refresh()
    assert not landed["old"].is_available and "did not answer within 0.5 seconds" in landed["old"].message


def test_the_database_is_only_read(legacy: Legacy, monkeypatch: pytest.MonkeyPatch) -> None:
    legacy.run("create table sysadm.ps_extra (a int); grant insert on sysadm.ps_extra to reader")
    (line,) = pipelines.check(legacy.harness.run())
    assert line.ok and line.message == "logged in, 8 tables readable"
    url = legacy.server.url("postgres", "reader", "secret")
    with (
        pytest.raises(SourceDownError, match="read-only"),
        database.opened(wire_with(monkeypatch), {"url": url}) as connection,
    ):
        connection.exec_driver_sql("insert into sysadm.ps_extra values (1)")


VOUCHERS = (
    "insert into sysadm.ps_voucher (business_unit, voucher_id, gross_amt, last_dttm_update)"
    " select 'LH02', 'V' || n, {amount}, timestamp '2026-06-{day} 08:00' from generate_series(1, 6) as n"
)


def test_a_retyped_column_holds_its_table_and_yesterdays_rows_stay(legacy: Legacy) -> None:
    legacy.run(VOUCHERS.format(amount="n * 1.5", day=20))
    legacy.run(LINES + "('LH02', 'P1', '1', 1, '2026-06-20')")
    legacy.harness.refresh()
    yesterday = legacy.harness.raw("raw_erp_legacy.voucher")
    legacy.run("alter table sysadm.ps_voucher alter gross_amt type text using 'USD ' || gross_amt")
    legacy.run(
        "update sysadm.ps_voucher set last_dttm_update = '2026-06-21';"
        " update sysadm.ps_po_line set price_po = 2"
    )
    landed, loaded = legacy.harness.refresh()
    assert landed["old"].is_complete
    assert {
        load.table: load.new_version_rows for load in loaded["erp_legacy"].loads if load.new_version_rows
    } == {"po_line": 1}
    assert legacy.harness.raw("raw_erp_legacy.voucher") == yesterday
    [held] = legacy.harness.run().state.batches("old", "HELD")
    assert held.reason.startswith(
        "voucher.gross_amt retyped: expected a number (decimal(18,2)); came values such as 'USD 1.5"
    )
    # A type that says the same in other words is no drift.
    legacy.run("alter table sysadm.ps_voucher alter gross_amt type varchar(30) using substr(gross_amt, 5)")
    _, loaded = legacy.harness.refresh()
    assert loaded["erp_legacy"].rejected_rows == 0 and loaded["erp_legacy"].new_version_rows == 6


def test_a_time_of_change_that_is_none_any_more_refuses_its_table_alone(legacy: Legacy) -> None:
    legacy.run(VOUCHERS.format(amount="1", day=20))
    legacy.harness.refresh()
    legacy.run("alter table sysadm.ps_voucher alter last_dttm_update type text")
    legacy.run(LINES + "('LH02', 'P1', '1', 1, '2026-06-21')")
    landed, loaded = legacy.harness.refresh()
    assert [str(refusal) for refusal in landed["old"].refusals] == [
        "sysadm.ps_voucher: its last_dttm_update is text, no time by which changes can be asked for;"
        " make it a timestamp again, or give a view of that name with it as one"
    ]
    assert loaded["erp_legacy"].new_version_rows == 1
    assert legacy.harness.query("select count(*) from raw_erp_legacy.voucher") == [(6,)]

"""Versions, tombstones and keys of feed rows: what raw keeps when they change, vanish or come late."""

import shutil
from decimal import Decimal

from tests.ingestion.conftest import FeedHarness

VERSIONS = ((1, "APPROVED"), (2, "SENT"), (3, "CANCELLED"))


def test_a_b_a_is_three_versions_and_replay_gives_the_same(feed: FeedHarness) -> None:
    for name in ("Alpha", "Beta", "Beta", "Alpha"):
        feed.write("supplier.csv", f"supplier_id,legal_name,tax_id\nS1,{name},12-3456780\nS2,Same,\n")
        feed.refresh()
    tables = ("raw_feed.supplier", "raw_feed.rejected_row", "raw_concord.load_batch")
    before = {table: feed.harness.raw(table) for table in tables}
    assert feed.harness.query(
        "select _row_key, _version, legal_name from raw_feed.supplier order by 1, 2"
    ) == [
        ("S1", 1, "Alpha"),
        ("S1", 2, "Beta"),
        ("S1", 3, "Alpha"),
        ("S2", 1, "Same"),
    ]
    assert feed.harness.query("select count(distinct _known_at) from raw_feed.supplier") == [(3,)]

    (feed.harness.home / "warehouse.duckdb").unlink()
    shutil.rmtree(feed.harness.home / "dlt")
    shutil.rmtree(feed.folder)
    feed.harness.refresh()
    assert {table: feed.harness.raw(table) for table in tables} == before


def test_acceptances_without_an_id_are_all_kept_and_deleted_one_by_one(feed: FeedHarness) -> None:
    header = "po_line_id,accepted_amount,period_code,is_deleted\n"
    rows = "L1,300.00,2026-03,\nL1,250.00,2026-03,\nL2,50.00,2026-03,\nL2,50.00,2026-03,\n"
    current = (
        "select po_line_id, accepted_amount from ("
        " select *, row_number() over (partition by _row_key order by _version desc) as age"
        " from raw_feed.service_acceptance) where age = 1 and not coalesce(_is_deleted, false) order by 1, 2"
    )
    feed.write("service_acceptance.csv", header + rows)
    feed.refresh()
    expected = [
        ("L1", Decimal("250.00")),
        ("L1", Decimal("300.00")),
        ("L2", Decimal("50.00")),
        ("L2", Decimal("50.00")),
    ]
    assert feed.harness.query(current) == expected

    feed.write("service_acceptance.csv", header + "L3,1.00,2026-03,\n" + rows)
    _, again = feed.refresh()
    assert (again.new_version_rows, again.rejected_rows) == (1, 0)
    assert feed.harness.query(current) == [*expected, ("L3", Decimal("1.00"))]

    feed.write("service_acceptance.csv", header + "L1,300.00,2026-03,true\nL2,50.00,2026-03,true\n")
    feed.refresh()
    assert feed.harness.query(current) == [expected[0], expected[2], ("L3", Decimal("1.00"))]


def test_versions_of_one_key_in_one_file_follow_the_source(feed: FeedHarness) -> None:
    feed.write(
        "supplier.csv",
        "supplier_id,legal_name,updated_at\n"
        "S1,Second,2026-02-01T00:00:00Z\n"
        "S1,First,2026-01-01T00:00:00+02:00\n"
        "S1,First,2026-01-01T00:00:00+02:00\n",
    )
    _, loaded = feed.refresh()
    assert loaded.loads[0].unchanged_rows == 1
    assert feed.harness.query(
        "select legal_name, _version, _source_updated_at::varchar from raw_feed.supplier order by 2"
    ) == [("First", 1, "2025-12-31 22:00:00"), ("Second", 2, "2026-02-01 00:00:00")]


def test_an_older_version_that_arrives_last_is_kept_once_and_does_not_become_current(
    feed: FeedHarness,
) -> None:
    """E-2: the order was changed twice, its second version arrives last, and again."""
    header = "po_id,po_number,supplier_id,currency_code,status,version\n"
    lines = {version: f"P1,PO1,S1,USD,{status},{version}\n" for version, status in VERSIONS}
    feed.write("purchase_order/a.csv", header + lines[1])
    feed.write("purchase_order/b.csv", header + lines[3])
    feed.refresh()
    feed.write("purchase_order/c.csv", header + lines[2])
    _, loaded = feed.refresh()
    assert (loaded.new_version_rows, loaded.late_rows) == (1, 1)
    feed.write("purchase_order/d.csv", header + lines[2] + lines[1] + lines[3])
    _, loaded = feed.refresh()
    (load,) = loaded.loads
    assert (load.landed_rows, load.new_version_rows, load.unchanged_rows) == (3, 0, 3)
    feed.write("purchase_order/e.csv", header + lines[3].replace("CANCELLED", "CLOSED"))
    _, loaded = feed.refresh()
    assert (loaded.new_version_rows, loaded.late_rows) == (1, 0)
    assert feed.harness.query(
        "select _version, _source_version, status from raw_feed.purchase_order order by 1"
    ) == [(1, 1, "APPROVED"), (2, 3, "CANCELLED"), (3, 2, "SENT"), (4, 3, "CLOSED")]
    assert feed.harness.query("select sum(late_rows) from raw_concord.load_batch") == [(1,)]


def test_a_tombstone_is_a_version(feed: FeedHarness) -> None:
    feed.write("payment_term.csv", "payment_term_code,net_days\nN30,30\n")
    feed.refresh()
    feed.write("payment_term.csv", "payment_term_code,net_days,is_deleted\nN30,30,true\n")
    feed.refresh()
    assert feed.harness.query("select _version, _is_deleted from raw_feed.payment_term order by 1") == [
        (1, False),
        (2, True),
    ]


def test_keys_escape_their_separator(feed: FeedHarness) -> None:
    feed.write(
        "item_uom_conversion.csv", "item_id,from_uom_code,factor,valid_from\nA|B,BX,12,2026-01-01\nC,CS,4,\n"
    )
    feed.refresh()
    assert feed.harness.query("select _row_key from raw_feed.item_uom_conversion order by 1") == [
        ("A\\|B||BX|2026-01-01",),
        ("C||CS|",),
    ]

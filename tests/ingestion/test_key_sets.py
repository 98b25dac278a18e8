"""Rows deleted for good at a source: found by its key set, held when too many, the same after a rebuild."""

from collections.abc import Callable
from datetime import date, timedelta

import pytest

from ingestion import pipelines
from ingestion.landing_copy.landing import Batch
from ingestion.landing_copy.retention import prune
from ingestion.reports import HeldPart, LandReport, LoadReport
from ingestion.runs import Window
from tests.dbt_runs import build
from tests.ingestion.conftest import Harness
from tests.ingestion.legacy import Legacy

HEADS = (
    "insert into sysadm.ps_po_hdr (business_unit, po_id, vendor_id, po_status, last_dttm_update)"
    " select 'LH02', 'P' || n, 'V1', 'A', timestamp '2026-06-20 08:00' - n * interval '1 day'"
    " from generate_series({first}, {last}) as n"
)
LINES = (
    "insert into sysadm.ps_po_line (business_unit, po_id, line_nbr, price_po, last_dttm_update)"
    " select 'LH02', 'P' || n, '1', n, timestamp '2026-06-20 08:00' - n * interval '1 day'"
    " from generate_series({first}, {last}) as n"
)
LIVING = """
    select count(*) from (
        select _is_deleted from raw_erp_legacy.{table}
        qualify row_number() over (partition by _row_key order by _version desc) = 1
    ) where not _is_deleted
"""
STORY = "select _version, _is_deleted from raw_erp_legacy.{table} where _row_key = '{key}' order by 1"


@pytest.fixture
def orders(legacy: Legacy) -> Legacy:
    """A hundred orders of one line, read once."""
    legacy.run(HEADS.format(first=1, last=100) + ";" + LINES.format(first=1, last=100))
    legacy.harness.refresh()
    return legacy


def living(legacy: Legacy, table: str = "po_hdr") -> int:
    return int(legacy.harness.query(LIVING.format(table=table))[0][0])


def story(legacy: Legacy, key: str, table: str = "po_hdr") -> list[tuple[object, ...]]:
    return legacy.harness.query(STORY.format(table=table, key=key))


def refresh(harness: Harness, instance: str = "old") -> tuple[LandReport, list[HeldPart], LoadReport]:
    """One pass as orchestration does it, with what was held of it."""
    run, held = harness.run(), list[HeldPart]()
    landed = pipelines.land(run, instance)
    for batch in pipelines.pending_batches(run, instance):
        rest, parts = pipelines.hold_parts(run, batch)
        held += parts
        if rest:
            pipelines.accept_batch(run, rest)
    return landed, held, pipelines.load_system(run, run.landscape.instances[instance].system)


def test_a_row_deleted_at_the_source_is_a_deleted_version_and_lives_again_when_it_returns(
    orders: Legacy,
) -> None:
    orders.run("delete from sysadm.ps_po_hdr where po_id = 'P50'")
    _, held, loaded = refresh(orders.harness)
    assert not held and (loaded.deleted_rows, loaded.new_version_rows) == (1, 0)
    assert story(orders, "LH02|P50") == [(1, False), (2, True)]
    assert orders.harness.query(
        "select vendor_id, _file_name, _line_number, _known_at from raw_erp_legacy.po_hdr where _is_deleted"
    ) == [("V1", "po_hdr.keys.parquet", None, orders.harness.now.replace(tzinfo=None))]
    # Its line was left behind, and its key set says so.
    assert living(orders, "po_line") == 100
    landed, _, loaded = refresh(orders.harness)
    assert (landed.message, loaded.loads) == ("nothing new", ())

    # Restored as it was: far behind the cursor, but the key set has it again.
    orders.run(HEADS.format(first=50, last=50))
    refresh(orders.harness)
    _, _, loaded = refresh(orders.harness)
    assert (loaded.new_version_rows, loaded.late_rows) == (1, 0)
    assert story(orders, "LH02|P50")[-1] == (3, False) and living(orders) == 100


def test_a_deleted_row_that_returns_with_an_older_stamp_lives_again_also_after_a_rebuild(
    orders: Legacy,
) -> None:
    orders.run("delete from sysadm.ps_po_hdr where po_id = 'P50'")
    refresh(orders.harness)
    orders.run(HEADS.format(first=50, last=50) + "; update sysadm.ps_po_hdr"
               " set last_dttm_update = '2026-01-02' where po_id = 'P50'")  # fmt: skip
    refresh(orders.harness)
    _, _, loaded = refresh(orders.harness)
    assert (loaded.new_version_rows, loaded.late_rows) == (1, 0)
    assert story(orders, "LH02|P50") == [(1, False), (2, True), (3, False)]
    assert refresh(orders.harness)[2].new_version_rows == 0
    before = orders.harness.raw("raw_erp_legacy.po_hdr")
    (orders.harness.home / "warehouse.duckdb").unlink()
    pipelines.load_system(orders.harness.run(), "erp_legacy")
    assert orders.harness.raw("raw_erp_legacy.po_hdr") == before


def test_a_change_whose_stamp_became_null_is_current(legacy: Legacy) -> None:
    """Also after the older stamp is read again; the next stamped change follows it."""
    legacy.run(
        "insert into sysadm.ps_vendor"
        " (setid, vendor_id, name1, vendor_status, entered_dttm, last_update_dttm)"
        " values ('S', 'V00', 'FIRST', 'A', '2020-01-01', '2026-06-01')"
    )
    current = (
        "select name1 from raw_erp_legacy.vendor"
        " order by _source_updated_at desc nulls last, _version desc limit 1"
    )
    names = []
    for name, stamp in [("FIRST", "'2026-06-01'"), ("CHANGED", "null"), ("LAST", "'2026-06-02'")]:
        legacy.run(f"update sysadm.ps_vendor set name1 = '{name}', last_update_dttm = {stamp}")
        for _ in range(2):
            refresh(legacy.harness)
        names += legacy.harness.query(current)
    assert names == [("FIRST",), ("CHANGED",), ("LAST",)]
    assert legacy.harness.query("select count(*) from raw_erp_legacy.vendor") == [(3,)]


def test_children_go_with_their_parent_when_the_source_deletes_both(orders: Legacy) -> None:
    for table in ("hdr", "line"):
        orders.run(f"delete from sysadm.ps_po_{table} where po_id in ('P7', 'P8')")
    _, _, loaded = refresh(orders.harness)
    assert {load.table: load.deleted_rows for load in loaded.loads if load.deleted_rows} == {
        "po_hdr": 2,
        "po_line": 2,
    }


@pytest.mark.parametrize(("left", "is_held"), [(95, False), (94, True), (0, True)])
def test_a_key_set_that_lost_too_much_is_held_by_itself(orders: Legacy, left: int, is_held: bool) -> None:
    orders.run(f"delete from sysadm.ps_po_hdr where substr(po_id, 2)::int > {left}")
    orders.run(
        "update sysadm.ps_po_line set price_po = 0, last_dttm_update = '2026-06-20' where po_id = 'P1'"
    )
    _, held, loaded = refresh(orders.harness)
    assert loaded.new_version_rows == 1, "the rows flow"
    assert loaded.deleted_rows == (0 if is_held else 100 - left)
    assert [str(loss) for part in held for loss in part.losses] == [
        f"the key set of po_hdr lacks {100 - left} of the 100 keys known: more than 5.0% would be deleted"
    ] * is_held
    again, held_again, _ = refresh(orders.harness)
    assert len(held_again) == len(held)
    if is_held:
        run = orders.harness.run()
        [batch] = run.state.batches("old", "HELD")
        assert batch.batch_id.endswith("-po_hdr.keys") and again.is_complete
        pipelines.release_batch(run, "old", batch.batch_id, actor="Ana", reason="the archive took them")
        _, held, loaded = refresh(orders.harness)
        assert not held and loaded.deleted_rows == 100 - left
        assert run.state.audit()[-1]["actor"] != "" and living(orders) == left


def test_what_is_new_after_a_held_key_set_survives_its_late_release(orders: Legacy) -> None:
    orders.run("delete from sysadm.ps_po_hdr where substr(po_id, 2)::int > 80")
    refresh(orders.harness)
    orders.run(HEADS.format(first=101, last=110).replace("- n", "+ n"))
    refresh(orders.harness)
    run = orders.harness.run()
    first, _ = run.state.batches("old", "HELD")
    pipelines.release_batch(run, "old", first.batch_id, actor="Ana", reason="archived")
    refresh(orders.harness)
    assert living(orders) == 90 and story(orders, "LH02|P105") == [(1, False)]


def test_a_window_and_a_first_reading_ask_for_no_keys(orders: Legacy) -> None:
    run = orders.harness.run()
    orders.run("delete from sysadm.ps_po_hdr where po_id = 'P50'")
    landed = pipelines.land(run, "old", Window(date(2026, 6, 1), date(2026, 6, 3)))
    assert landed.batch is not None and not any(file.is_key_set for file in landed.batch.files)
    [first, _] = run.state.batches("old")
    assert not any(file.is_key_set for file in first.files)


def test_a_row_committed_behind_the_cursor_is_read_once_its_key_is_seen(orders: Legacy) -> None:
    orders.run(HEADS.format(first=300, last=300))
    _, _, loaded = refresh(orders.harness)
    assert loaded.new_version_rows == 0 and story(orders, "LH02|P300") == []
    _, _, loaded = refresh(orders.harness)
    assert loaded.new_version_rows == 1 and story(orders, "LH02|P300") == [(1, False)]
    assert refresh(orders.harness)[2].new_version_rows == 0


def test_a_key_that_cannot_be_read_lets_nothing_be_deleted(orders: Legacy) -> None:
    orders.run("delete from sysadm.ps_po_hdr where po_id = 'P50'")
    orders.run("update sysadm.ps_po_hdr set po_id = null where po_id = 'P51'")
    _, held, loaded = refresh(orders.harness)
    assert not held and loaded.deleted_rows == 0


def test_loading_again_from_the_landing_copy_repeats_the_deletions(orders: Legacy) -> None:
    orders.run("delete from sysadm.ps_po_line where po_id in ('P3', 'P4')")
    refresh(orders.harness)
    orders.run(LINES.format(first=4, last=4))
    for _ in range(2):
        refresh(orders.harness)
    before = orders.harness.raw("raw_erp_legacy.po_line")
    assert story(orders, "LH02|P4|1", "po_line") == [
        (1, False), (2, True), (3, False),
    ]  # fmt: skip
    (orders.harness.home / "warehouse.duckdb").unlink()
    pipelines.load_system(orders.harness.run(), "erp_legacy")
    assert orders.harness.raw("raw_erp_legacy.po_line") == before
    # Key sets outlive the plain payloads too.
    yaml = orders.harness.folder / "landscape" / "landscape.yaml"
    yaml.write_text(yaml.read_text() + "    retention: {plain: 1d}\n")
    orders.harness.now += timedelta(days=2)
    assert len(list(prune(orders.harness.run()))) == 4
    assert not list(orders.harness.home.glob("landing/*/*/*/po_line.keys.parquet"))
    (orders.harness.home / "warehouse.duckdb").unlink()
    pipelines.load_system(orders.harness.run(), "erp_legacy")
    assert orders.harness.raw("raw_erp_legacy.po_line") == before


def test_a_landscape_turns_it_off_or_sets_its_limit(legacy: Legacy, harness: Callable[..., Harness]) -> None:
    url = legacy.harness.environ["OLD_URL"]
    rules = "{po_hdr: {max_drop: 0.5}, po_line: {delete_absent: false}}"
    instance = "  old:\n    system: erp_legacy\n    connection: {url: '${OLD_URL}'}\n"
    loose = harness(f"{instance}    resources: {rules}\n", {"OLD_URL": url})
    legacy.run(HEADS.format(first=1, last=10) + ";" + LINES.format(first=1, last=10))
    refresh(loose)
    legacy.run("delete from sysadm.ps_po_hdr where po_id < 'P5'; delete from sysadm.ps_po_line")
    landed, held, loaded = refresh(loose)
    assert not held and {load.table: load.deleted_rows for load in loaded.loads}["po_hdr"] == 5
    assert isinstance(landed.batch, Batch)
    assert not landed.batch.key_sets_of("po_line") and landed.batch.key_sets_of("po_hdr")


@pytest.mark.slow
def test_what_was_deleted_is_gone_from_canonical_with_its_lines(orders: Legacy) -> None:
    orders.run("delete from sysadm.ps_po_hdr where po_id in ('P7', 'P8')")
    orders.run("delete from sysadm.ps_po_line where po_id in ('P8', 'P9')")
    refresh(orders.harness)
    run = orders.harness.run()
    pipelines.load_landscape(run)
    living = (
        "select count(distinct o.native_id), count(l.native_id)"
        " from (from canonical.can_purchase_order where not is_deleted) as o"
        " left join (from canonical.can_purchase_order_line where not is_deleted) as l"
        " on l.po_id = o.native_id"
    )
    models = "+can_purchase_order +can_purchase_order_line"
    assert build(run.settings, models, living) == [(98, 97)]
    orders.run(HEADS.format(first=8, last=8) + ";" + LINES.format(first=8, last=8))
    for _ in range(2):
        refresh(orders.harness)
    run = orders.harness.run()
    pipelines.load_landscape(run)
    assert build(run.settings, models, living) == [(99, 98)]

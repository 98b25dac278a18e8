"""The state store: an audit chain that shows tampering, a verdict journal that survives its loss."""

from datetime import date, datetime
from pathlib import Path

import sqlalchemy as sa

from ingestion import journal, pipelines
from ingestion.state import AUDIT, StateStore
from tests.ingestion.conftest import FeedHarness

VERDICT = {
    "entity_type": "invoice_line",
    "source_instance": "erp_a",
    "native_id": "L1",
    "match_status": "EXCEPTION",
    "codes": "PRICE_OVER",
    "fingerprint": "{}",
}


def test_changing_one_audit_row_breaks_the_chain(tmp_path: Path) -> None:
    state = StateStore(f"sqlite:///{tmp_path / 'state.sqlite'}")
    for number in range(4):
        state.append_audit(
            at=datetime(2026, 7, 1, number),
            actor="a",
            action="did",
            subject=str(number),
            detail={"n": number},
        )
    assert state.verify_audit() is None
    with state.engine.begin() as connection:
        connection.execute(sa.update(AUDIT).where(AUDIT.c.seq == 2).values(actor="b"))
    assert state.verify_audit() == 2
    state.close()


def test_the_journal_is_numbered_loaded_once_and_restored(feed: FeedHarness) -> None:
    run = feed.harness.run()
    assert pipelines.append_verdicts(run, [VERDICT, {**VERDICT, "native_id": "L2"}]) == 2
    pipelines.load_concord(run)
    later = feed.harness.run()
    assert pipelines.append_verdicts(later, [{**VERDICT, "match_status": "MATCHED", "codes": ""}]) == 1
    pipelines.load_concord(later)
    pipelines.load_concord(later)
    rows = feed.harness.raw("raw_concord.verdict")
    assert [(row[0], row[6], row[7]) for row in rows] == [
        (1, "L1", "EXCEPTION"),
        (2, "L2", "EXCEPTION"),
        (3, "L1", "MATCHED"),
    ]
    assert rows[0][3] == date(2026, 6, 30)

    feed.harness.close()
    (feed.harness.home / "state.sqlite").unlink()
    (feed.harness.home / "warehouse.duckdb").unlink()
    pipelines.load_concord(feed.harness.run())
    assert feed.harness.raw("raw_concord.verdict") == rows


def test_a_run_that_looks_back_writes_no_verdict(feed: FeedHarness) -> None:
    later, earlier = feed.harness.run(), feed.harness.run()
    pipelines.append_verdicts(earlier, [VERDICT])
    assert not journal.journal_is_open(later)
    assert pipelines.append_verdicts(later, [VERDICT]) == 0


def test_the_landscape_is_replaced_each_run(feed: FeedHarness) -> None:
    seeds = feed.harness.folder / "landscape" / "seeds"
    seeds.mkdir()
    (seeds / "tolerance.csv").write_text("check,upper_pct\nPRICE,0.02\n")
    pipelines.load_landscape(feed.harness.run())
    assert feed.harness.query("select check_code, upper_pct::varchar from raw_landscape.tolerance") == [
        ("PRICE", "0.020000")
    ]
    assert feed.harness.query("select as_of::varchar, as_of_ends_at::varchar from raw_landscape.run") == [
        ("2026-06-30", "2026-07-01 05:00:00")
    ]
    (seeds / "tolerance.csv").unlink()
    pipelines.load_landscape(feed.harness.run())
    [(count,)] = feed.harness.query("select count(*) from raw_landscape.tolerance where upper_pct = 0.10")
    assert count == 1, "without a file of its own the landscape is back at the defaults"
    assert feed.harness.query("select count(*) from raw_landscape.run") == [(1,)]
    assert feed.harness.query("select fresh_within_hours::varchar from raw_landscape.instance") == [
        ("24.000000",)
    ]

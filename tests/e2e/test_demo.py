"""The demo from an empty folder to the score, and what a second run changes: nothing."""

import multiprocessing
import time
from decimal import Decimal
from multiprocessing.synchronize import Event
from pathlib import Path
from typing import Any

import pytest
from house import DEMO, SYSTEMS, Finished, by_invoice, differences, outbox, posted

from publishing.serving import DATABASE, PUBLICATION
from sandbox.faults import FAULTS
from sandbox.serve import Sandbox

# Whole runs, on a machine that may be busy.
pytestmark = pytest.mark.timeout(1800)
COUNTS = ("sent", "confirmed", "rejected", "unknown", "withheld", "unchanged")


def assert_perfect(score: dict[str, Any]) -> None:
    for row in score["faults"]:
        assert (row["precision"], row["recall"], row["cause_accuracy"]) == (1.0, 1.0, 1.0), row
    assert score["unlabelled_findings"] == 0, score["unlabelled_sample"]


def test_the_demo_ends_well_and_says_so(demo: Finished) -> None:
    assert demo.outcome.code == 0, demo.outcome.text
    for words in (
        "Loaded",
        "Control totals",
        "Three-way match",
        "Open findings",
        "Delivered",
        "Query ",
        "UI ",
    ):
        assert words in demo.outcome.out
    assert "DOES NOT TIE" not in demo.outcome.out and "Needs attention" not in demo.outcome.out


def test_nobody_else_may_read_what_it_wrote(demo: Finished) -> None:
    home = demo.house.home
    written = [home, *(path for path in home.rglob("*") if not path.is_symlink())]
    assert [path for path in written if path.stat().st_mode & 0o077] == []


def test_the_summary_has_what_the_contract_names(demo: Finished) -> None:
    summary = demo.house.summary
    assert set(summary["loaded"]) == SYSTEMS
    assert all(isinstance(count, int) and count > 0 for count in summary["loaded"].values())
    assert summary["rejected"] == {} and isinstance(summary["changed_rows"], int)
    # A workforce service tells each day's state again: what it told before is loaded and no change.
    told_again = sum(summary["loaded"].values()) - summary["changed_rows"]
    assert 0 <= told_again < summary["loaded"]["workforce"]
    assert isinstance(summary["duration_seconds"], float) and summary["peak_memory_bytes"] < 2 * 2**30
    assert {name: type(demo.house.delivery[name]) for name in COUNTS} == dict.fromkeys(COUNTS, int)
    for row in summary["exceptions"]:
        assert row["code"] and row["severity"] and row["owner_role"] and row["finding_count"] > 0
        Decimal(row["amount_at_risk"] or 0)


def test_control_totals_tie(demo: Finished) -> None:
    totals = demo.house.summary["control_totals"]
    assert {row["entity"] for row in totals} == {
        "purchase_order_line", "receipt_line", "invoice", "invoice_line", "payment", "journal_line",
    }  # fmt: skip
    assert all(row["is_tied"] is True for row in totals)
    [lines] = [
        row
        for row in totals
        if (row["source_instance"], row["entity"]) == ("procurement", "purchase_order_line")
    ]
    assert lines["canonical_rows"] == lines["fact_rows"] == 1500


def test_everything_planted_was_found_and_nothing_else(demo: Finished) -> None:
    score = demo.house.score
    assert (score["seed"], score["lines"]) == (7, 1500)
    assert {row["fault_code"] for row in score["faults"]} == set(FAULTS)
    assert all(row["planted"] > 0 for row in score["faults"])
    assert_perfect(score)


def test_the_book_of_the_target_is_the_outbox(demo: Finished) -> None:
    with Sandbox(demo.world, 0) as sandbox:
        book = posted(sandbox)
    wanted = outbox(demo.house)
    assert by_invoice(book) == wanted and len(book) == len(wanted)
    assert demo.house.delivery["confirmed"] == len(wanted) > 500


def test_the_outbox_and_the_score_can_be_asked_for_again(demo: Finished) -> None:
    listed = demo.house.concord("outbox", "list", "--home", demo.house.home)
    assert listed.code == 0 and "Nothing waits." in listed.out
    assert f"{demo.house.delivery['confirmed']:,} confirmed" in listed.out
    scored = demo.house.concord("score", "--home", demo.house.home)
    assert scored.code == 0 and "UNIT_DRIFT" in scored.out and "without a label: 0" in scored.out


def _read_without_end(database: str, stop: Event, seen: Any) -> None:
    """A BI tool in its own process: opens the copy again and again and counts what it was promised."""
    import duckdb

    schema, name = PUBLICATION
    while not stop.is_set():
        try:
            with duckdb.connect(str(Path(database).resolve()), read_only=True) as connection:
                promised = connection.execute(
                    f"select schema_name, table_name, row_count, run_id from {schema}.{name}"
                ).fetchall()
                for table_schema, table, count, _ in promised:
                    [(found,)] = connection.execute(
                        f'select count(*) from {table_schema}."{table}"'
                    ).fetchall()
                    if found != count:
                        seen.append(f"{table}: {found} of {count}")
                seen.append({row[3] for row in promised}.pop())
        except duckdb.Error as error:
            seen.append(f"blocked: {error}")
        time.sleep(0.2)


def test_a_second_run_changes_nothing_while_a_reader_reads(demo: Finished, tmp_path: Path) -> None:
    house = demo.house
    # What the first run sent to the targets comes back as data once.
    settled = house.demo("--seed", "7", "--lines", "1500")
    assert settled.code == 0 and house.delivery["sent"] == 0, settled.text
    before, first = house.keep_serving(tmp_path / "first.duckdb"), house.summary["run_id"]
    spawn = multiprocessing.get_context("spawn")
    with spawn.Manager() as manager:
        stop, seen = spawn.Event(), manager.list()
        reader = spawn.Process(
            target=_read_without_end, args=(str(house.home / "serving" / DATABASE), stop, seen)
        )
        reader.start()
        again = house.demo("--seed", "7", "--lines", "1500", "--as-of", "2026-06-30")
        time.sleep(1)
        stop.set()
        reader.join(30)
        read = list(seen)
    assert again.code == 0, again.text
    assert house.summary["changed_rows"] == 0
    assert (house.delivery["sent"], house.delivery["unchanged"]) == (0, len(outbox(house)))
    assert differences(before, house.home / "serving" / DATABASE) == {}
    # The reader saw the first refresh whole, then the second whole, and nothing else.
    assert len(read) > 5 and list(dict.fromkeys(read)) == [first, house.summary["run_id"]]


@pytest.mark.slow
def test_a_rebuild_from_landing_and_state_gives_the_same_and_sends_nothing(
    demo: Finished, tmp_path: Path
) -> None:
    house = demo.house
    with Sandbox(demo.world, 0) as sandbox:
        house.serve(sandbox)
        # What was sent to the targets comes back as data once.
        usual = house.run()
    before = house.keep_serving(tmp_path / "before.duckdb")
    landed = _landed(house.home)
    # Neither a source nor a target can be asked any more.
    (house.home / "warehouse.duckdb").unlink()
    rebuilt = house.concord("rebuild", "--landscape", DEMO, "--home", house.home)
    assert (usual.code, rebuilt.code) == (0, 0), rebuilt.text
    assert differences(before, house.home / "serving" / DATABASE) == {}
    assert _landed(house.home) == landed
    assert not (house.home / "rebuild").exists()


def _landed(home: Path) -> int:
    return sum(1 for path in (home / "landing").rglob("manifest.json"))


@pytest.mark.slow
def test_another_seed_scores_the_same(demo: Finished, pycache: Path) -> None:
    house = demo.house
    house.empty()
    outcome = house.demo("--seed", "23", "--lines", "1200")
    assert outcome.code == 0, outcome.text
    assert_perfect(house.score)


@pytest.mark.slow
def test_a_clean_world_is_silent_and_no_publish_sends_nothing(demo: Finished) -> None:
    house = demo.house
    house.empty()
    outcome = house.demo("--seed", "31", "--lines", "1200", "--faults", "none", "--no-publish")
    assert outcome.code == 0, outcome.text
    assert house.query("select code, severity, native_id from controls.exc_exception") == []
    assert house.score["unlabelled_findings"] == 0
    assert (house.delivery["mode"], house.delivery["sent"]) == ("off", 0)
    assert "--no-publish" in house.delivery["note"]
    with Sandbox(demo.world, 0) as sandbox:
        assert posted(sandbox) == []

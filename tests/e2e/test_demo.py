"""The demo from an empty folder to the score."""

from decimal import Decimal

import pytest
from house import SYSTEMS, Finished, assert_perfect, by_invoice, outbox, posted

from sandbox.faults import FAULTS
from sandbox.serve import Sandbox

# Whole runs, on a machine that may be busy.
pytestmark = pytest.mark.timeout(1800)
COUNTS = ("sent", "confirmed", "rejected", "unknown", "withheld", "unchanged")


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
    listed = demo.house.ask("outbox", "list")
    assert listed.code == 0 and "Nothing waits." in listed.out
    assert f"{demo.house.delivery['confirmed']:,} confirmed" in listed.out
    scored = demo.house.ask("score")
    assert scored.code == 0 and "UNIT_DRIFT" in scored.out and "without a label: 0" in scored.out

"""The manifest: what came and what became of it, gaps in numbers and days, and what the calendar misses."""

import os
from collections.abc import Callable
from datetime import date
from itertools import pairwise
from pathlib import Path

import pytest
import sqlalchemy as sa

from ingestion.configuration.landscape import LandscapeError
from ingestion.landing_copy.file_manifest import manifest, periods
from ingestion.state import StateStore
from ingestion.windows import days_in_name
from tests.ingestion.conftest import Harness

LINE = "receipt_line_id,receipt_type,quantity,uom_code,receipt_date\n"


class Drop:
    """A feed folder with receipt files, whose landscape says when they are due (as of 2026-06-30)."""

    def __init__(self, harness: Callable[..., Harness], root: Path, rules: str) -> None:
        self.folder = root / "in" / "receipt_line"
        self.folder.mkdir(parents=True)
        self.harness = harness(
            f"  erp:\n    system: feed\n    connection: {{folder: {root / 'in'}}}\n    {rules}\n"
        )

    def put(self, *names: str) -> None:
        for name in names:
            (self.folder / f"{name}.csv").write_text(f"{LINE}{name},RECEIPT,1,EA,2026-06-01\n")

    def statuses(self) -> list[tuple[str, str]]:
        run = self.harness.run()
        return [
            (entry.name.removeprefix("receipt_line/"), entry.status)
            for entry in manifest(run, run.landscape.instances["erp"])
        ]


def test_every_file_has_its_status(harness: Callable[..., Harness], tmp_path: Path) -> None:
    drop = Drop(harness, tmp_path, "format: {footers: [End]}")
    drop.put("a")
    (drop.folder / "b.csv").write_text("receipt_line_id,quantity\n1,1\n")
    (drop.folder / "c.csv").write_bytes(b"")
    landed, _ = drop.harness.refresh()
    assert not landed["erp"].is_complete
    assert drop.statuses() == [("a.csv", "LOADED"), ("b.csv", "SCHEMA_DRIFT"), ("c.csv", "TRUNCATED")]


def test_a_number_that_never_came_is_a_gap(harness: Callable[..., Harness], tmp_path: Path) -> None:
    drop = Drop(harness, tmp_path, "resources: {receipt_line: {sequence: 'r([0-9]+)[.]csv'}}")
    drop.put("r0007", "r0008", "r0011")
    landed, _ = drop.harness.refresh()
    assert landed["erp"].missing == (
        "SEQUENCE_GAP receipt_line: number 9",
        "SEQUENCE_GAP receipt_line: number 10",
    )
    drop.put("r0009", "r0010")
    assert drop.harness.refresh()[0]["erp"].missing == ()


@pytest.mark.parametrize(
    ("rules", "names", "missing"),
    [
        ("expected: daily", ("2026-06-27", "2026-06-29"),
         [("2026-06-28", "SEQUENCE_GAP"), ("2026-06-30", "EXPECTED_MISSING")]),
        ("expected: daily, grace_days: 1", ("2026-06-28", "2026-06-29"), []),
        ("expected: weekdays", ("2026-06-26", "2026-06-30"), [("2026-06-29", "SEQUENCE_GAP")]),
        ("expected: weekly", ("2026-06-09",), [("2026-06-15 to 2026-06-21", "EXPECTED_MISSING"),
                                              ("2026-06-22 to 2026-06-28", "EXPECTED_MISSING")]),
        ("expected: monthly", ("2026-04", "2026-06"), [("2026-05-01 to 2026-05-31", "SEQUENCE_GAP")]),
        ("expected: monthly, grace_days: 5", ("2026-05",), []),
    ],
)  # fmt: skip
def test_the_calendar_says_what_is_missing(
    harness: Callable[..., Harness],
    tmp_path: Path,
    rules: str,
    names: tuple[str, ...],
    missing: list[tuple[str, str]],
) -> None:
    drop = Drop(harness, tmp_path, f"resources: {{receipt_line: {{{rules}}}}}")
    drop.put(*names)
    drop.harness.refresh()
    assert [entry for entry in drop.statuses() if entry[1] != "LOADED"] == missing


@pytest.mark.parametrize("cadence", ["daily", "weekly", "monthly"])
def test_periods_follow_without_a_hole(cadence: str) -> None:
    found = list(periods(cadence, date(2025, 11, 13), date(2026, 3, 31)))  # type: ignore[arg-type]
    assert found[0][0] <= date(2025, 11, 13) and found[-1][1] <= date(2026, 3, 31)
    assert all((second[0] - first[1]).days == 1 for first, second in pairwise(found))


def test_a_file_that_is_still_written_waits(harness: Callable[..., Harness], tmp_path: Path) -> None:
    drop = Drop(harness, tmp_path, "arrival: {settled_seconds: 600}")
    drop.put("a", "b")
    now = drop.harness.now.timestamp() + 3600
    os.utime(drop.folder / "a.csv", (now - 700, now - 700))
    os.utime(drop.folder / "b.csv", (now - 500, now - 500))
    landed, _ = drop.harness.refresh()
    assert landed["erp"].remarks == ("receipt_line/b.csv: waits, it changed less than 600 s ago",)
    assert drop.statuses() == [("a.csv", "LOADED")]
    drop.harness.refresh()
    assert drop.statuses() == [("a.csv", "LOADED"), ("b.csv", "LOADED")]


def test_a_file_waits_for_its_marker(harness: Callable[..., Harness], tmp_path: Path) -> None:
    drop = Drop(harness, tmp_path, "resources: {receipt_line: {marker: .done}}")
    drop.put("a", "b")
    (drop.folder / "a.csv.done").touch()
    landed, _ = drop.harness.refresh()
    assert landed["erp"].remarks == ("receipt_line/b.csv: waits, receipt_line/b.csv.done is not there yet",)
    assert drop.statuses() == [("a.csv", "LOADED")] and not landed["erp"].unread
    (drop.folder / "b.csv.done").touch()
    drop.harness.refresh()
    assert drop.statuses() == [("a.csv", "LOADED"), ("b.csv", "LOADED")]


def test_a_marker_of_yesterday_guards_nothing(harness: Callable[..., Harness], tmp_path: Path) -> None:
    drop = Drop(harness, tmp_path, "arrival: {marker: .done}")
    drop.put("a")
    (drop.folder / "a.csv.done").touch()
    drop.harness.refresh()
    written = (drop.folder / "a.csv.done").stat().st_mtime + 60
    (drop.folder / "a.csv").write_text(f"{LINE}a,RECEIPT,2,EA,2026-06-01\nb,REC")
    os.utime(drop.folder / "a.csv", (written, written))
    landed, _ = drop.harness.refresh()
    assert landed["erp"].remarks == (
        "receipt_line/a.csv: waits, receipt_line/a.csv.done is older than the file",
    )
    assert drop.harness.query("select count(*) from raw_feed.receipt_line") == [(1,)]
    os.utime(drop.folder / "a.csv.done", (written, written))
    landed, _ = drop.harness.refresh()
    assert not landed["erp"].remarks


def test_a_copy_under_another_name_is_told(harness: Callable[..., Harness], tmp_path: Path) -> None:
    drop = Drop(harness, tmp_path, "fresh_within: 24h")
    drop.put("a")
    (drop.folder / "b.csv").write_text(LINE)
    (drop.folder / "c.csv").write_text(LINE)
    drop.harness.refresh()
    content = (drop.folder / "a.csv").read_bytes()
    (drop.folder / "d.csv").write_bytes(content)
    later = (drop.folder / "a.csv").stat().st_mtime + 60
    os.utime(drop.folder / "a.csv", (later, later))
    landed, _ = drop.harness.refresh()
    assert [refusal.file for refusal in landed["erp"].refusals] == ["receipt_line/d.csv"]
    assert "exactly the content of receipt_line/a.csv" in landed["erp"].refusals[0].reason
    assert drop.statuses() == [(f"{name}.csv", "LOADED") for name in "abc"] + [("d.csv", "DUPLICATE_CONTENT")]


def test_a_snapshot_may_repeat(harness: Callable[..., Harness], tmp_path: Path) -> None:
    drop = Drop(harness, tmp_path, "resources: {receipt_line: {snapshot: true}}")
    drop.put("a")
    drop.harness.refresh()
    (drop.folder / "b.csv").write_bytes((drop.folder / "a.csv").read_bytes())
    drop.harness.refresh()
    assert drop.statuses() == [("a.csv", "LOADED"), ("b.csv", "LOADED")]


def test_a_sequence_without_its_number_is_a_mistake(harness: Callable[..., Harness], tmp_path: Path) -> None:
    drop = Drop(harness, tmp_path, "resources: {receipt_line: {sequence: 'r[0-9]+'}}")
    with pytest.raises(LandscapeError, match=r"landscape.yaml:10: .*must be a pattern with one group"):
        drop.harness.run()


def test_a_home_made_before_gets_the_new_column(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'state.db'}"
    StateStore(url).close()
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE refused_file DROP COLUMN status")
    engine.dispose()
    state = StateStore(url)
    assert state.refusals("erp") == []
    state.close()


def test_a_day_in_a_name_is_a_day() -> None:
    assert days_in_name("receipt_line/2026-06-27.csv") == (date(2026, 6, 27), date(2026, 6, 27))

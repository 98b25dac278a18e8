"""A format that changed: no rebuild or replay reads old files differently without a person's word."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import dagster as dg
import pytest
from click.testing import CliRunner

from concord.cli import main
from dagster_project.assets.raw import raw_assets
from dagster_project.resources import RunResource
from ingestion import pipelines
from ingestion.contracts import quarantine
from ingestion.contracts.quarantine import Entry
from ingestion.raw.rereading import Acceptance, ReadingChangedError, loaded_counts, require_same_reading
from ingestion.registry import SYSTEMS
from ingestion.spec import FileFormat, FilesWire, SystemSpec
from tests.ingestion.conftest import HEADER, FeedHarness

HEAD = "receipt_line_id;receipt_type;quantity;uom_code;receipt_date\n"
COMMA, POINT = "1.234,56", "1,234.56"
BY_HAND = {"actor": "Ann", "reason": "the format changed"}
RAW = ("raw_feed.receipt_line", "raw_feed.rejected_row", "raw_concord.load_batch")


def _declare(feed: FeedHarness, number: str) -> None:
    text = (
        f"  erp_a:\n    system: feed\n    connection: {{folder: {feed.folder}}}\n"
        "    format: {delimiter: ';'}\n"
        f"    columns: {{receipt_line: {{quantity: {{number: '{number}'}}}}}}\n"
    )
    (feed.harness.folder / "landscape" / "landscape.yaml").write_text(HEADER + text)


def _write(feed: FeedHarness, name: str, quantities: dict[str, str]) -> None:
    lines = "".join(f"{key};RECEIPT;{quantity};EA;2026-06-01\n" for key, quantity in quantities.items())
    feed.write(f"receipt_line/{name}.csv", HEAD + lines)


def _raw(feed: FeedHarness) -> dict[str, object]:
    return {table: feed.harness.raw(table) for table in RAW}


def _waiting(feed: FeedHarness) -> list[Entry]:
    run = feed.harness.run()
    return quarantine.entries(run.settings, run.state)


def _reload(feed: FeedHarness, accepted: Acceptance | None = None) -> tuple[str, tuple[int, int]]:
    """All of raw loaded beside the warehouse and compared with it: what a rebuild does."""
    workshop = feed.harness.home / "rebuild"
    shutil.rmtree(workshop, ignore_errors=True)
    run = feed.harness.run()
    beside = replace(run, settings=replace(run.settings, workshop=workshop))
    pipelines.load_system(beside, "feed")
    return require_same_reading(beside, "feed", accepted), loaded_counts(beside.settings.warehouse_path)


@pytest.fixture
def changed(feed: FeedHarness) -> FeedHarness:
    """Files with decimal commas, one of them with a point; then decimal points are declared and delivered."""
    _declare(feed, COMMA)
    # As a number with points: rejected; 1050 instead of 1.05 as well as rejected; the same.
    _write(feed, "old", {"A": "7,25", "B": "1.234,50", "C": "1.050", "D": "4", "E": "1,234.50"})
    feed.refresh()
    _declare(feed, POINT)
    _write(feed, "new", {"F": "1,000.50"})
    feed.refresh()
    return feed


def test_a_rebuild_refuses_to_read_old_files_differently(changed: FeedHarness) -> None:
    before = _raw(changed)
    [(old, _)] = changed.harness.query(
        "select _batch_id, count(*) from raw_feed.receipt_line where _row_key <> 'F' group by 1"
    )
    with pytest.raises(ReadingChangedError) as refused:
        _reload(changed)
    assert f"erp_a, batch {old}, receipt_line: 2 loaded rows would be rejected, 1 read as" in str(
        refused.value
    )
    assert "--accept-reading" in str(refused.value) and "back as they were" in str(refused.value)
    assert _raw(changed) == before
    assert changed.harness.run().state.audit()[-1]["action"] != "reading accepted"

    assert _reload(changed, Acceptance("Ann", "all files are new ones")) == ("", (4, 2))
    row = changed.harness.run().state.audit()[-1]
    assert (row["actor"], row["action"], row["subject"]) == ("Ann", "reading accepted", "erp_a")
    assert "2 loaded rows would be rejected" in row["detail"] and "all files are new ones" in row["detail"]


def test_the_rebuild_job_fails_until_somebody_accepts(changed: FeedHarness) -> None:
    home, workshop = changed.harness.home, changed.harness.home / "rebuild"
    asset = raw_assets(SYSTEMS["feed"], ["erp_a"], has_windows=False)
    succeeded = []
    for actor in ("", "Ann"):
        shutil.rmtree(workshop, ignore_errors=True)
        run = RunResource(
            home=str(home),
            landscape_dir=str(changed.harness.folder / "landscape"),
            workshop=str(workshop),
            accepted_by=actor,
            accepted_because="seen",
        )
        with dg.DagsterInstance.ephemeral() as instance:
            outcome = dg.materialize([asset], instance=instance, resources={"run": run}, raise_on_error=False)
        succeeded.append(outcome.success)
    assert succeeded == [False, True]
    assert changed.harness.run().state.audit()[-1]["action"] == "reading accepted"


def test_a_late_release_never_reads_what_is_loaded_differently(feed: FeedHarness) -> None:
    _declare(feed, COMMA)
    _write(feed, "held", {"A": "7,25"})
    run = feed.harness.run()
    pipelines.land(run, "erp_a")
    [batch] = pipelines.pending_batches(run, "erp_a")
    held = pipelines.hold_batch(run, batch, ["too few rows"])
    (feed.folder / "receipt_line" / "held.csv").unlink()
    _write(feed, "old", {"B": "1.234,50"})
    feed.refresh()
    before = _raw(feed)
    _declare(feed, POINT)
    run = feed.harness.run()
    pipelines.release_batch(run, "erp_a", held.batch_id, actor="Ann", reason="seen")
    with pytest.raises(ReadingChangedError, match="receipt_line: 1 loaded rows would be rejected"):
        pipelines.load_system(feed.harness.run(), "feed")
    assert _raw(feed) == before
    _declare(feed, COMMA)
    pipelines.load_system(feed.harness.run(), "feed")
    assert feed.harness.query("select _row_key from raw_feed.receipt_line order by 1") == [("A",), ("B",)]


def test_a_replay_refuses_to_read_old_files_differently(changed: FeedHarness) -> None:
    before, waiting = _raw(changed), _waiting(changed)
    assert [entry.row_key for entry in waiting] == ["E"]
    with pytest.raises(
        ReadingChangedError, match="2 loaded rows would be rejected, 1 read as something else"
    ):
        quarantine.replay(changed.harness.run(), waiting, **BY_HAND)
    assert _raw(changed) == before and _waiting(changed) == waiting

    words = (
        "quarantine",
        "replay",
        "--home",
        str(changed.harness.home),
        "--actor",
        "Ann",
        "--reason",
        "seen",
    )
    landscape = ("--landscape", str(changed.harness.folder / "landscape"))
    result = CliRunner().invoke(main, [*words, *landscape])
    assert result.exit_code == 1 and "nothing was changed" in result.output
    result = CliRunner().invoke(main, [*words, *landscape, "--accept-reading"])
    assert (result.exit_code, result.output) == (0, "erp_a: 1 rows replayed, 0 rejected still\n")
    assert changed.harness.query(
        "select _row_key, quantity::varchar from raw_feed.receipt_line order by 1"
    ) == [("C", "1.050000"), ("D", "4.000000"), ("E", "1234.500000"), ("F", "1000.500000")]
    assert "reading accepted" in {row["action"] for row in changed.harness.run().state.audit()}


def test_rows_that_pass_now_are_no_difference(feed: FeedHarness) -> None:
    _declare(feed, COMMA)
    _write(feed, "a", {"D": "4", "E": "1,234.50"})
    feed.refresh()
    _declare(feed, POINT)
    _write(feed, "b", {"D": "5", "E": "1,234.50"})
    feed.refresh()
    # The version of E that raw has from the second file comes with the first one now.
    assert _reload(feed) == ("", (4, 0))
    (done,) = quarantine.replay(feed.harness.run(), _waiting(feed), **BY_HAND)
    assert (done.replayed, done.still_rejected) == (1, 0)


def test_nothing_to_compare_with_is_told(changed: FeedHarness) -> None:
    (changed.harness.home / "warehouse.duckdb").unlink()
    told, _ = _reload(changed)
    assert "there is no warehouse" in told
    (changed.harness.home / "warehouse.duckdb").write_bytes(b"broken" * 1000)
    assert "could not be read" in _reload(changed)[0]


@contextmanager
def _columns(spec: SystemSpec, **given: object) -> Iterator[SystemSpec]:
    table = spec.tables[0]
    first = replace(table.columns[0], **given)  # type: ignore[arg-type]
    yield replace(spec, tables=(replace(table, columns=(first, *table.columns[1:])), *spec.tables[1:]))


@pytest.mark.parametrize(
    "given",
    [
        {"format": POINT},
        {"format": ("%d.%m.%Y",)},
        {"headers": ("Id",)},
        {"aliases": ("Id",)},
        {"rewrite": ("^A", "B")},
        {"constant": "1"},
        {"hashed": False},
    ],
    ids=lambda given: next(iter(given)),
)
def test_every_way_of_reading_a_cell_makes_another_contract_version(given: dict[str, object]) -> None:
    feed = SYSTEMS["feed"]
    with _columns(feed, **given) as other:
        assert other.contract_version != feed.contract_version


def test_the_format_of_files_makes_another_contract_version() -> None:
    feed = SYSTEMS["feed"]
    assert isinstance(feed.wire, FilesWire)
    other = replace(feed, wire=replace(feed.wire, format=FileFormat(delimiter=";")))
    assert other.contract_version != feed.contract_version
    moved = replace(feed, wire=replace(feed.wire, wanted="other words", marker=".done"))
    assert moved.contract_version == feed.contract_version


def test_an_accepted_reading_of_a_rebuild_needs_who_and_why(tmp_path: Path) -> None:
    for words in (["--accept-reading"], ["--accept-reading", "--actor", "Ann"], ["--actor", "Ann"]):
        result = CliRunner().invoke(main, ["rebuild", "--home", str(tmp_path), *words])
        assert result.exit_code == 2 and "needs --actor and --reason" in result.output

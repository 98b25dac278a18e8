"""The quarantine: one entry for a row however often it is sent; a mended contract replays exactly once."""

import json
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from ingestion import pipelines
from ingestion.contracts import quarantine
from ingestion.contracts.quarantine import Entry, QuarantineError
from ingestion.formats.numbers import POINT
from ingestion.raw import loading
from ingestion.raw.warehouse import TableLoadPlan
from ingestion.registry import SYSTEMS
from ingestion.runs import RunContext
from ingestion.spec import SystemSpec
from tests.ingestion.conftest import FeedHarness, Harness

LINES = "invoice_line_id,invoice_id,line_amount\n"
TABLES = ("raw_feed.invoice_line", "raw_feed.supplier", "raw_feed.rejected_row", "raw_concord.load_batch")
BY_HAND = {"actor": "Ann", "reason": "checked with the source"}


@pytest.fixture
def mended(monkeypatch: pytest.MonkeyPatch) -> SystemSpec:
    return _mended()


def _mended() -> SystemSpec:
    """The feed with amounts that may be written with separators."""
    feed = SYSTEMS["feed"]
    tables = []
    for table in feed.tables:
        columns = tuple(
            replace(column, format=POINT) if column.name == "line_amount" else column
            for column in table.columns
        )
        tables.append(replace(table, columns=columns) if table.name == "invoice_line" else table)
    return replace(feed, tables=tuple(tables))


def _entries(harness: Harness) -> list[Entry]:
    run = harness.run()
    return quarantine.entries(run.settings, run.state)


def _raw(harness: Harness) -> dict[str, object]:
    """Raw without what says when it was loaded and by which contract."""
    told = "select * exclude (_dlt_load_id, contract_version, column_name, reason) from raw_feed.rejected_row"
    return {table: harness.raw(table) for table in TABLES} | {
        "raw_feed.rejected_row": harness.query(f"{told} order by all"),
        "raw_concord.load_batch": harness.query(
            "select * exclude (_dlt_load_id, contract_version) from raw_concord.load_batch order by all"
        ),
    }


def _rebuilt(harness: Harness) -> dict[str, object]:
    (harness.home / "warehouse.duckdb").unlink()
    run = harness.run()
    pipelines.load_system(run, "feed")
    return _raw(harness)


def test_a_row_sent_again_is_one_entry_with_its_sightings(feed: FeedHarness) -> None:
    feed.write("invoice_line/a.csv", LINES + '1,I,"1,000.00"\n2,I,1.00\n')
    feed.refresh()
    feed.write("invoice_line/b.csv", LINES + '3,I,3.00\n1,I,"1,000.00"\n')
    feed.refresh()
    (entry,) = _entries(feed.harness)
    assert (entry.status, entry.row_key, entry.column_name) == ("OPEN", "1", "line_amount")
    assert entry.contract_version == SYSTEMS["feed"].contract_version
    assert [tuple(sighting.place) for sighting in entry.sightings] == [
        ("invoice_line", "invoice_line/a.csv", 2, 1),
        ("invoice_line", "invoice_line/b.csv", 3, 1),
    ]
    assert entry.first_seen < entry.last_seen
    assert all(sighting.load_id for sighting in entry.sightings)
    feed.write("invoice_line/c.csv", LINES + "1,I,1000.00\n")
    feed.refresh()
    assert [entry.status for entry in _entries(feed.harness)] == ["SUPERSEDED"]


def test_a_mended_contract_replays_exactly_once(
    feed: FeedHarness, mended: SystemSpec, monkeypatch: pytest.MonkeyPatch
) -> None:
    feed.write("invoice_line/a.csv", LINES + '1,I,"1,000.00"\n2,I,1.00\n3,I,never\n')
    feed.refresh()
    feed.write("invoice_line/b.csv", LINES + "1,I,7.00\n")
    feed.refresh()
    before = _raw(feed.harness)
    run = feed.harness.run()
    (unchanged,) = quarantine.replay(run, _entries(feed.harness), **BY_HAND)
    assert (unchanged.replayed, unchanged.still_rejected) == (0, 2)
    assert _raw(feed.harness) == before

    monkeypatch.setitem(SYSTEMS, "feed", mended)
    for expected in ((1, 1), (0, 1)):
        (done,) = quarantine.replay(feed.harness.run(), _entries(feed.harness), **BY_HAND)
        assert (done.replayed, done.still_rejected) == expected
    assert feed.harness.query(
        "select _row_key, _version, line_amount::varchar, _known_at = min(_known_at) over ()"
        " from raw_feed.invoice_line order by 1, 2"
    ) == [("1", 1, "1000.00", True), ("1", 2, "7.00", False), ("2", 1, "1.00", True)]
    after = _raw(feed.harness)
    by_status = {entry.status: entry for entry in _entries(feed.harness)}
    assert set(by_status) == {"OPEN", "REPLAYED"}
    told = by_status["REPLAYED"]
    assert (told.actor, told.decision_reason) == ("Ann", "checked with the source")
    assert json.loads(told.payload)["line_amount"] == "1,000.00"
    state = feed.harness.run().state
    assert [row["actor"] for row in state.audit() if row["action"] == "decide"] == ["Ann"]
    assert state.verify_audit() is None
    assert _rebuilt(feed.harness) == after


def test_a_replay_that_was_killed_is_finished_by_the_next_load(
    feed: FeedHarness, mended: SystemSpec, monkeypatch: pytest.MonkeyPatch
) -> None:
    feed.write("invoice_line/a.csv", LINES + '1,I,"1,000.00"\n2,I,1.00\n')
    feed.refresh()
    feed.write("invoice_line/b.csv", LINES + "2,I,2.00\n")
    feed.refresh()
    monkeypatch.setitem(SYSTEMS, "feed", mended)
    chosen, loads, load_one = _entries(feed.harness), [], pipelines.load_one

    def killed(run: RunContext, instance: str) -> object:
        if run.settings.workshop:
            return load_one(run, instance)
        loads.append(instance)
        if len(loads) == 2:
            raise KeyboardInterrupt
        return None

    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(pipelines, "load_one", killed)
        quarantine.replay(feed.harness.run(), chosen, **BY_HAND)
    assert feed.harness.query("select count(*) from raw_feed.invoice_line") == [(0,)]
    feed.refresh()
    assert feed.harness.query("select _row_key, _version from raw_feed.invoice_line order by 1, 2") == [
        ("1", 1),
        ("2", 1),
        ("2", 2),
    ]
    assert [entry.status for entry in _entries(feed.harness)] == ["REPLAYED"]


def test_a_discarded_row_stays_out_of_replay_and_rebuild_until_it_is_asked_for(
    feed: FeedHarness, mended: SystemSpec, monkeypatch: pytest.MonkeyPatch
) -> None:
    feed.write("invoice_line/a.csv", LINES + '1,I,"1,000.00"\n2,I,"2,000.00"\n')
    feed.refresh()
    run = feed.harness.run()
    chosen = [entry for entry in _entries(feed.harness) if entry.row_key == "1"]
    with pytest.raises(QuarantineError, match="name of who decides"):
        quarantine.discard(run, chosen, actor=" ", reason="x")
    assert quarantine.discard(run, chosen, **BY_HAND) == 1
    assert quarantine.discard(run, chosen, **BY_HAND) == 0
    # The same row once more, in another file.
    feed.write("invoice_line/b.csv", LINES + '9,I,9.00\n1,I,"1,000.00"\n')
    feed.refresh()
    statuses = {entry.row_key: (entry.status, len(entry.sightings)) for entry in _entries(feed.harness)}
    assert statuses == {"1": ("DISCARDED", 2), "2": ("OPEN", 1)}

    monkeypatch.setitem(SYSTEMS, "feed", mended)
    waiting = [entry for entry in _entries(feed.harness) if entry.status == "OPEN"]
    (done,) = quarantine.replay(feed.harness.run(), waiting, **BY_HAND)
    assert (done.replayed, done.still_rejected) == (1, 2)
    after = _raw(feed.harness)
    assert feed.harness.query("select _row_key from raw_feed.invoice_line order by 1") == [("2",), ("9",)]
    assert feed.harness.query("select distinct reason from raw_feed.rejected_row") == [
        ("was discarded by a steward",)
    ]
    assert _rebuilt(feed.harness) == after

    discarded = [entry for entry in _entries(feed.harness) if entry.status == "DISCARDED"]
    (done,) = quarantine.replay(feed.harness.run(), discarded, **BY_HAND)
    assert (done.replayed, done.still_rejected) == (2, 0)
    assert feed.harness.query("select _row_key, _version from raw_feed.invoice_line order by 1") == [
        ("1", 1),
        ("2", 1),
        ("9", 1),
    ]


def test_no_digit_of_a_tax_id_leaves_a_line_that_cannot_be_read(feed: FeedHarness) -> None:
    feed.write("supplier.csv", "supplier_id,legal_name,tax_id\nS1,A,12-3456780,too,many\n")
    feed.refresh()
    (entry,) = _entries(feed.harness)
    assert entry.payload == "S#,A,##-#######,too,many"


def test_a_batch_released_late_takes_its_place_in_the_order_of_arrival(feed: FeedHarness) -> None:
    feed.write("supplier.csv", "supplier_id,legal_name\nS1,Alpha\n")
    run = feed.harness.run()
    batch = pipelines.land(run, "erp_a").batch
    assert batch is not None
    pipelines.hold_batch(run, batch, ["too few rows"])
    feed.write("supplier.csv", "supplier_id,legal_name\nS1,Beta\n")
    feed.refresh()
    run = feed.harness.run()
    pipelines.accept_batch(run, batch, actor="Ann")
    pipelines.load_system(run, "feed")
    after = _raw(feed.harness)
    assert feed.harness.query("select _version, legal_name from raw_feed.supplier order by 1") == [
        (1, "Alpha"),
        (2, "Beta"),
    ]
    assert _rebuilt(feed.harness)["raw_feed.supplier"] == after["raw_feed.supplier"]


def test_a_load_that_was_killed_before_it_was_recorded_counts_like_any_other(
    feed: FeedHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    feed.write("invoice_line.csv", LINES + "1,I,1.00\n2,I,never\n")

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(loading, "_record", killed)
        feed.refresh()
    assert feed.harness.query("select count(*) from raw_feed.invoice_line") == [(1,)]
    feed.refresh()
    _assert_accounted(feed.harness, 2)


AMOUNTS = st.sampled_from(["1.00", "2.00", "1,000.00", "2,000.00", "never", ""])
LINE = st.tuples(st.sampled_from("123"), AMOUNTS, st.sampled_from(["", ",too many"]))
WORLDS = st.lists(st.lists(LINE, min_size=1, max_size=5), min_size=1, max_size=4)


def _insert(*, path: Path, dataset: str, tables: Mapping[str, TableLoadPlan], **_: object) -> str:
    """The same rows as dlt would load, without its packages: some hundred loads a second."""
    with duckdb.connect(str(path)) as connection:
        for name, plan in tables.items():
            for rows in plan.waiting():
                connection.register("rows", rows.append_column("_dlt_load_id", pa.repeat("1", rows.num_rows)))
                connection.execute(f"insert into {dataset}.{name} by name select * from rows")
                connection.unregister("rows")
    return "1"


@pytest.mark.slow
@given(world=WORLDS, thrown_away=st.sets(st.integers(0, 9), max_size=2), late=st.booleans())
@settings(
    max_examples=5,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    phases=[Phase.explicit, Phase.generate],
)
def test_what_landed_is_in_raw_or_in_quarantine_before_and_after_a_replay(
    world: Sequence[Sequence[tuple[str, str, str]]],
    thrown_away: set[int],
    late: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with tempfile.TemporaryDirectory() as place, monkeypatch.context() as patched:
        patched.setattr(loading, "load", _insert)
        folder = Path(place) / "feed" / "invoice_line"
        folder.mkdir(parents=True)
        connection = f"connection: {{folder: {folder.parent}}}"
        harness = Harness(Path(place), f"  erp_a:\n    system: feed\n    {connection}\n", {})
        for at, lines in enumerate(world):
            text = "".join(f'{key},I,"{amount}"{more}\n' for key, amount, more in lines)
            (folder / f"{at}.csv").write_text(f"{LINES}{text}".replace('""', ""))
            harness.refresh()
        sent = sum(map(len, world))
        _assert_accounted(harness, sent)
        waiting = _entries(harness)
        discarded = [entry for at, entry in enumerate(waiting) if at in thrown_away]
        quarantine.discard(harness.run(), discarded, **BY_HAND)
        patched.setitem(SYSTEMS, "feed", _mended())
        if late:
            (folder / "late.csv").write_text(f'{LINES}2,I,"2,000.00"\n')
            harness.refresh()
            sent += 1
        expected = [entry for entry in waiting if _passes_when_mended(entry) and entry not in discarded]
        done = quarantine.replay(harness.run(), expected, **BY_HAND)
        assert sum(each.replayed for each in done) == sum(len(entry.sightings) for entry in expected)
        _assert_accounted(harness, sent)
        after = _raw(harness)
        # A long history goes in loads of a few batches each.
        patched.setattr(loading, "MOST_ROWS", 1)
        assert _rebuilt(harness) == after
        harness.close()


def _passes_when_mended(entry: Entry) -> bool:
    return entry.payload.startswith("{") and "," in json.loads(entry.payload)["line_amount"]


def _assert_accounted(harness: Harness, sent: int) -> None:
    (counts,) = harness.query(
        "select sum(landed_rows), sum(new_version_rows) + sum(unchanged_rows) + sum(rejected_rows),"
        " (select count(*) from raw_feed.invoice_line) - sum(new_version_rows),"
        " (select count(*) from raw_feed.rejected_row) - sum(rejected_rows) from raw_concord.load_batch"
    )
    assert counts == (sent, sent, 0, 0)

"""The landing copy at rest: sealed with a key, sorted into days; the same tables after its plain payloads."""

import gzip
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingestion import pipelines
from ingestion.contracts import quarantine
from ingestion.formats.content import whole
from ingestion.landing_copy import sealing
from ingestion.landing_copy.inbox import Inbox
from ingestion.landing_copy.late_sealing import seal_late
from ingestion.landing_copy.retention import overdue, prune
from ingestion.landing_copy.sealing import Seal, SealError
from ingestion.parsing import raw_rows
from tests.ingestion.conftest import FeedHarness

SUPPLIERS = (
    "supplier_id,legal_name,tax_id,w9_date\nS1,Alpha,12-3456780,\nS2,Beta,123456780,never\n"
    "S3,Gamma,98-7654320,,too many\n"
)
TABLES = ("raw_feed.supplier", "raw_feed.rejected_row", "raw_concord.load_batch")
VERDICT = dict.fromkeys(
    ("entity_type", "source_instance", "native_id", "match_status", "codes", "fingerprint"), "x"
)
SECRETS = (b"12-3456780", b"123456780", b"98-7654320")


def _raw(feed: FeedHarness) -> dict[str, object]:
    return {table: feed.harness.raw(table) for table in TABLES}


def _rebuilt(feed: FeedHarness) -> dict[str, object]:
    (feed.harness.home / "warehouse.duckdb").unlink()
    pipelines.load_system(feed.harness.run(), "feed")
    return _raw(feed)


def _landed(feed: FeedHarness) -> list[Path]:
    return [path for path in (feed.harness.home / "landing").rglob("*") if path.is_file()]


@settings(max_examples=60, deadline=None)
@given(content=st.binary(max_size=40), piece=st.integers(1, 9), at=st.integers(0, 80))
def test_a_sealed_file_opens_whole_or_not_at_all(content: bytes, piece: int, at: int) -> None:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(sealing, "PIECE", piece)
        seal = Seal("key")
        sealed = seal.close(content, "a/b/c")
        assert seal.open(sealed, "a/b/c") == content
        for broken in (sealed[: max(len(sealed) - 1 - at % 16, 40)], sealed + b"x"):
            if broken != sealed:
                with pytest.raises(SealError):
                    seal.open(broken, "a/b/c")
        with pytest.raises(SealError, match="another place"):
            seal.open(sealed, "a/b/d")


def test_a_copied_file_cannot_be_read_and_no_name_tells_a_value(feed: FeedHarness) -> None:
    feed.harness.settings = {"CONCORD_LANDING_KEY": "first"}
    feed.write("supplier.csv", SUPPLIERS)
    feed.refresh()
    before = _raw(feed)
    landed = _landed(feed)
    (copied,) = [path for path in landed if path.name.startswith("supplier")]
    assert sealing.is_sealed(copied.read_bytes())
    for path in landed:
        told = path.read_bytes() + str(path).encode()
        assert not any(value in told for value in (*SECRETS, b"Alpha", b"first", b"legal_name"))
    (batch,) = feed.harness.run().state.batches("erp_a")
    (file,) = batch.files
    assert file.key_id == Seal("first").key_id
    with pytest.raises(SealError, match=f"landing key {file.key_id}, and CONCORD_LANDING_KEY is not set"):
        batch.payload(file)
    with pytest.raises(SealError, match="holds the keys"):
        batch.payload(file, Seal("second"))
    # A new key in front of the old one: what was sealed with either is read.
    feed.harness.settings = {"CONCORD_LANDING_KEY": "second first"}
    assert _rebuilt(feed) == before


def test_what_was_landed_before_there_was_a_key_is_sealed_once(
    feed: FeedHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    feed.write("supplier.csv", SUPPLIERS)
    feed.write("facility.csv", "facility_id,facility_code\nF1,F1\n")
    feed.refresh()
    run = feed.harness.run()
    pipelines.append_verdicts(run, [VERDICT])
    waiting = Inbox(run.settings.inbox_dir / "erp_a")
    waiting.folder.mkdir(parents=True)
    (waiting.folder / "a.json").write_bytes(b'{"tax": "12-3456780"}')
    before = _raw(feed)
    with pytest.raises(SealError, match="CONCORD_LANDING_KEY is not set"):
        list(seal_late(run))

    feed.harness.settings = {"CONCORD_LANDING_KEY": "first"}
    renamed = Path.replace

    def broken_off(path: Path, target: Path) -> Path:
        if target.name.startswith("supplier"):
            raise OSError("the machine went down")
        return renamed(path, target)

    with monkeypatch.context() as patched:
        patched.setattr(Path, "replace", broken_off)
        with pytest.raises(OSError, match="went down"):
            list(seal_late(feed.harness.run()))
    assert _rebuilt(feed) == before, "half sealed, all readable"
    sealed = list(seal_late(feed.harness.run()))
    assert [each.place.partition("/")[0] for each in sealed] == ["erp_a", "concord", "inbox"]
    assert list(seal_late(feed.harness.run())) == []

    kept = [*_landed(feed), *waiting.waiting()]
    assert not any(value in path.read_bytes() for path in kept for value in (*SECRETS, b"legal_name"))
    (batch,) = feed.harness.run().state.batches("erp_a")
    assert {file.key_id for file in batch.files} == {Seal("first").key_id}
    events = Inbox(waiting.folder, Seal("first")).payload(waiting.waiting())
    assert b"12-3456780" in whole(events.content)
    with pytest.raises(SealError, match="is not set"):
        waiting.payload(waiting.waiting())
    assert _rebuilt(feed) == before


def test_a_payload_that_was_changed_is_not_sealed(feed: FeedHarness) -> None:
    feed.write("supplier.csv", SUPPLIERS)
    feed.refresh()
    (changed,) = [path for path in _landed(feed) if path.name.startswith("supplier")]
    changed.write_bytes(gzip.compress(SUPPLIERS.replace("Alpha", "Omega").encode()))
    feed.harness.settings = {"CONCORD_LANDING_KEY": "first"}
    with pytest.raises(SealError, match="is not what was landed"):
        list(seal_late(feed.harness.run()))
    assert not sealing.is_sealed(changed.read_bytes())


def test_a_sealed_home_restores_a_lost_state_store(feed: FeedHarness) -> None:
    feed.harness.settings = {"CONCORD_LANDING_KEY": "first"}
    run = feed.harness.run()
    pipelines.append_verdicts(run, [VERDICT])
    feed.harness.close()
    (feed.harness.home / "state.sqlite").unlink()
    assert [row["seq"] for row in feed.harness.run().state.verdicts()] == [1]


def test_batches_lie_in_days_and_an_old_or_moved_home_is_sorted(feed: FeedHarness) -> None:
    feed.write("supplier.csv", SUPPLIERS)
    feed.refresh()
    before = _raw(feed)
    (batch,) = feed.harness.run().state.batches("erp_a")
    instance = feed.harness.home / "landing" / "erp_a"
    assert batch.path == instance / "2026-07-01" / batch.batch_id
    batch.path.rename(instance / batch.batch_id)
    batch.path.parent.rmdir()
    feed.harness.close()
    feed.harness.home = feed.harness.home.rename(feed.harness.folder / "elsewhere")
    (moved,) = feed.harness.run().state.batches("erp_a")
    assert moved.path == feed.harness.home / "landing" / "erp_a" / "2026-07-01" / batch.batch_id
    assert _rebuilt(feed) == before


@pytest.mark.parametrize("key", ["", "first"])
def test_a_rebuild_is_the_same_after_the_plain_payloads_are_gone(feed: FeedHarness, key: str) -> None:
    feed.harness.settings = {"CONCORD_LANDING_KEY": key}
    yaml = feed.harness.folder / "landscape" / "landscape.yaml"
    yaml.write_text(yaml.read_text() + "    retention: {plain: 90d}\n")
    feed.write("supplier.csv", SUPPLIERS)
    feed.refresh()
    feed.harness.now += timedelta(days=89)
    feed.write("supplier.csv", SUPPLIERS.replace("Alpha", "Omega"))
    feed.refresh()
    before = _raw(feed)
    assert list(overdue(feed.harness.run())) == []

    feed.harness.now += timedelta(days=2)
    run = feed.harness.run()
    assert [found.size for found in overdue(run)] == [len(SUPPLIERS)]
    (pruned,) = prune(run)
    assert [path.name for path in pruned.batch.path.iterdir() if path.suffix == ".gz"] == []
    assert list(overdue(run)) == []
    told = b"".join(path.read_bytes() for path in pruned.batch.path.iterdir())
    assert not any(value in told for value in SECRETS)
    rows = raw_rows(pruned.batch, run.landscape.instances["erp_a"].spec, run.seal)["supplier"]
    assert not any(secret.decode() in str((rows.table.to_pydict(), rows.unreadable)) for secret in SECRETS)
    assert [row["actor"] for row in run.state.audit() if row["action"] == "payloads replaced"] == [
        "retention"
    ]
    assert _rebuilt(feed) == before
    # The files of the batch are known still: none is landed twice.
    landed, _ = feed.refresh()
    assert landed.batch is None


def test_a_killed_prune_is_finished_by_the_next_one(feed: FeedHarness) -> None:
    yaml = feed.harness.folder / "landscape" / "landscape.yaml"
    yaml.write_text(yaml.read_text() + "    retention: {plain: 1d}\n")
    feed.write("supplier.csv", SUPPLIERS)
    feed.refresh()
    before = _raw(feed)
    feed.harness.now += timedelta(days=2)
    run = feed.harness.run()
    (batch,) = run.state.batches("erp_a")
    content = (batch.path / batch.files[0].name).read_bytes()
    list(prune(run))
    (batch.path / batch.files[0].name).write_bytes(content)
    assert [found.batch.batch_id for found in overdue(run)] == [batch.batch_id]
    list(prune(run))
    assert not (batch.path / batch.files[0].name).exists()
    assert _rebuilt(feed) == before


def test_a_quarantined_row_is_the_same_entry_after_the_plain_payload_is_gone(feed: FeedHarness) -> None:
    yaml = feed.harness.folder / "landscape" / "landscape.yaml"
    yaml.write_text(yaml.read_text() + "    retention: {plain: 1d}\n")
    feed.write("supplier.csv", SUPPLIERS)
    feed.refresh()

    def ids() -> list[str]:
        run = feed.harness.run()
        return [entry.entry_id for entry in quarantine.entries(run.settings, run.state)]

    before = ids()
    feed.harness.now += timedelta(days=2)
    list(prune(feed.harness.run()))
    _rebuilt(feed)
    assert ids() == before and len(before) == 2

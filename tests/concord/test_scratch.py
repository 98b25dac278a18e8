"""A scratch home has what another one knows, writes nothing there and is gone afterwards."""

import hashlib
from datetime import UTC, datetime
from pathlib import Path

import pytest

from concord.scratch import scratch_home
from ingestion.configuration.landscape import load_landscape
from ingestion.formats.content import InMemory
from ingestion.landing_copy.landing import Payload, set_status, write_batch
from ingestion.runs import RunContext, start_run
from ingestion.settings import Settings, load_settings
from publishing.outbox import delivery_rows
from tests.ingestion.conftest import HEADER

NOW = datetime(2026, 7, 1, 6, tzinfo=UTC)
VERDICT = {
    **{"run_id": "r", "known_at": datetime(2026, 6, 1), "as_of": datetime(2026, 6, 1).date()},
    **{"entity_type": "invoice_line", "source_instance": "erp", "native_id": "1"},
    **{"match_status": "MATCHED", "codes": "", "fingerprint": "f"},
}


def content(home: Path) -> dict[str, tuple[str, int]]:
    return {
        str(path.relative_to(home)): (
            hashlib.sha256(path.read_bytes()).hexdigest(),
            path.stat().st_mtime_ns,
        )
        for path in home.rglob("*")
        if path.is_file()
    }


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    (tmp_path / "landscape").mkdir()
    (tmp_path / "landscape" / "landscape.yaml").write_text(
        f"{HEADER}  erp:\n    system: feed\n    connection: {{folder: {tmp_path}}}\n"
    )
    made = load_settings({"CONCORD_SERVING_URL": "postgresql://nowhere"}, home=tmp_path / "home")
    run = started(made, tmp_path)
    run.state.append_verdicts([VERDICT])
    run.state.append_decisions({"k": {}}, at=NOW, actor="a", subject_type="S", decision="D", reason="r")
    run.state.set_instance_status("erp", at=run.started_at, is_available=True, message="")
    batch = write_batch(
        made.landing_dir,
        batch_id="b",
        instance="erp",
        system="feed",
        run_id="r",
        known_at=run.started_at,
        payloads=[Payload("supplier.csv", "supplier", InMemory(b"supplier_id,legal_name\n1,A\n"))],
        cursors={},
    )
    run.state.save_batch(set_status(batch, "ACCEPTED", reason="", actor="gate"))
    assert run.tokenizer.fingerprint and run.vault
    run.state.close()
    return made


def started(settings: Settings, folder: Path) -> RunContext:
    return start_run(settings, load_landscape(folder / "landscape", {}), now=NOW)


def test_it_remembers_the_same_and_changes_nothing_there(settings: Settings, tmp_path: Path) -> None:
    before = content(settings.home)
    with scratch_home(settings) as own:
        assert (own.publish, own.serving_url) == (False, None)
        run = started(own, tmp_path)
        [batch] = run.state.batches("erp", "ACCEPTED")
        assert batch.path.is_relative_to(own.home)
        assert [row["native_id"] for row in run.state.verdicts()] == ["1"]
        assert [row["subject_key"] for row in run.state.decisions()] == ["k"]
        assert run.state.instance_status()["erp"].is_available
        assert list(delivery_rows(run.state)) == []
        assert (own.home / "token.key").read_text() == (settings.home / "token.key").read_text()
        set_status(batch, "HELD", reason="tried", actor="test")
        run.state.append_verdicts([{**VERDICT, "native_id": "2"}])
        run.state.close()
    assert not own.home.exists() and content(settings.home) == before


def test_it_is_gone_after_a_failure_and_a_home_without_memory_will_do(tmp_path: Path) -> None:
    empty = load_settings({}, home=tmp_path / "home")
    with pytest.raises(KeyError), scratch_home(empty) as own:
        assert own.home.is_dir()
        raise KeyError
    assert not own.home.exists() and not empty.home.exists()

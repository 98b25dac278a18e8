"""Our event log and the one Dagster ships write the same and read what the other wrote."""

import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
from dagster._core.errors import DagsterInvariantViolationError

from dagster_project.event_log import EventLogStorage
from dagster_project.execution import INSTANCE_YAML

FIRST, SECOND = dg.AssetKey("first"), dg.AssetKey("second")
CHECK = dg.AssetCheckKey(FIRST, "is_there")


@dg.multi_asset(
    specs=[dg.AssetSpec("first"), dg.AssetSpec("second", deps=["first"])],
    check_specs=[dg.AssetCheckSpec("is_there", asset="first")],
)
def both() -> Iterator[Any]:
    yield dg.MaterializeResult(asset_key="first", metadata={"rows": 3})
    yield dg.AssetCheckResult(passed=True, asset_key="first", check_name="is_there")
    yield dg.MaterializeResult(asset_key="second", metadata={"rows": 2})


@pytest.fixture(autouse=True)
def _in_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DAGSTER_EVENT_BATCH_SIZE", "1000")


def opened(home: Path, *, ours: bool) -> dg.DagsterInstance:
    """An instance with our event log or with the default, which lies at the same place."""
    home.mkdir(exist_ok=True)
    history = f'"{home / "history" / "runs"}"'
    config = INSTANCE_YAML.format(history=history) if ours else "telemetry: {enabled: false}"
    (home / "dagster.yaml").write_text(config, encoding="utf-8")
    return dg.DagsterInstance.from_config(str(home))


def write(home: Path, *, ours: bool) -> None:
    """Two runs, then a wipe of the second asset."""
    with opened(home, ours=ours) as instance:
        assert isinstance(instance.event_log_storage, EventLogStorage) is ours
        for _ in range(2):
            assert dg.materialize([both], instance=instance).success
        instance.wipe_assets([SECOND])


def seen(home: Path, *, ours: bool) -> dict[str, Any]:
    """What the UI asks for."""
    with opened(home, ours=ours) as instance:
        log = instance.event_log_storage
        return {
            "runs": [instance.all_logs(run.run_id) for run in instance.get_runs()],
            "keys": instance.all_asset_keys(),
            "assets": instance.get_asset_records([FIRST, SECOND]),
            "latest": instance.get_latest_materialization_events([FIRST, SECOND]),
            "materializations": [
                instance.fetch_materializations(key, limit=9).records for key in (FIRST, SECOND)
            ],
            "planned": log.get_latest_planned_materialization_info(FIRST),
            "tags": log.get_event_tags_for_asset(FIRST),
            "checks": log.get_asset_check_execution_history(CHECK, limit=9),
        }


def counted(home: Path) -> dict[str, Any]:
    """How many rows of what the files hold."""
    found: dict[str, Any] = {"runs": Counter()}
    for path in (home / "history" / "runs").glob("*.db"):
        with closing(sqlite3.connect(path)) as connection:
            kinds = Counter(
                kind for (kind,) in connection.execute("select dagster_event_type from event_logs")
            )
            if path.stem != "index":
                found["runs"] += kinds
                continue
            found["index"] = kinds
            for table in ("asset_keys", "asset_event_tags", "asset_check_executions"):
                (found[table],) = connection.execute(f"select count(*) from {table}").fetchone()
    return found


@pytest.mark.parametrize("ours", [True, False], ids=["we wrote", "dagster wrote"])
def test_both_read_the_same(tmp_path: Path, ours: bool) -> None:
    write(tmp_path, ours=ours)
    found = seen(tmp_path, ours=True)
    assert found == seen(tmp_path, ours=False)
    assert [record.asset_entry.asset_key for record in found["assets"]] == [FIRST]
    assert found["assets"][0].asset_entry.last_materialization_record == found["materializations"][0][0]
    assert len(found["materializations"][0]) == len(found["checks"]) == 2


def test_both_write_the_same(tmp_path: Path) -> None:
    for ours in (True, False):
        write(tmp_path / str(ours), ours=ours)
    assert counted(tmp_path / "True") == counted(tmp_path / "False")


def test_a_materialization_before_a_wipe_is_not_the_latest(tmp_path: Path) -> None:
    """The row of a wiped asset still holds it, and a planned event shows the row again."""
    write(tmp_path, ours=True)
    with opened(tmp_path, ours=True) as instance:
        planned = next(
            record.event_log_entry
            for record in instance.get_event_records(
                dg.EventRecordsFilter(dg.DagsterEventType.ASSET_MATERIALIZATION_PLANNED)
            )
            if record.asset_key == FIRST
        )
        instance.wipe_assets([FIRST])
        instance.store_event(planned._replace(timestamp=planned.timestamp + 3600))
        (record,) = instance.get_asset_records([FIRST])
    assert record.asset_entry.last_materialization_record is None


def test_of_a_batch_that_fails_nothing_stays(tmp_path: Path) -> None:
    """Dagster then writes its events one by one. A run told again fails at its check, then planned twice."""
    write(tmp_path, ours=True)
    before = counted(tmp_path)
    with opened(tmp_path, ours=True) as instance:
        events = instance.all_logs(instance.get_runs()[0].run_id)
        with pytest.raises(DagsterInvariantViolationError):
            instance.event_log_storage.store_event_batch(events)
    assert counted(tmp_path) == before

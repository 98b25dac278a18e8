"""Runs a job in this process, with its history in HOME/dagster so that the UI shows it."""

import contextlib
import json
import shutil
from dataclasses import dataclass, replace
from pathlib import Path

import dagster as dg
import duckdb
from dagster._core.storage.tags import ASSET_PARTITION_RANGE_END_TAG, ASSET_PARTITION_RANGE_START_TAG

from dagster_project import lock
from dagster_project.build import build_definitions
from dagster_project.manifest import prepare
from dagster_project.outline import read_outline
from dagster_project.partitions import complaint_about
from dagster_project.progress import Listener, listen, tell
from dagster_project.schedules import BACKFILL, REBUILD, REFRESH
from ingestion.settings import Settings
from publishing.serving import DATABASE, read

WORKSHOP = "rebuild"
SERVED = "select max(as_of) as as_of, max(known_at) as known_at from marts.publication"
INSTANCE_YAML = """\
# Written by Concord. Run history, schedules and the UI live in this folder.
telemetry:
  enabled: false
nux:
  enabled: false
concurrency:
  pools:
    default_limit: 1
  runs:
    max_concurrent_runs: 1
run_monitoring:
  enabled: true
event_log_storage:
  module: dagster_project.event_log
  class: EventLogStorage
  config:
    base_dir: {history}
"""


@dataclass(frozen=True)
class Outcome:
    """How a run ended; `failures` names the steps that failed, in words."""

    run_id: str
    succeeded: bool
    failures: tuple[str, ...]


def prepare_home(settings: Settings, *, say: Listener | None = None) -> None:
    """Everything the UI and a run need in HOME: folders, Dagster's configuration, the dbt manifest."""
    settings.dagster_dir.mkdir(parents=True, exist_ok=True)
    config = settings.dagster_dir / "dagster.yaml"
    wanted = INSTANCE_YAML.format(history=json.dumps(str(settings.dagster_dir / "history" / "runs")))
    if not config.is_file() or config.read_text(encoding="utf-8") != wanted:
        config.write_text(wanted, encoding="utf-8")
    prepare(settings, say=say)


def bury_dead_runs(settings: Settings) -> None:
    """For the UI, whose queue would wait for them forever; not while a living run holds HOME."""
    try:
        lock.acquire(settings.home)
    except lock.HomeLockedError:
        return
    try:
        with dg.DagsterInstance.from_config(str(settings.dagster_dir)) as instance:
            _bury_dead_runs(instance)
    finally:
        lock.release(settings.home)


def refresh(settings: Settings, *, progress: Listener | None = None) -> Outcome:
    """Runs the whole job once. Raises `HomeLockedError` before anything changes when HOME is in use."""
    return _run(settings, REFRESH, {}, progress)


def backfill(settings: Settings, first: str, last: str, *, progress: Listener | None = None) -> Outcome:
    """Lands, loads and builds the partitions `first` to `last` in one run; nothing is sent.

    Raises `HomeLockedError` like `refresh`, and ValueError when the landscape has no such partitions.
    """
    assert settings.landscape_dir is not None
    partitions = read_outline(settings.landscape_dir).partitions
    if partitions is None:
        raise ValueError("the landscape has no history to go through: give landscape.yaml the key partitions")
    if complaint := complaint_about(partitions, first, last):
        raise ValueError(complaint)
    return _run(
        settings,
        BACKFILL,
        {ASSET_PARTITION_RANGE_START_TAG: first, ASSET_PARTITION_RANGE_END_TAG: last},
        progress,
    )


def rebuild(settings: Settings, *, progress: Listener | None = None) -> Outcome:
    """Builds the warehouse anew beside the old one and swaps it in at the end; no source is asked.

    The business day and knowledge are those of the copy served now, unless the settings name others. It fails
    where landed files are read differently than when they were loaded and nobody accepted that. Whatever
    ends it early, warehouse and serving copy are the ones before, and it starts over the next time. Raises
    `HomeLockedError` like `refresh`.
    """
    lock.acquire(settings.home)
    try:
        workshop = settings.home / WORKSHOP
        shutil.rmtree(workshop, ignore_errors=True)
        workshop.mkdir()
        beside = replace(as_served(settings), workshop=workshop, publish=False)
        outcome = _run(beside, REBUILD, {}, progress)
        if outcome.succeeded:
            _swap_in(beside.warehouse_path, settings.warehouse_path)
        shutil.rmtree(workshop)
        return outcome
    finally:
        lock.release(settings.home)


def _swap_in(built: Path, warehouse: Path) -> None:
    with duckdb.connect(str(built)) as connection:
        connection.execute("checkpoint")
    # What a killed run left beside the old file must not be read into the new one.
    warehouse.with_name(f"{warehouse.name}.wal").unlink(missing_ok=True)
    built.replace(warehouse)


def as_served(settings: Settings) -> Settings:
    """The settings with the day and the knowledge of the release in place; what they say themselves wins."""
    if not (settings.serving_dir / DATABASE).exists():
        return settings
    (last,) = read(settings.serving_dir, SERVED).to_pylist()
    return replace(
        settings,
        as_of=settings.as_of or last["as_of"],
        known_at=settings.known_at or last["known_at"],
    )


def _run(settings: Settings, job: str, tags: dict[str, str], progress: Listener | None) -> Outcome:
    lock.acquire(settings.home)
    try:
        prepare_home(settings, say=progress)
        listen(progress)
        return _execute(settings, job, tags)
    finally:
        listen(None)
        lock.release(settings.home)


def _execute(settings: Settings, job_name: str, tags: dict[str, str]) -> Outcome:
    config: dict[str, object] = {
        "home": str(settings.home),
        "landscape_dir": str(settings.landscape_dir),
        "publish": settings.publish,
    }
    if settings.as_of:
        config["as_of"] = settings.as_of.isoformat()
    if settings.known_at:
        config["known_at"] = settings.known_at.isoformat()
    if settings.workshop:
        config["workshop"] = str(settings.workshop)
        config["accepted_by"] = settings.accepted_by
        config["accepted_because"] = settings.accepted_because
    log_path = settings.dagster_dir / "run.log"
    tell("loading the asset graph")
    with (
        dg.DagsterInstance.from_config(str(settings.dagster_dir)) as instance,
        log_path.open("w", encoding="utf-8") as log,
        contextlib.redirect_stdout(log),
        contextlib.redirect_stderr(log),
    ):
        _bury_dead_runs(instance)
        job = build_definitions(settings).resolve_job_def(job_name)
        result = job.execute_in_process(
            instance=instance,
            tags=tags,
            run_config={
                "resources": {"run": {"config": config}},
                "loggers": {"console": {"config": {"log_level": "INFO"}}},
            },
            raise_on_error=False,
        )
        failures = tuple(
            _words(event) for event in result.all_events if event.is_step_failure or event.is_run_failure
        )
    return Outcome(run_id=result.run_id, succeeded=result.success, failures=failures)


def _bury_dead_runs(instance: dg.DagsterInstance) -> None:
    """We hold HOME, so a run that claims to go on has lost its process: it is failed and its slots freed."""
    unfinished = dg.RunsFilter(
        statuses=[dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.STARTING, dg.DagsterRunStatus.CANCELING]
    )
    for run in instance.get_runs(unfinished):
        instance.report_run_failed(run, "The process of this run died before it ended.")
        instance.event_log_storage.free_concurrency_slots_for_run(run.run_id)


def _words(event: dg.DagsterEvent) -> str:
    data = event.event_specific_data
    error = getattr(data, "error", None)
    root = error
    while root is not None and root.cause is not None:
        root = root.cause
    text = root.message.strip() if root is not None else (event.message or "")
    return f"{event.step_key or 'run'}: {text}"


def log_path(settings: Settings) -> Path:
    """Where the full log of the last command-line run lies."""
    return settings.dagster_dir / "run.log"

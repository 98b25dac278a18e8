"""`run`, `backfill`, `rebuild`, `demo`, `check`, `dev` and `prepare`: everything that works on a home."""

import contextlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from concord.next_steps import next_steps, own_models_line
from concord.options import (
    DEMO_LANDSCAPE,
    ROOT,
    USAGE,
    accept_reading_option,
    at_least_option,
    home_option,
    landscape_option,
    make_settings,
    read_landscape,
    refresh_options,
)
from concord.report import Progress, print_score, print_summary
from concord.signals import interruptible, until_interrupted
from concord.worlds import (
    WorldRequest,
    ensure_world,
    last_world,
    serving_world,
    wait_for_interrupt,
    write_score,
)
from dagster_project.children import end
from ingestion.database_url import require_serving_shape, require_state
from ingestion.settings import Settings, child_environment, environment, prepare_process

if TYPE_CHECKING:
    from dagster_project.execution import Outcome

FAILED, INCOMPLETE = 1, 3


@click.command()
@landscape_option
@refresh_options()
def run(
    landscape: Path | None,
    home: Path | None,
    as_of: date | None,
    known_at: datetime | None,
    no_publish: bool,
) -> None:
    """Refresh everything once: land, gate, load, build, publish, deliver.

    Running it again changes nothing that has not changed at the source. The first look at a new landscape:
    `concord check`, then `concord run --no-publish`.
    """
    settings = make_settings(home, landscape, as_of, known_at, no_publish)
    sys.exit(refresh_once(settings))


@click.command()
@landscape_option
@click.option("--from", "first", required=True, help="First partition: a month 2024-01 or a day 2024-01-31.")
@click.option("--to", "last", required=True, help="Last partition, included.")
@refresh_options(publishes=False)
def backfill(
    first: str,
    last: str,
    landscape: Path | None,
    home: Path | None,
    as_of: date | None,
    known_at: datetime | None,
) -> None:
    """Load a range of history in one run: land, gate, load, build and serve. Nothing is sent.

    What a landscape can go through stands in its landscape.yaml under `partitions`. Ranges may overlap and
    come in any order; in the end the tables are the same as after one large range.
    """
    settings = make_settings(home, landscape, as_of, known_at, no_publish=True)
    sys.exit(_run_once(settings, Progress(), (first, last)))


@click.command()
@landscape_option
@refresh_options(publishes=False)
@accept_reading_option
@click.option("--actor", default="", help="Who accepts the reading.")
@click.option("--reason", "why", default="", help="Why, for whoever asks later.")
def rebuild(
    landscape: Path | None,
    home: Path | None,
    as_of: date | None,
    known_at: datetime | None,
    accepts_reading: bool,
    actor: str,
    why: str,
) -> None:
    """Build warehouse and serving copy anew from the landing copy and the state store alone.

    No source is asked and nothing is sent. The new warehouse is built beside the old one and takes its place
    at the end; day and knowledge are those of the copy served now, so that its tables come out the same.
    It is refused (exit 1) when rows that were loaded would be rejected or read as something else, since the
    format of an instance changed.
    """
    given = [bool(text.strip()) for text in (actor, why)]
    if given != [accepts_reading] * 2:
        raise click.UsageError("--accept-reading needs --actor and --reason, and these are for nothing else")
    settings = make_settings(home, landscape, as_of, known_at, no_publish=True)
    settings = replace(settings, accepted_by=actor.strip(), accepted_because=why.strip())
    progress = Progress()

    def work() -> "Outcome":
        from dagster_project.execution import rebuild as rebuild_home

        return rebuild_home(settings, progress=progress)

    outcome = _worked(settings, progress, work)
    if outcome is None:
        sys.exit(USAGE)
    if not outcome.succeeded:
        sys.exit(_failed(settings, outcome))
    from ingestion.raw.rereading import loaded_counts

    loaded, rejected = loaded_counts(settings.warehouse_path)
    click.echo(
        f"\nThe warehouse was rebuilt, {loaded:,} rows loaded and {rejected:,} rejected, and its copy is"
        " served; `concord run` goes on from here."
    )


@click.command()
@click.option("--seed", default=1, show_default=True, help="Seed of the simulated health system.")
@click.option("--lines", default=20_000, show_default=True, help="PO lines to simulate.")
@click.option("--faults", default="all", show_default=True, help="Faults to plant: all, none or CODE,CODE.")
@at_least_option
@click.option("--keep-serving", is_flag=True, help="Leave the sandbox up after the run, until Ctrl-C.")
@refresh_options()
def demo(
    seed: int,
    lines: int,
    faults: str,
    at_least: int,
    keep_serving: bool,
    home: Path | None,
    as_of: date | None,
    known_at: datetime | None,
    no_publish: bool,
) -> None:
    """Simulate a health system (fictional), refresh once over its real wires, and score what was found."""
    settings = make_settings(home, DEMO_LANDSCAPE, as_of, known_at, no_publish)
    require_databases(settings)
    progress = Progress()
    world = ensure_world(settings, WorldRequest(seed, lines, faults, at_least), progress)
    with serving_world(world, settings, progress) as variables:
        prepare_process(settings, variables)
        code = refresh_once(settings, progress)
        if code in (0, INCOMPLETE):
            print_score(write_score(settings, world))
            if keep_serving:
                wait_for_interrupt(settings)
    sys.exit(code)


@click.command()
@landscape_option
@home_option
def check(landscape: Path | None, home: Path | None) -> None:
    """Try configuration, own models and every connection, and say what to do next; load nothing."""
    from ingestion.pipelines import check as check_connections
    from ingestion.runs import start_run

    settings = make_settings(home, landscape)
    require_databases(settings)
    lines = [*own_models_line(settings), *check_connections(start_run(settings, read_landscape(settings)))]
    for line in lines:
        click.echo(f"{'ok  ' if line.ok else 'FAIL'}  {line.subject}: {line.message}")
    click.echo("Next")
    for step in next_steps(lines, settings):
        click.echo(f"  {step}")
    sys.exit(0 if all(line.ok for line in lines) else INCOMPLETE)


@click.command()
@landscape_option
@home_option
@click.option("--port", default=3000, show_default=True, help="Port of the Dagster UI on 127.0.0.1.")
def dev(landscape: Path | None, home: Path | None, port: int) -> None:
    """Open the Dagster UI on this home; for the demo landscape the sandbox is served beside it."""
    settings = make_settings(home, landscape or DEMO_LANDSCAPE)
    require_databases(settings)
    progress = Progress()
    is_demo = settings.landscape_dir == DEMO_LANDSCAPE.resolve()
    if not is_demo:
        read_landscape(settings)
        _open_ui(settings, {}, port, progress)
        return
    world = last_world(settings.home) or ensure_world(settings, WorldRequest(), progress)
    with serving_world(world, settings, progress) as variables:
        _open_ui(settings, variables, port, progress)


@click.command()
@landscape_option
@home_option
def prepare(landscape: Path | None, home: Path | None) -> None:
    """Build what a run needs ahead of it: folders and the dbt manifest."""
    from dagster_project.execution import prepare_home

    settings = make_settings(home, landscape or DEMO_LANDSCAPE)
    prepare_process(settings)
    prepare_home(settings, say=Progress())


def refresh_once(settings: Settings, progress: Progress | None = None) -> int:
    """One refresh with its summary; returns the exit code. Nothing changes before the landscape is valid."""
    return _run_once(settings, progress or Progress())


def _run_once(settings: Settings, progress: Progress, span: tuple[str, str] | None = None) -> int:
    """A refresh, or with `span` a backfill of these partitions."""

    def work() -> "Outcome":
        from dagster_project.execution import backfill as backfill_range
        from dagster_project.execution import refresh

        if span:
            return backfill_range(settings, *span, progress=progress)
        return refresh(settings, progress=progress)

    outcome = _worked(settings, progress, work)
    if outcome is None:
        return USAGE
    if not outcome.succeeded:
        return _failed(settings, outcome)
    summary = json.loads(settings.summary_path.read_text(encoding="utf-8"))
    print_summary(summary, settings)
    return INCOMPLETE if summary["attention"] else 0


def _worked(settings: Settings, progress: Progress, work: "Callable[[], Outcome]") -> "Outcome | None":
    """What came of the work on a home; None when it could not begin, for the reason told."""
    read_landscape(settings)
    require_databases(settings)
    prepare_process(settings)
    progress("loading the engine")
    from dagster_project.lock import HomeLockedError

    try:
        return interruptible(work)
    except (HomeLockedError, ValueError) as error:
        click.echo(f"Error: {error}", err=True)
        return None


def _failed(settings: Settings, outcome: "Outcome") -> int:
    from dagster_project.execution import log_path

    click.echo(
        f"\nThe run failed; the serving copy is the one before. Full log: {log_path(settings)}", err=True
    )
    for failure in outcome.failures[:5]:
        click.echo(f"  {failure}", err=True)
    return FAILED


def require_databases(settings: Settings) -> None:
    """A configured database that cannot be used ends the command before anything changes (see `Commands`)."""
    require_state(settings.state_url)
    require_serving_shape(settings.serving_url)


def _open_ui(settings: Settings, variables: dict[str, str], port: int, progress: Progress) -> None:
    from dagster_project.execution import bury_dead_runs, prepare_home

    prepare_process(settings, variables)
    prepare_home(settings, say=progress)
    bury_dead_runs(settings)
    click.echo(f"Dagster UI: http://127.0.0.1:{port}  (Ctrl-C ends it)")
    process = subprocess.Popen(
        [
            str(Path(sys.executable).with_name("dagster")),
            "dev",
            "-w",
            str(ROOT / "workspace.yaml"),
            "-h",
            "127.0.0.1",
            "-p",
            str(port),
        ],
        env={
            **child_environment(settings, environment()),
            "CONCORD_LANDSCAPE": str(settings.landscape_dir),
        },
        cwd=ROOT,
        start_new_session=True,
    )
    try:
        until_interrupted(process.wait)
    finally:
        end(process)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)

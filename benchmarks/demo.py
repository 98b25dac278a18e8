"""The main job on the demo's data, from the start of the process to the serving copy, against bare dbt.

World, served sandbox and dbt manifest are there before the clock starts. Every round starts from an empty
home; after it a bare `dbt build` of the same warehouse is the reference that makes machines comparable.
"""

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import click
import dagster as dg

from dagster_project.manifest import dbt_on, target_dir
from dagster_project.own_models import SHIPPED
from ingestion.settings import Settings, child_environment, environment, load_settings
from sandbox.generate import generate
from sandbox.serve import ENDPOINTS_FILE

ROOT = Path(__file__).parent.parent
DEMO = ROOT / "landscapes" / "demo"
BIN = Path(sys.executable).parent
SERVED = "serving copy:"


@dataclass(frozen=True)
class Cost:
    """Seconds on the clock and on the processors, children included."""

    wall: float
    cpu: float


@dataclass(frozen=True)
class Round:
    """One refresh of an empty home; `served` is the wall time until the serving copy was swapped in."""

    whole: Cost
    served: float
    bare_dbt: Cost
    peak_bytes: int
    steps: Mapping[str, float]


@click.command()
@click.option("--lines", default=20_000, show_default=True, help="PO lines of the world.")
@click.option("--seed", default=1, show_default=True)
@click.option("--rounds", default=3, show_default=True)
def main(lines: int, seed: int, rounds: int) -> None:
    """Time to serving, processor seconds, memory and the split by step; medians."""
    with tempfile.TemporaryDirectory() as folder:
        world, settings = Path(folder) / "world", load_settings({}, home=Path(folder) / "home")
        generate(seed, lines, "all", None, world)
        environ = child_environment(settings, environment())
        # Compiled modules are part of an installation, not of a run.
        environ.pop("PYTHONDONTWRITEBYTECODE", None)
        environ.setdefault("PYTHONPYCACHEPREFIX", str(Path(folder) / "pycache"))
        with _served(world, environ) as variables:
            environ.update(variables)
            _measured([str(BIN / "concord"), "check", "--landscape", str(DEMO)], environ)
            measured = [_round(settings, environ) for _ in range(rounds)]
    _report(measured, lines)


def _round(settings: Settings, environ: Mapping[str, str]) -> Round:
    for entry in settings.home.iterdir():
        if entry.name != "dbt":
            shutil.rmtree(entry) if entry.is_dir() else entry.unlink()
    _measured([str(BIN / "concord"), "prepare", "--landscape", str(DEMO)], environ)
    whole, marks = _measured([str(BIN / "concord"), "run", "--landscape", str(DEMO)], environ)
    summary = json.loads(settings.summary_path.read_text(encoding="utf-8"))
    with dg.DagsterInstance.from_config(str(settings.dagster_dir)) as instance:
        steps = {
            stats.step_key: stats.end_time - stats.start_time
            for stats in instance.get_run_step_stats(summary["run_id"])
            if stats.end_time and stats.start_time
        }
    folders = ["--project-dir", str(SHIPPED), "--profiles-dir", str(SHIPPED)]
    target = target_dir(settings)
    bare, _ = _measured(
        [*dbt_on(SHIPPED, target), "build", "--exclude-resource-type", "unit_test", *folders,
         "--target-path", str(target), "--log-path", str(target / "logs")],
        environ,
    )  # fmt: skip
    return Round(whole, marks, bare, summary["peak_memory_bytes"], steps)


def _measured(command: Sequence[str], environ: Mapping[str, str]) -> tuple[Cost, float]:
    """Runs to the end; also the wall time at which it said that the serving copy is there."""
    started, served = time.monotonic(), 0.0
    with subprocess.Popen(command, env=environ, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        said = []
        for line in process.stdout:
            said.append(line)
            if SERVED in line:
                served = time.monotonic() - started
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise click.ClickException(f"{' '.join(command)} ended with {process.returncode}:\n{''.join(said)}")
    return Cost(time.monotonic() - started, usage.ru_utime + usage.ru_stime), served


@contextmanager
def _served(world: Path, environ: Mapping[str, str]) -> Iterator[Mapping[str, str]]:
    command = [sys.executable, "-m", "sandbox", "serve", "--world", str(world), "--base-port", "0"]
    server = subprocess.Popen(command, env=environ, cwd=ROOT, stdout=subprocess.DEVNULL)
    try:
        while not (world / ENDPOINTS_FILE).is_file():
            if server.poll() is not None:
                raise click.ClickException("the sandbox did not start")
            time.sleep(0.1)
        yield json.loads((world / ENDPOINTS_FILE).read_text(encoding="utf-8"))["environment"]
    finally:
        server.terminate()
        server.wait(timeout=20)


def _report(rounds: Sequence[Round], lines: int) -> None:
    def middle(values: Sequence[float]) -> float:
        return statistics.median(values)

    bare_wall, bare_cpu = middle([r.bare_dbt.wall for r in rounds]), middle([r.bare_dbt.cpu for r in rounds])
    wall, cpu = middle([r.whole.wall for r in rounds]), middle([r.whole.cpu for r in rounds])
    served, peak = middle([r.served for r in rounds]), middle([r.peak_bytes for r in rounds])
    machine = f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}"
    click.echo(f"{lines:,} PO lines, median of {len(rounds)}, {machine}\n")
    click.echo("| measure | figure | against bare `dbt build` |\n|---|---|---|")
    click.echo(f"| process start to serving copy, wall s | {served:.1f} | {served / bare_wall:.2f} |")
    click.echo(f"| whole run, wall s | {wall:.1f} | {wall / bare_wall:.2f} |")
    click.echo(f"| whole run, CPU s | {cpu:.1f} | {cpu / bare_cpu:.2f} |")
    click.echo(f"| bare `dbt build`, wall s / CPU s | {bare_wall:.1f} / {bare_cpu:.1f} | 1 |")
    click.echo(f"| peak memory, GiB (upper bound) | {peak / 2**30:.2f} | |\n")
    click.echo("| step | wall s | share of the run |\n|---|---|---|")
    steps = {name: middle([r.steps.get(name, 0.0) for r in rounds]) for name in rounds[0].steps}
    steps["start: imports, asset graph, end of process"] = wall - sum(steps.values())
    for name, seconds in sorted(steps.items(), key=lambda step: -step[1]):
        if seconds >= 0.3:
            click.echo(f"| {name} | {seconds:.1f} | {seconds / wall:.0%} |")


if __name__ == "__main__":
    main()

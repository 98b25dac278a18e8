"""Worlds of the sandbox for the demo: made once, served in a process of their own, scored after the run."""

import contextlib
import json
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from concord.report import Progress
from concord.signals import until_interrupted
from dagster_project.children import end
from ingestion.settings import Settings, child_environment, environment
from publishing.serving import read
from sandbox.generate import WORLD_FILE, generate
from sandbox.score import score
from sandbox.serve import ENDPOINTS_FILE

START_SECONDS = 60
FINDINGS = """
    select code, entity_type, source_instance as instance, native_id, cause_code, amount_at_risk as amount
    from controls.exc_exception
    where status = 'OPEN'
"""


@dataclass(frozen=True)
class WorldRequest:
    """What to simulate. Equal requests give equal worlds."""

    seed: int = 1
    lines: int = 20_000
    faults: str = "all"
    at_least: int = 1

    @property
    def name(self) -> str:
        dense = f"-at-least-{self.at_least}" if self.at_least > 1 else ""
        return f"seed-{self.seed}-lines-{self.lines}-faults-{self.faults.replace(',', '-')}{dense}"


def ensure_world(settings: Settings, request: WorldRequest, progress: Progress) -> Path:
    """The world of this request in its home, made if it is not there yet; remembers it as the current one.

    Raises click.UsageError where this home has loaded another world: its documents bear the same numbers.
    """
    home = settings.home
    world = home / "sandbox" / request.name
    before = last_world(home)
    landed = settings.landing_dir.is_dir() and any(settings.landing_dir.iterdir())
    if landed and before and before != world:
        raise click.UsageError(
            f"{home} has loaded another simulated health system ({before.name}, "
            f"not {request.name}), whose documents bear the same numbers; name a home of its own with "
            "--home, or delete this one"
        )
    if not (world / WORLD_FILE).is_file():
        progress(f"simulating a health system: seed {request.seed}, {request.lines:,} PO lines")
        # Made beside its place: a command ended in the middle leaves no half of a world.
        draft = world.with_suffix(".draft")
        shutil.rmtree(draft, ignore_errors=True)
        try:
            generate(request.seed, request.lines, request.faults, {}, draft, at_least=request.at_least)
        except ValueError as error:
            raise click.UsageError(str(error)) from error
        shutil.rmtree(world, ignore_errors=True)
        draft.rename(world)
    (home / "sandbox" / "current").write_text(request.name, encoding="utf-8")
    return world


def last_world(home: Path) -> Path | None:
    """The world of the last demo in this home, if there was one."""
    marker = home / "sandbox" / "current"
    return home / "sandbox" / marker.read_text(encoding="utf-8") if marker.is_file() else None


def current_world(home: Path) -> Path:
    """The world of the last demo in this home."""
    world = last_world(home)
    if world is None:
        raise click.UsageError(f"no simulated health system under {home}; run `concord demo` first")
    return world


@contextlib.contextmanager
def serving_world(world: Path, settings: Settings, progress: Progress) -> Iterator[dict[str, str]]:
    """Serves a world on free ports while the block runs; yields the variables of the demo landscape."""
    progress("starting the sandbox: REST, OData, SOAP and SFTP on 127.0.0.1")
    endpoints = world / ENDPOINTS_FILE
    endpoints.unlink(missing_ok=True)
    log = settings.home / "sandbox" / "server.log"
    with log.open("w", encoding="utf-8") as output:
        server = subprocess.Popen(
            [sys.executable, "-m", "sandbox", "serve", "--world", str(world), "--base-port", "0"],
            stdout=output,
            stderr=subprocess.STDOUT,
            env=child_environment(settings, environment()),
        )
        try:
            yield _wait_for(endpoints, server, log)
        finally:
            end(server)


def wait_for_interrupt(settings: Settings) -> None:
    """Says how another terminal joins in, and returns when a person has had enough."""
    home = shlex.quote(str(settings.home))
    click.echo("\nThe sandbox stays up until Ctrl-C. In another terminal:")
    click.echo(f'  eval "$(concord sandbox env --home {home})"')
    click.echo(f"  concord steward queue --home {home}")
    click.echo(f"  concord run --home {home} --landscape {shlex.quote(str(settings.landscape_dir))}")
    until_interrupted()


def served_variables(home: Path) -> dict[str, str]:
    """The variables of the world that is served now, or was last, in this home."""
    endpoints = current_world(home) / ENDPOINTS_FILE
    if not endpoints.is_file():
        raise click.UsageError("the sandbox has not been served; run `concord sandbox serve` first")
    variables: dict[str, str] = json.loads(endpoints.read_text(encoding="utf-8"))["environment"]
    return variables


def write_score(settings: Settings, world: Path) -> dict[str, Any]:
    """Scores the findings of the serving copy against the world's labels into HOME/score.json."""
    findings = read(settings.serving_dir, FINDINGS).to_pylist()
    described = json.loads((world / WORLD_FILE).read_text(encoding="utf-8"))
    result = score(world / "labels.parquet", findings, described.get("faults", "all"))
    settings.score_path.write_text(json.dumps(result, indent=2, default=str) + "\n", encoding="utf-8")
    return result


def _wait_for(endpoints: Path, server: "subprocess.Popen[bytes]", log: Path) -> dict[str, str]:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if server.poll() is not None:
            raise click.ClickException(f"the sandbox did not start:\n{log.read_text(encoding='utf-8')}")
        if endpoints.is_file():
            # The file is written in one go but read while that happens, at worst.
            with contextlib.suppress(json.JSONDecodeError):
                variables: dict[str, str] = json.loads(endpoints.read_text(encoding="utf-8"))["environment"]
                return variables
        time.sleep(0.1)
    raise click.ClickException(f"the sandbox was not up after {START_SECONDS} s; see {log}")

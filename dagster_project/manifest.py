"""The dbt manifest of a HOME: built ahead (`prepare`), only read when definitions load.

It lies under HOME with what dbt parsed; every dbt command of a HOME starts from there and parses nothing.
"""

import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from dagster_project.children import ends_with_the_run
from dagster_project.own_models import project_dir, project_hash, put_together
from dagster_project.parsing import MANIFEST, PARSED, cache_dir, have_parsed, parsed_in
from dagster_project.progress import Listener, nobody
from ingestion.settings import QUIET, WAREHOUSE, Settings, child_environment, environment


class MissingManifestError(Exception):
    """The manifest is absent or older than the models."""


class DbtError(RuntimeError):
    """A dbt command that failed, with what it said."""


@dataclass(frozen=True)
class Manifest:
    """Where the built manifest and the project it was built from lie."""

    path: Path
    project_dir: Path


def target_dir(settings: Settings) -> Path:
    return settings.built_in / "dbt"


def dbt_executable() -> str:
    """The dbt beside this interpreter, so that no PATH decides which one runs."""
    return str(Path(sys.executable).with_name("dbt"))


def dbt_on(project: Path, target: Path) -> list[str]:
    """The start of a command line: dbt on what lies parsed in `target`; its arguments are added."""
    return [sys.executable, "-P", "-m", "dagster_project.dbt_process", str(project), str(target / PARSED)]


def is_current(settings: Settings) -> bool:
    return parsed_in(target_dir(settings)) == project_hash(settings)


def prepare(settings: Settings, *, say: Listener | None = None) -> None:
    """Builds the manifest unless it is current; raises with dbt's own words if `dbt parse` fails."""
    if is_current(settings):
        return
    put_together(settings)
    prepare_project(project_dir(settings), target_dir(settings), say=say)


def prepare_project(project: Path, target: Path, *, say: Listener | None = None) -> None:
    """Has a dbt project parsed in `target`; raises `DbtError`."""

    def parse() -> None:
        (say or nobody)("preparing the models (once per version)")
        # The name of the warehouse is part of every relation, where it lies is not.
        environ = {**environment(), **QUIET, "CONCORD_WAREHOUSE": WAREHOUSE}
        _run([dbt_executable()], ["parse"], project, target, environ)

    have_parsed(project, target, cache_dir(environment()), parse)


def compiled_manifest(settings: Settings, *, say: Listener | None = None) -> Path:
    """A manifest whose models carry their compiled SQL; compiles them on the warehouse of HOME.

    Raises with dbt's own words, as when a run holds the warehouse.
    """
    prepare(settings, say=say)
    (say or nobody)("compiling the models (once per version)")
    dbt(settings, "compile", "--quiet")
    return target_dir(settings) / MANIFEST


def dbt(settings: Settings, *command: str) -> None:
    """Runs one dbt command on the warehouse of a prepared HOME; raises `DbtError` with dbt's own words."""
    project, target = project_dir(settings), target_dir(settings)
    environ = child_environment(settings, environment())
    _run(dbt_on(project, target), command, project, target, environ)


def _run(
    start: Sequence[str], command: Sequence[str], project: Path, target: Path, environ: Mapping[str, str]
) -> None:
    places = {"project-dir": project, "profiles-dir": project}
    places |= {"target-path": target, "log-path": target / "logs"}
    options = [text for name, path in places.items() for text in (f"--{name}", str(path))]
    child = subprocess.Popen(
        [*start, *command, *options],
        env=environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    with child, ends_with_the_run(child):
        said, _ = child.communicate()
    if child.returncode != 0:
        raise DbtError(f"dbt {command[0]} of the project failed:\n{said}")


def require_manifest(settings: Settings) -> Manifest:
    """The manifest for `settings.home`, or an error that says how to build it."""
    path = target_dir(settings) / MANIFEST
    if not path.is_file():
        raise MissingManifestError(f"no dbt manifest at {path}; build it with `concord prepare`")
    return Manifest(path=path, project_dir=project_dir(settings))

"""The dbt manifest of a HOME: built ahead (`prepare`), only read when definitions load.

It lies under HOME because the warehouse path is part of the profile; a matching partial parse saves every run
the seconds of a full one.
"""

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from dagster_project.children import ends_with_the_run
from dagster_project.own_models import project_dir, project_hash, put_together
from dagster_project.progress import Listener, nobody
from ingestion.settings import Settings, child_environment, environment


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


def is_current(settings: Settings) -> bool:
    stamp = target_dir(settings) / "project.sha256"
    return (
        (target_dir(settings) / "manifest.json").is_file()
        and stamp.is_file()
        and stamp.read_text(encoding="utf-8") == project_hash(settings)
    )


def prepare(settings: Settings, *, say: Listener | None = None) -> None:
    """Builds the manifest with `dbt parse` unless it is current; raises with dbt's own words if it fails."""
    if is_current(settings):
        return
    (say or nobody)("preparing the models (once per version)")
    put_together(settings)
    dbt(settings, "parse")
    (target_dir(settings) / "project.sha256").write_text(project_hash(settings), encoding="utf-8")


def compiled_manifest(settings: Settings, *, say: Listener | None = None) -> Path:
    """A manifest whose models carry their compiled SQL; compiles them on the warehouse of HOME.

    Raises with dbt's own words, as when a run holds the warehouse.
    """
    prepare(settings, say=say)
    (say or nobody)("compiling the models (once per version)")
    dbt(settings, "compile", "--quiet")
    return target_dir(settings) / "manifest.json"


def dbt(settings: Settings, *command: str) -> None:
    """Runs one dbt command on the warehouse of HOME; raises `DbtError` with dbt's own words."""
    target = target_dir(settings)
    target.mkdir(parents=True, exist_ok=True)
    project = project_dir(settings)
    places = {"project-dir": project, "profiles-dir": project}
    places |= {"target-path": target, "log-path": target / "logs"}
    options = [text for name, path in places.items() for text in (f"--{name}", str(path))]
    child = subprocess.Popen(
        [dbt_executable(), *command, *options],
        env=child_environment(settings, environment()),
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
    path = target_dir(settings) / "manifest.json"
    if not path.is_file():
        raise MissingManifestError(f"no dbt manifest at {path}; build it with `concord prepare`")
    return Manifest(path=path, project_dir=project_dir(settings))

"""The rooms import only in the directions of `.importlinter`, and a wrong import is told with its remedy."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.architecture.test_repository import ROOMS
from tests.conftest import ROOT

CONTRACTS = ".importlinter"


def _lint(folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def rooms(tmp_path: Path) -> Path:
    """A copy of the rooms, to break."""
    for room in ROOMS:
        shutil.copytree(ROOT / room, tmp_path / room, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / CONTRACTS, tmp_path)
    return tmp_path


def test_rooms_import_only_what_they_may() -> None:
    done = _lint(ROOT)
    assert done.returncode == 0, done.stdout


# Module, an import that it must not have, and what is said of it.
WRONG = (
    ("sandbox/clock.py", "ingestion.spec", "sandbox is independent"),
    ("ingestion/runs.py", "dagster", "only orchestration"),
    ("matching/policy.py", "ingestion.spec", "matching gets tables"),
    ("ingestion/runs.py", "publishing.reports", "ingestion knows no other room"),
    ("publishing/reports.py", "ingestion.pipelines", "reading sources belongs in"),
    ("expectations/results.py", "ingestion.spec", "expectations gets tables passed in"),
    ("dagster_project/lock.py", "sandbox.clock", "dagster_project orchestrates real systems"),
    ("ingestion/systems/feed/spec.py", "ingestion.systems.apauto.spec", "holds one application"),
)


def test_wrong_imports_are_found(rooms: Path) -> None:
    """All at once, since a graph of every import takes seconds; each is named under its own contract."""
    for module, wrong, _ in WRONG:
        path = rooms / module
        path.write_text(f"{path.read_text()}\nimport {wrong}\n")
    done = _lint(rooms)
    assert done.returncode == 1
    said = {" ".join(block.split()) for block in done.stdout.split("Broken contracts")[1].split("\n\n\n")}
    for module, wrong, remedy in WRONG:
        line = f"{module.removesuffix('.py').replace('/', '.')} -> {wrong}"
        told = [block for block in said if remedy in block]
        assert told and any(line in block for block in told), (line, done.stdout)

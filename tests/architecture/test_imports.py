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


@pytest.mark.parametrize(
    ("module", "wrong", "remedy"),
    [
        ("sandbox/clock.py", "ingestion.spec", "sandbox is independent"),
        ("ingestion/runs.py", "dagster", "only orchestration"),
        ("matching/policy.py", "ingestion.spec", "matching gets tables"),
        ("ingestion/runs.py", "publishing.reports", "ingestion knows no other room"),
        ("publishing/reports.py", "ingestion.pipelines", "reading sources belongs in"),
        ("expectations/results.py", "ingestion.spec", "expectations gets tables passed in"),
        ("dagster_project/lock.py", "sandbox.clock", "dagster_project orchestrates real systems"),
        ("ingestion/systems/feed/spec.py", "ingestion.systems.apauto.spec", "holds one application"),
    ],
)
def test_wrong_imports_are_found(rooms: Path, module: str, wrong: str, remedy: str) -> None:
    path = rooms / module
    path.write_text(f"{path.read_text()}\nimport {wrong}\n")
    done = _lint(rooms)
    assert done.returncode == 1
    assert remedy in " ".join(done.stdout.split())

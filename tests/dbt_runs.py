"""dbt on the shipped project, or on one put together from it, for tests that build or compile models."""

import subprocess
from pathlib import Path
from typing import Any

import duckdb

from dagster_project.manifest import dbt_on, prepare_project
from dagster_project.own_models import project_dir
from ingestion.raw.warehouse import create_raw_tables
from ingestion.settings import WAREHOUSE, Settings

PROJECT = Path(__file__).parents[1] / "dbt_project"


def empty_warehouse(folder: Path) -> Path:
    """A new warehouse in `folder` with empty raw tables."""
    warehouse = folder / WAREHOUSE
    create_raw_tables(warehouse)
    return warehouse


def run_dbt(warehouse: Path, folder: Path, *arguments: str, project: Path = PROJECT) -> str:
    """What dbt says of a command on a warehouse, files going to `folder`; fails with its last words.

    The project is parsed once per version of it, whatever warehouse and folder are.
    """
    target = folder / "target"
    prepare_project(project, target)
    done = subprocess.run(
        [
            *(*dbt_on(project, target), *arguments),
            *("--project-dir", str(project), "--profiles-dir", str(project)),
            *("--target-path", str(target), "--log-path", str(folder / "logs")),
            # What it says is read from its output.
            *("--log-level-file", "none"),
        ],
        env={
            "CONCORD_WAREHOUSE": str(warehouse),
            "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
            "HOME": str(folder),
            # Models in Python import the rooms beside them.
            "PYTHONPATH": str(PROJECT.parent),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, (done.stdout + done.stderr)[-6000:]
    return done.stdout


def run_models(warehouse: Path, folder: Path, *models: str, project: Path = PROJECT) -> None:
    """Builds the selected models and seeds, without their tests."""
    kinds = ("--resource-type", "seed", "--resource-type", "model")
    run_dbt(warehouse, folder, "build", "--select", *models, *kinds, project=project)


def build(settings: Settings, models: str, sql: str) -> list[tuple[Any, ...]]:
    """Builds models of a home's project and asks the warehouse."""
    run_models(settings.warehouse_path, settings.home, *models.split(), project=project_dir(settings))
    with duckdb.connect(str(settings.warehouse_path), read_only=True) as connection:
        return connection.execute(sql).fetchall()

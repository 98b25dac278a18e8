"""Builds models of a project on a warehouse of a test, with dbt as a run does."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import duckdb

from dagster_project.own_models import project_dir
from ingestion.settings import Settings


def run_dbt(project: Path, warehouse: Path, folder: Path, *models: str) -> None:
    """Builds the selected models and seeds, without their tests; what dbt writes goes to `folder`."""
    done = subprocess.run(
        [
            *(str(Path(sys.executable).with_name("dbt")), "build", "--select", *models),
            *("--resource-type", "seed", "--resource-type", "model"),
            *("--project-dir", str(project), "--profiles-dir", str(project)),
            *("--target-path", str(folder / "target"), "--log-path", str(folder / "logs")),
        ],
        env={
            "CONCORD_WAREHOUSE": str(warehouse),
            "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
            "HOME": str(folder),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-6000:]


def build(settings: Settings, models: str, sql: str) -> list[tuple[Any, ...]]:
    """Builds models of a home's project and asks the warehouse."""
    run_dbt(project_dir(settings), settings.warehouse_path, settings.home, *models.split())
    with duckdb.connect(str(settings.warehouse_path), read_only=True) as connection:
        return connection.execute(sql).fetchall()

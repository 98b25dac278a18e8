"""dbt's own unit tests of the models that multiply, round, sign, match or allocate, on an empty warehouse."""

import subprocess
import sys
from pathlib import Path

from ingestion.warehouse import create_raw_tables
from tests.rules.engine import PROJECT


def test_dbt_unit_tests_pass(tmp_path: Path) -> None:
    warehouse = tmp_path / "units.duckdb"
    create_raw_tables(warehouse)
    done = subprocess.run(
        [
            *(str(Path(sys.executable).with_name("dbt")), "build", "--empty"),
            *("--resource-type", "seed", "model", "unit_test"),
            *("--project-dir", str(PROJECT), "--profiles-dir", str(PROJECT)),
            *("--target-path", str(tmp_path / "target"), "--log-path", str(tmp_path / "logs")),
        ],
        env={
            "CONCORD_WAREHOUSE": str(warehouse),
            "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
            "HOME": str(tmp_path),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-6000:]
    assert "unit_test" in done.stdout or "unit test" in done.stdout

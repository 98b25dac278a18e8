"""A model that is not one row per its grain fails where it is built, and what was there before stays."""

import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from tests.dbt_runs import PROJECT

PROFILE = "tiny:\n  target: d\n  outputs:\n    d: {type: duckdb, path: tiny.duckdb}\n"
FILES = f"""\
name: tiny
version: 1.0.0
profile: tiny
macro-paths: ["{PROJECT / "materializations"}"]
models: {{tiny: {{+materialized: table}}}}
"""
PYTHON = """\
def model(dbt, session):
    return session.sql("{}")
"""
ONE = "select 'P-1' as po_id, 1 as line union all select 'P-1', 2"
TWO = f"{ONE} union all select 'P-1', 2"


def _write(folder: Path, rows: str) -> None:
    (folder / "models" / "as_table.sql").write_text(rows)
    (folder / "models" / "as_view.sql").write_text("{{ config(materialized='view') }}" + rows)
    (folder / "models" / "as_python.py").write_text(PYTHON.format(rows))
    (folder / "models" / "free.sql").write_text(rows)


def _run(folder: Path) -> str:
    done = subprocess.run(
        [
            *(str(Path(sys.executable).with_name("dbt")), "--no-send-anonymous-usage-stats", "run"),
            *("--project-dir", ".", "--profiles-dir", "."),
        ],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout + done.stderr


def _rows(folder: Path) -> dict[str, int]:
    with duckdb.connect(str(folder / "tiny.duckdb"), read_only=True) as connection:
        return {
            name: connection.sql(f"select count(*) from {name}").fetchall()[0][0]
            for name in ("as_table", "as_view", "as_python", "free")
        }


@pytest.mark.slow
def test_a_broken_grain_stops_a_table_a_view_and_a_model_in_python(tmp_path: Path) -> None:
    (tmp_path / "models").mkdir()
    (tmp_path / "dbt_project.yml").write_text(FILES)
    (tmp_path / "profiles.yml").write_text(PROFILE)
    (tmp_path / "models" / "grain.yml").write_text(
        "models:\n"
        + "".join(
            f"  - name: {name}\n    config: {{meta: {{grain: [po_id, line]}}}}\n"
            for name in ("as_table", "as_view", "as_python")
        )
    )
    _write(tmp_path, ONE)
    assert "PASS=4" in _run(tmp_path)

    _write(tmp_path, TWO)
    said = _run(tmp_path)
    assert "PASS=1" in said and "ERROR=3" in said, said
    assert said.count("not one row per (po_id, line): 2 rows share (") == 3, said
    assert said.count("2 rows share (P-1, 2)") == 2 and "('P-1', 2)" in said
    assert _rows(tmp_path) == {"as_table": 2, "as_view": 2, "as_python": 2, "free": 3}

"""A model that breaks its grain or its contract fails where it is built, and what was there before stays."""

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


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "models").mkdir()
    (tmp_path / "dbt_project.yml").write_text(FILES)
    (tmp_path / "profiles.yml").write_text(PROFILE)
    return tmp_path


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
def test_a_broken_grain_stops_a_table_a_view_and_a_model_in_python(project: Path) -> None:
    (project / "models" / "grain.yml").write_text(
        "models:\n"
        + "".join(
            f"  - name: {name}\n    config: {{meta: {{grain: [po_id, line]}}}}\n"
            for name in ("as_table", "as_view", "as_python")
        )
    )
    _write(project, ONE)
    assert "PASS=4" in _run(project)

    _write(project, TWO)
    said = _run(project)
    assert "PASS=1" in said and "ERROR=3" in said, said
    assert said.count("not one row per (po_id, line): 2 rows share (P-1, 2)") == 3, said
    assert _rows(project) == {"as_table": 2, "as_view": 2, "as_python": 2, "free": 3}


@pytest.mark.slow
def test_a_broken_contract_stops_a_table_and_a_view(project: Path) -> None:
    columns = "[{name: po_id, data_type: varchar}, {name: price, data_type: 'decimal(18, 6)'}]"
    contract = f"    config: {{contract: {{enforced: true}}}}\n    columns: {columns}\n"
    (project / "models" / "contract.yml").write_text(
        "models:\n" + "".join(f"  - name: {name}\n{contract}" for name in ("as_table", "as_view"))
    )
    kept = "select 'P-1' as po_id, cast(1 as decimal(18, 6)) as price"
    _write(project, kept)
    assert "PASS=4" in _run(project)

    price = "column 2 is price decimal(18,2), promised is price decimal(18,6)"
    for rows, words in (
        ("select 'P-1' as po_id, cast(1 as decimal(18, 2)) as price", price),
        (
            f"select price, po_id from ({kept})",
            "column 1 is price decimal(18,6), promised is po_id varchar; column 2 is po_id varchar,",
        ),
        ("select 'P-1' as po_id", "column 2 is missing, promised is price decimal(18,6)"),
        (f"{kept}, 3 as more", "column 3 is more integer, promised is none"),
    ):
        _write(project, rows)
        said = _run(project)
        assert "PASS=2" in said and "ERROR=2" in said, said
        assert said.count(f"the contract has other columns: {words}") == 2, said
    with duckdb.connect(str(project / "tiny.duckdb"), read_only=True) as connection:
        for name in ("as_table", "as_view"):
            assert connection.sql(f"select po_id, price from {name}").fetchall() == [("P-1", 1)]

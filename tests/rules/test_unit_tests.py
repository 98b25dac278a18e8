"""dbt's own unit tests of the models that multiply, round, sign, match or allocate, on an empty warehouse."""

from pathlib import Path

from tests.dbt_runs import empty_warehouse, run_dbt


def test_dbt_unit_tests_pass(tmp_path: Path) -> None:
    warehouse = empty_warehouse(tmp_path)
    said = run_dbt(warehouse, tmp_path, "build", "--empty", "--resource-type", "seed", "model", "unit_test")
    assert "unit_test" in said or "unit test" in said

"""What we rely on where two packages meet; when a pin moves, these say first what broke."""

import re
import subprocess
import sys
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import dagster as dg
import duckdb
import pyarrow as pa
import pytest

from expectations.runner import query
from ingestion.raw.warehouse import TableLoadPlan, load
from publishing.serving import STORAGE_VERSION
from tests.conftest import ROOT

EXACT = Decimal("123456789012.345678")
FRACTION = re.compile(r"""(min_value|max_value): *["']?(-?\d*\.\d*[1-9])""")


def _plan(rows: list[tuple[str, Decimal]]) -> TableLoadPlan:
    keys, prices = zip(*rows, strict=True)
    table = pa.table(
        {"item_key": pa.array(keys, pa.string()), "price": pa.array(prices, pa.decimal128(18, 6))}
    )
    return TableLoadPlan(
        rows=table,
        columns=(("item_key", "varchar"), ("price", "decimal(18,6)")),
        key=("item_key",),
        disposition="insert-only",
    )


@pytest.mark.slow
def test_dlt_keeps_decimals_and_first_versions_from_arrow(tmp_path: Path) -> None:
    """dlt + pyarrow + DuckDB: insert-only never changes a row, every row has its load id."""
    warehouse = tmp_path / "warehouse.duckdb"

    def load_rows(*rows: tuple[str, Decimal]) -> str | None:
        return load(
            path=warehouse,
            pipelines_dir=tmp_path / "pipelines",
            pipeline_name="toolchain",
            dataset="raw_toolchain",
            tables={"item": _plan(list(rows))},
        )

    first = load_rows(("a", EXACT))
    second = load_rows(("a", Decimal("1.000000")), ("b", Decimal("-0.000001")))
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        found = connection.execute(
            "select item_key, price, _dlt_load_id from raw_toolchain.item order by item_key"
        ).fetchall()
        kind = connection.execute("select typeof(price) from raw_toolchain.item").fetchone()
    assert found == [("a", EXACT, first), ("b", Decimal("-0.000001"), second)]
    assert kind == ("DECIMAL(18,6)",)


@pytest.mark.slow
def test_great_expectations_compares_arrow_decimals_with_whole_bounds_exactly() -> None:
    """Great Expectations + pandas + pyarrow: the sixth place of a decimal counts, on the bound passes."""
    import great_expectations as gx
    import pandas as pd

    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False}
    asset = context.data_sources.add_pandas("toolchain").add_dataframe_asset("prices")
    definition = asset.add_batch_definition_whole_dataframe("all")
    expectation = gx.expectations.ExpectColumnValuesToBeBetween(column="price", max_value=1_000_000)

    def passes(price: str) -> bool:
        table = pa.table({"price": pa.array([Decimal(price)], pa.decimal128(18, 6))})
        rows = query("select price from prices", {"prices": table})
        batch = definition.get_batch({"dataframe": rows.to_pandas(types_mapper=pd.ArrowDtype)})
        return bool(batch.validate(expectation).success)

    assert passes("1000000.000000")
    assert passes("999999.999999")
    assert not passes("1000000.000001")


def test_bounds_of_suites_are_whole() -> None:
    """Great Expectations makes floats of bounds: a decimal equal to a bound of 1.56 may fail as above it."""
    wrong = [
        f"{path.name}: {name}: {value}"
        for path in sorted((ROOT / "expectations" / "suites").glob("*.yaml"))
        for name, value in FRACTION.findall(path.read_text())
    ]
    assert not wrong, wrong


def test_duckdb_writes_the_storage_version_that_readers_know(tmp_path: Path) -> None:
    """The serving copy is written in the format its readers were promised, and opens read-only."""
    path = tmp_path / "serving.duckdb"
    with duckdb.connect() as connection:
        connection.execute(f"attach '{path}' as copy (storage_version '{STORAGE_VERSION}')")
        connection.execute("create table copy.item as select cast('1.10' as decimal(18, 2)) as price")
    with duckdb.connect(str(path), read_only=True) as connection:
        tags = connection.execute("select tags from duckdb_databases() where path is not null").fetchone()
        assert connection.execute("select price from item").fetchone() == (Decimal("1.10"),)
        with pytest.raises(duckdb.Error, match="read-only"):
            connection.execute("insert into item values (2)")
    assert tags is not None and STORAGE_VERSION.rsplit(".", 1)[0] in str(tags[0])


@pytest.mark.slow
def test_dbt_refuses_a_model_that_breaks_its_contract(tmp_path: Path) -> None:
    """dbt-core + dbt-duckdb: an enforced contract stops a double where a decimal was promised."""
    (tmp_path / "models").mkdir()
    (tmp_path / "dbt_project.yml").write_text("name: tiny\nversion: 1.0.0\nprofile: tiny\n")
    (tmp_path / "profiles.yml").write_text(
        "tiny:\n  target: d\n  outputs:\n    d: {type: duckdb, path: tiny.duckdb}\n"
    )
    (tmp_path / "models" / "tiny.yml").write_text(
        "models:\n"
        + "".join(
            f"  - name: {name}\n    config: {{contract: {{enforced: true}}}}\n"
            "    columns: [{name: price, data_type: 'decimal(18,2)'}]\n"
            for name in ("kept", "broken")
        )
    )
    (tmp_path / "models" / "kept.sql").write_text("select cast(1 as decimal(18, 2)) as price")
    (tmp_path / "models" / "broken.sql").write_text("select cast(1 as double) as price")
    dbt = Path(sys.executable).with_name("dbt")
    done = subprocess.run(
        [str(dbt), "--no-send-anonymous-usage-stats", "run", "--project-dir", ".", "--profiles-dir", "."],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1, done.stdout
    assert "PASS=1" in done.stdout and "ERROR=1" in done.stdout
    assert "contract" in done.stdout.lower()


def test_dagster_runs_nothing_behind_a_failed_blocking_check() -> None:
    """Dagster in process: a blocking check holds what follows, another one does not."""
    ran: list[str] = []

    def upstream(name: str, is_blocking: bool) -> dg.AssetsDefinition:
        @dg.asset(name=name, check_specs=[dg.AssetCheckSpec("suite", asset=name, blocking=is_blocking)])
        def made() -> Iterator[dg.MaterializeResult[None]]:
            yield dg.MaterializeResult(check_results=[dg.AssetCheckResult(passed=False, check_name="suite")])

        return made

    def downstream(name: str, of: str) -> dg.AssetsDefinition:
        @dg.asset(name=name, deps=[of])
        def made() -> None:
            ran.append(name)

        return made

    result = dg.materialize(
        [
            upstream("held", True),
            downstream("behind", "held"),
            upstream("told", False),
            downstream("next", "told"),
        ],
        instance=dg.DagsterInstance.ephemeral(),
        raise_on_error=False,
    )
    assert ran == ["next"]
    assert not result.success

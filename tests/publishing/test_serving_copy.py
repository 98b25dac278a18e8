"""The serving copy: equal to its source, swapped whole, and never in the way of a reader."""

from __future__ import annotations

import threading
from datetime import date, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

from publishing import serving
from publishing.serving import ServingError

AS_OF, KNOWN_AT = date(2025, 6, 30), datetime(2025, 7, 1, 4)


def build_warehouse(path: Path, generation: int = 0, rows: int = 1000) -> Path:
    path.unlink(missing_ok=True)
    with duckdb.connect(str(path)) as connection:
        for schema in ("raw_apauto", "conformed", "controls", "marts"):
            connection.execute(f"create schema {schema}")
        connection.execute(
            f"create table raw_apauto.vendor as select 1 as id;"
            f"create table conformed.dim_item as select range as item, {generation} as generation,"
            f" 12345678901234.56::decimal(18,2) as amount from range({rows});"
            f"create table controls.int_pair as select 1 as id;"
            f'create view marts.mart_spend as select * from "{path.stem}"."conformed"."dim_item";'
            f"create table marts.mart_empty (id integer);"
            "comment on table conformed.dim_item is 'One row per item, it''s said.';"
            "comment on view marts.mart_spend is 'Spend.';"
            "comment on column conformed.dim_item.item is 'The item.'"
        )
    return path


def publish(warehouse: Path, folder: Path, run: str = "run", **changed: Any) -> serving.ServingReport:
    return serving.publish(warehouse, folder, run_id=run, as_of=AS_OF, known_at=KNOWN_AT, **changed)


@pytest.fixture
def warehouse(tmp_path: Path) -> Path:
    return build_warehouse(tmp_path / "warehouse.duckdb")


def test_public_tables_and_views_become_tables(warehouse: Path, tmp_path: Path) -> None:
    report = publish(warehouse, tmp_path / "serving")
    assert [(t.schema, t.name, t.row_count) for t in report.tables] == [
        ("conformed", "dim_item", 1000),
        ("marts", "mart_empty", 0),
        ("marts", "mart_spend", 1000),
    ]
    with duckdb.connect(str(report.database), read_only=True) as connection:
        tables = connection.execute(
            "select schema_name || '.' || table_name, comment from duckdb_tables() order by 1"
        ).fetchall()
        kind = connection.execute("select distinct typeof(amount) from marts.mart_spend").fetchall()
    assert tables == [
        ("conformed.dim_item", "One row per item, it's said."),
        ("marts.mart_empty", None),
        ("marts.mart_spend", "Spend."),
        ("marts.publication", "One row per published table: its rows and its run."),
    ]
    assert kind == [("DECIMAL(18,2)",)]


def test_parquet_stands_beside_with_the_same_rows(warehouse: Path, tmp_path: Path) -> None:
    report = publish(warehouse, tmp_path / "serving")
    files = sorted(str(path.relative_to(report.parquet)) for path in report.parquet.rglob("*.parquet"))
    assert files == [
        "conformed/dim_item.parquet",
        "marts/mart_empty.parquet",
        "marts/mart_spend.parquet",
        "marts/publication.parquet",
    ]
    total = duckdb.sql(f"select sum(amount) from '{report.parquet}/marts/mart_spend.parquet'").fetchall()
    assert str(total[0][0]) == "12345678901234560.00"


def test_the_publication_says_what_and_when(warehouse: Path, tmp_path: Path) -> None:
    publish(warehouse, tmp_path / "serving", run="run-7")
    found = serving.read(
        tmp_path / "serving", "select * from marts.publication where table_name = $1", ["mart_spend"]
    )
    assert found.to_pylist() == [
        {
            "schema_name": "marts", "table_name": "mart_spend", "row_count": 1000, "run_id": "run-7",
            "as_of": AS_OF, "known_at": KNOWN_AT,
        }
    ]  # fmt: skip


def test_reading_cannot_write(warehouse: Path, tmp_path: Path) -> None:
    publish(warehouse, tmp_path / "serving")
    with pytest.raises(duckdb.InvalidInputException, match="read-only"):
        serving.read(tmp_path / "serving", "delete from marts.mart_spend")
    with pytest.raises(FileNotFoundError):
        serving.read(tmp_path / "nowhere", "select 1")


def test_old_releases_go_and_an_open_reader_keeps_its_snapshot(warehouse: Path, tmp_path: Path) -> None:
    folder = tmp_path / "serving"
    publish(warehouse, folder)
    first = (folder / serving.DATABASE).resolve()
    with duckdb.connect(str(first), read_only=True) as reader:
        for generation in range(1, 5):
            publish(build_warehouse(warehouse, generation), folder, run=f"run{generation}", keep=2)
        assert not first.exists()
        assert reader.execute("select max(generation) from marts.mart_spend").fetchall() == [(0,)]
    assert [p.name for p in sorted((folder / "releases").iterdir())] == ["000004-run3", "000005-run4"]
    assert serving.read(folder, "select max(generation) as g from marts.mart_spend").to_pylist() == [{"g": 4}]


class Crash(BaseException):
    """The process ends here."""


@pytest.mark.parametrize("step", ["_write_publication", "_verify", "_make_durable", "_swap", "_point"])
def test_a_crash_before_the_swap_leaves_the_old_copy(
    warehouse: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    folder = tmp_path / "serving"
    publish(warehouse, folder)

    def crash(*args: Any) -> None:
        raise Crash

    with monkeypatch.context() as patch, pytest.raises(Crash):
        patch.setattr(serving, step, crash)
        publish(build_warehouse(warehouse, 1), folder)
    query = "select max(generation) as g from marts.mart_spend"
    assert serving.read(folder, query).to_pylist() == [{"g": 0}]
    publish(warehouse, folder)
    assert serving.read(folder, query).to_pylist() == [{"g": 1}]
    assert not list((folder / "releases").glob(".*"))


def test_a_copy_that_lost_rows_is_not_published(
    warehouse: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    original = serving._copy
    monkeypatch.setattr(serving, "_copy", lambda *args: original(*args) + 1)
    with pytest.raises(ServingError, match=r"dim_item: 1000 rows in .*, 1001 in the warehouse"):
        publish(warehouse, tmp_path / "serving")
    assert not (tmp_path / "serving" / serving.DATABASE).exists()


def test_a_reader_loop_sees_no_error_and_never_half_a_refresh(warehouse: Path, tmp_path: Path) -> None:
    """Each generation is one value in every table; a mixture would show two."""
    folder = tmp_path / "serving"
    publish(warehouse, folder)
    done, seen = threading.Event(), []
    query = (
        "select array_agg(distinct generation) as g from"
        " (select generation from conformed.dim_item union all select generation from marts.mart_spend)"
    )

    def read() -> None:
        while not done.wait(0.01):
            seen.append(serving.read(folder, query).to_pylist()[0]["g"])
            release = (folder / serving.PARQUET).resolve()
            parquet = f"'{release}/conformed/dim_item.parquet'"
            with duckdb.connect() as connection:
                seen.append(
                    connection.execute(f"select list(distinct generation) from {parquet}").fetchall()[0][0]
                )

    errors: list[BaseException] = []

    def guarded() -> None:
        try:
            read()
        except BaseException as error:  # noqa: BLE001
            errors.append(error)

    readers = [threading.Thread(target=guarded) for _ in range(2)]
    for reader in readers:
        reader.start()
    for generation in range(1, 21):
        publish(build_warehouse(warehouse, generation, rows=200), folder, run=f"run{generation}")
    done.set()
    for reader in readers:
        reader.join()
    assert errors == []
    assert all(len(generations) == 1 for generations in seen)
    assert len({generations[0] for generations in seen}) > 3

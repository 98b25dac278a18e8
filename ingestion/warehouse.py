"""The raw schemas of the warehouse: created from the specs, filled by dlt, read back for comparison.

Every dlt load uses the Parquet loader format and keeps `_dlt_load_id`; one pipeline per source instance.
Each DuckDB connection is closed before dlt or dbt opens the file.
"""

import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal, NamedTuple

import dlt
import duckdb
import pyarrow as pa

from ingestion.arrow_types import arrow_schema, dlt_hints
from ingestion.raw_schema import Columns, all_datasets
from ingestion.versions import NEWEST_FIRST, NOTHING, Known, split

LOADER_FILE_FORMAT = "parquet"
INSERT_ONLY = {"disposition": "merge", "strategy": "insert-only"}
Disposition = Literal["insert-only", "append", "replace"]

# Few keys have several versions; only those are ordered.
KNOWN = f"""
    with mine as (
        select _row_key, _version, _record_hash, _source_version, _source_updated_at, _is_deleted
        from {{dataset}}.{{table}} where _source_instance = ?
    ),
    several as (select distinct _row_key from mine where _version > 1)
    select *, true as is_current from mine anti join several using (_row_key)
    union all by name
    select
        _row_key, _record_hash, _source_version, _source_updated_at, _is_deleted,
        max(_version) over (partition by _row_key) as _version,
        row_number() over (partition by _row_key order by {NEWEST_FIRST}) = 1 as is_current
    from mine semi join several using (_row_key)
"""


class TableLoadPlan(NamedTuple):
    """One table of a load: its rows, columns and key. Append is insert-only into a table that is empty."""

    rows: pa.Table
    columns: Columns
    key: Sequence[str] = ()
    disposition: Disposition = "insert-only"


class Held(NamedTuple):
    """What the warehouse holds of one instance: the known versions per table."""

    known: Mapping[str, Known]
    empty_tables: frozenset[str]


@contextmanager
def opened(path: Path, *, read_only: bool = False) -> Iterator[duckdb.DuckDBPyConnection]:
    path.parent.mkdir(parents=True, exist_ok=True)
    with duckdb.connect(str(path), read_only=read_only) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        yield connection


def create_raw_tables(path: Path) -> None:
    """Creates every declared table of every known system and adds columns declared since; idempotent.

    The warehouse is private: only its owner may read the file.
    """
    with opened(path) as connection:
        found: dict[tuple[str, str], set[str]] = {}
        for schema, table, column in connection.execute(
            "select table_schema, table_name, column_name from information_schema.columns"
            " where table_schema like 'raw_%'"
        ).fetchall():
            found.setdefault((schema, table), set()).add(column)
        for dataset, tables in all_datasets().items():
            connection.execute(f"create schema if not exists {dataset}")
            for table, columns in tables.items():
                present = found.get((dataset, table))
                if present is None:
                    body = ", ".join(f'"{name}" {kind}' for name, kind in columns)
                    connection.execute(f"create table {dataset}.{table} ({body})")
                    continue
                for name, kind in columns:
                    if name not in present:
                        connection.execute(f'alter table {dataset}.{table} add column "{name}" {kind}')
    path.chmod(0o600)


def recorded_batches(path: Path, instance: str) -> frozenset[tuple[str, str]]:
    """The (batch, status) pairs of an instance in the ledger of loads."""
    with opened(path, read_only=True) as connection:
        found = connection.execute(
            "select distinct batch_id, status from raw_concord.load_batch where source_instance = ?",
            [instance],
        ).fetchall()
    return frozenset((row[0], row[1]) for row in found)


def held_by_warehouse(path: Path, dataset: str, tables: Sequence[str], instance: str) -> Held:
    """One look at the warehouse before a load; the tables exist."""
    with opened(path, read_only=True) as connection:
        known, empty = {}, set()
        for table in tables:
            if not connection.execute(f"select 1 from {dataset}.{table} limit 1").fetchall():
                empty.add(table)
                known[table] = NOTHING
                continue
            query = KNOWN.format(dataset=dataset, table=table)
            known[table] = split(connection.execute(query, [instance]).to_arrow_table())
    return Held(known, frozenset(empty))


def rows_of_keys(path: Path, dataset: str, table: str, instance: str, keys: pa.Table) -> pa.Table:
    """Every version the warehouse has of some keys (`_row_key`) of an instance, all columns."""
    with opened(path, read_only=True) as connection:
        connection.register("wanted", keys)
        return connection.execute(
            f"select * exclude (_dlt_load_id) from {dataset}.{table} semi join wanted using (_row_key)"
            " where _source_instance = ?",
            [instance],
        ).to_arrow_table()


def rejected_keys(path: Path, dataset: str, table: str, instance: str) -> pa.ChunkedArray:
    """The keys of every row of a table that was ever rejected."""
    with opened(path, read_only=True) as connection:
        return connection.execute(
            f"select distinct row_key from {dataset}.rejected_row"
            " where _source_instance = ? and table_name = ? and row_key is not null",
            [instance, table],
        ).to_arrow_table()["row_key"]


def unload(path: Path, dataset: str, tables: Sequence[str], instance: str, batches: Sequence[str]) -> None:
    """Forgets some batches of an instance, all in one transaction; the next load takes them again."""
    of_batches = [instance, list(batches)]
    with opened(path) as connection:
        connection.execute("begin")
        for table in (*tables, "rejected_row"):
            connection.execute(
                f"delete from {dataset}.{table}"
                " where _source_instance = ? and _batch_id in (select unnest(?))",
                of_batches,
            )
        connection.execute(
            "delete from raw_concord.load_batch"
            " where source_instance = ? and batch_id in (select unnest(?)) and status = 'LOADED'",
            of_batches,
        )
        connection.execute("commit")


def drop_dataset(path: Path, dataset: str, instances: Sequence[str]) -> None:
    """Forgets all of one raw dataset, tables included, and that its instances were ever loaded."""
    with opened(path) as connection:
        connection.execute(f"drop schema if exists {dataset} cascade")
        connection.execute(
            "delete from raw_concord.load_batch where source_instance in (select unnest(?))",
            [list(instances)],
        )


def record_batches(path: Path, rows: pa.Table) -> None:
    """Adds to the ledger of loads, in one statement after the load it is about; repeats are left out."""
    with opened(path) as connection:
        connection.register("loaded", rows)
        connection.execute(
            "insert into raw_concord.load_batch by name select * from loaded anti join raw_concord.load_batch"
            " using (source_instance, batch_id, table_name, status)"
        )


def load(
    *,
    path: Path,
    pipelines_dir: Path,
    pipeline_name: str,
    dataset: str,
    tables: Mapping[str, TableLoadPlan],
) -> str | None:
    """Loads Arrow tables in one dlt package; returns the load id, None when there was nothing to do."""
    filled = {
        name: plan for name, plan in tables.items() if plan.disposition == "replace" or plan.rows.num_rows
    }
    if not filled:
        return None
    pipeline = make_pipeline(path, pipelines_dir, pipeline_name, dataset)
    resources = [_resource(name, plan) for name, plan in filled.items()]
    info = pipeline.run(resources, loader_file_format=LOADER_FILE_FORMAT)
    info.raise_on_failed_jobs()
    return str(info.loads_ids[0]) if info.loads_ids else None


def make_pipeline(path: Path, pipelines_dir: Path, name: str, dataset: str) -> Any:
    """A dlt pipeline on the warehouse, with no work left over from a killed process."""
    logging.getLogger("dlt").setLevel(logging.ERROR)
    dlt.config["normalize.parquet_normalizer.add_dlt_load_id"] = True
    dlt.config["load.truncate_staging_dataset"] = True
    dlt.config["load.delete_completed_jobs"] = True
    pipeline = dlt.pipeline(
        pipeline_name=name,
        destination=dlt.destinations.duckdb(str(path)),
        dataset_name=dataset,
        pipelines_dir=str(pipelines_dir),
    )
    pipeline.config.restore_from_destination = False
    pipeline.abort_packages()
    return pipeline


def _resource(name: str, plan: TableLoadPlan) -> Any:
    rows = plan.rows.select([column for column, _ in plan.columns]).cast(arrow_schema(plan.columns))

    def batches() -> Iterator[pa.Table]:
        yield rows

    return dlt.resource(
        batches,
        name=name,
        columns=dlt_hints(plan.columns),
        write_disposition=INSERT_ONLY if plan.disposition == "insert-only" else plan.disposition,
        primary_key=list(plan.key) if plan.disposition == "insert-only" else None,
    )

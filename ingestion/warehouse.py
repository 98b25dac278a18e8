"""The raw schemas of the warehouse: created from the specs, filled by dlt, read back for comparison.

Every dlt load uses the Parquet loader format and keeps `_dlt_load_id`; one pipeline per source instance.
Each DuckDB connection is closed before dlt or dbt opens the file.
"""

import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import dlt
import duckdb
import pyarrow as pa

from ingestion.arrow_types import arrow_schema, dlt_hints
from ingestion.raw_schema import Columns, all_datasets

LOADER_FILE_FORMAT = "parquet"
INSERT_ONLY = {"disposition": "merge", "strategy": "insert-only"}
CURRENT = arrow_schema((("_row_key", "varchar"), ("_version", "bigint"), ("_record_hash", "varchar")))


@contextmanager
def opened(path: Path, *, read_only: bool = False) -> Iterator[duckdb.DuckDBPyConnection]:
    path.parent.mkdir(parents=True, exist_ok=True)
    with duckdb.connect(str(path), read_only=read_only) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        yield connection


def create_raw_tables(path: Path) -> None:
    """Creates every declared table of every known system and adds columns declared since; idempotent."""
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


def loaded_batches(path: Path, instance: str) -> frozenset[tuple[str, str]]:
    """(batch, status) of the batches of an instance that the warehouse knows."""
    if not path.exists():
        return frozenset()
    with opened(path, read_only=True) as connection:
        exists = connection.execute(
            "select count(*) from information_schema.tables"
            " where table_schema = 'raw_concord' and table_name = 'load_batch'"
        ).fetchall()
        if not exists[0][0]:
            return frozenset()
        rows = connection.execute(
            "select distinct batch_id, status from raw_concord.load_batch where source_instance = ?",
            [instance],
        ).fetchall()
    return frozenset((row[0], row[1]) for row in rows)


def current_versions(
    connection: duckdb.DuckDBPyConnection, dataset: str, table: str, instance: str
) -> pa.Table:
    """Key, version and hash of the current version of every key of an instance."""
    found = connection.execute(
        f"select _row_key, max(_version) as _version, max_by(_record_hash, _version) as _record_hash"
        f" from {dataset}.{table} where _source_instance = ? group by _row_key",
        [instance],
    ).to_arrow_table()
    return found.cast(CURRENT)


def load(
    *,
    path: Path,
    pipelines_dir: Path,
    pipeline_name: str,
    dataset: str,
    tables: Mapping[str, tuple[pa.Table, Columns, Sequence[str]]],
    replace: bool = False,
) -> str | None:
    """Loads Arrow tables (with columns and key per table) in one dlt package; returns the load id.

    Insert-only by key, or with `replace` the new content of the table.
    """
    filled = {name: entry for name, entry in tables.items() if replace or entry[0].num_rows}
    if not filled:
        return None
    pipeline = make_pipeline(path, pipelines_dir, pipeline_name, dataset)
    resources = [_resource(name, *entry, replace=replace) for name, entry in filled.items()]
    info = pipeline.run(resources, loader_file_format=LOADER_FILE_FORMAT)
    info.raise_on_failed_jobs()
    return str(info.loads_ids[0]) if info.loads_ids else None


def make_pipeline(path: Path, pipelines_dir: Path, name: str, dataset: str) -> Any:
    """A dlt pipeline on the warehouse, with no work left over from a killed process."""
    logging.getLogger("dlt").setLevel(logging.ERROR)
    dlt.config["normalize.parquet_normalizer.add_dlt_load_id"] = True
    dlt.config["load.truncate_staging_dataset"] = True
    pipeline = dlt.pipeline(
        pipeline_name=name,
        destination=dlt.destinations.duckdb(str(path)),
        dataset_name=dataset,
        pipelines_dir=str(pipelines_dir),
    )
    pipeline.config.restore_from_destination = False
    pipeline.abort_packages()
    return pipeline


def _resource(name: str, table: pa.Table, columns: Columns, key: Sequence[str], *, replace: bool) -> Any:
    rows = table.select([column for column, _ in columns]).cast(arrow_schema(columns))

    def batches() -> Iterator[pa.Table]:
        yield rows

    return dlt.resource(
        batches,
        name=name,
        columns=dlt_hints(columns),
        write_disposition="replace" if replace else INSERT_ONLY,
        primary_key=None if replace else list(key),
    )

"""The raw schemas of the warehouse: created from the specs, filled by dlt, read back for comparison.

Every dlt load imports Parquet files that carry their `_dlt_load_id`, or models: queries over files that the
check wrote. One pipeline per source instance.
"""

import logging
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal, NamedTuple, Protocol

import dlt
import duckdb
import pyarrow as pa
from dlt.destinations.impl.duckdb.configuration import DuckDbCredentials

from ingestion.raw.arrow_types import arrow_schema, dlt_hints
from ingestion.raw.opening import held, keep_open, let_go, made, opened
from ingestion.raw.raw_schema import LOAD_ID, Columns, all_datasets
from ingestion.raw.record_hash import rehashed
from ingestion.raw.scratch import MEMORY, written
from ingestion.raw.versions import NEWEST_FIRST, Known
from ingestion.registry import SYSTEMS
from ingestion.runs import RunContext
from ingestion.spec import TableSpec

LOADER_FILE_FORMAT = "parquet"
# A query that the destination runs itself.
MODEL: Literal["model"] = "model"
# The loader's connection: rows of a large file are written through, in whatever order they come.
BOUNDED = {"memory_limit": MEMORY, "preserve_insertion_order": False}
# Where the files of a load wait until dlt has linked them.
_ROWS = "rows-"
INSERT_ONLY = {"disposition": "merge", "strategy": "insert-only"}
Disposition = Literal["insert-only", "append", "replace"]

# Few keys have several versions; only those are ordered.
KNOWN = f"""
    with mine as (
        select _row_key, _version, _record_hash, _source_version, _source_updated_at, _is_deleted{{also}}
        from {{dataset}}.{{table}} where _source_instance = getvariable('mine')
    ),
    several as (select distinct _row_key from mine where _version > 1)
    select *, true as is_current from mine anti join several using (_row_key)
    union all by name
    select
        mine.* replace (max(_version) over (partition by _row_key) as _version),
        row_number() over (partition by _row_key order by {NEWEST_FIRST}) = 1 as is_current
    from mine semi join several using (_row_key)
"""


class Portioned(Protocol):
    """Rows that come in pieces, since all of them may not fit into memory."""

    @property
    def num_rows(self) -> int: ...

    def waiting(self) -> Iterator[pa.Table]:
        """Those that the loader has to be given."""

    def queries(self) -> Iterator[str]:
        """What selects the others from files, with all columns but the id of the load."""


class TableLoadPlan(NamedTuple):
    """One table of a load: its rows, columns and key. Append is insert-only into a table that is empty."""

    rows: pa.Table | Portioned
    columns: Columns
    key: Sequence[str] = ()
    disposition: Disposition = "insert-only"

    def waiting(self) -> Iterator[pa.Table]:
        """The rows that no file has, as they are loaded, but for the id of the load."""
        schema = arrow_schema(self.columns)
        for rows in [self.rows] if isinstance(self.rows, pa.Table) else self.rows.waiting():
            yield rows.select(schema.names).cast(schema)

    def queries(self) -> Iterator[str]:
        """What selects the others."""
        if not isinstance(self.rows, pa.Table):
            yield from self.rows.queries()


@contextmanager
def raw_tables(run: RunContext) -> Iterator[Path]:
    """The warehouse of a run, held, with every raw table; they are made once a run."""
    path = run.settings.warehouse_path
    with held(path):
        if path not in run.has_raw_tables or not path.is_file():
            create_raw_tables(path)
            run.has_raw_tables.add(path)
        yield path


def create_raw_tables(path: Path) -> None:
    """Creates every declared table of every known system and adds columns declared since; idempotent.

    Rows with the text hashes of an earlier release get those of today. The warehouse is private: only its
    owner may read the file.
    """
    if not path.is_file():
        made(path)
    with opened(path) as connection:
        found: dict[tuple[str, str], dict[str, str]] = {}
        for schema, table, column, kind in connection.execute(
            "select schema_name, table_name, column_name, data_type from duckdb_columns()"
            " where schema_name like 'raw_%'"
        ).fetchall():
            found.setdefault((schema, table), {})[column] = kind
        # One transaction: some hundred and twenty would each wait for the disk.
        connection.execute("begin")
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
        connection.execute("commit")
        for system in SYSTEMS.values():
            for spec in system.tables:
                if found.get((system.dataset, spec.name), {}).get("_record_hash") == "VARCHAR":
                    _rehash(connection, system.dataset, spec)
    path.chmod(0o600)


def _rehash(connection: duckdb.DuckDBPyConnection, dataset: str, table: TableSpec) -> None:
    place = f"{dataset}.{table.name}"
    connection.execute("begin")
    connection.execute(f"create table {dataset}.rehashed as {rehashed(table, place)}")
    connection.execute(f"drop table {place}")
    connection.execute(f"alter table {dataset}.rehashed rename to {table.name}")
    connection.execute("commit")


def recorded_batches(path: Path, instance: str) -> frozenset[tuple[str, str]]:
    """The (batch, status) pairs of an instance in the ledger of loads."""
    with opened(path, read_only=True) as connection:
        found = connection.execute(
            "select distinct batch_id, status from raw_concord.load_batch where source_instance = ?",
            [instance],
        ).fetchall()
    return frozenset((row[0], row[1]) for row in found)


def loaded_versions(path: Path, instance: str) -> dict[str, str]:
    """The contract version by which each loaded batch of an instance was read."""
    with opened(path, read_only=True) as connection:
        found = connection.execute(
            "select batch_id, max(contract_version) from raw_concord.load_batch"
            " where source_instance = ? and status = 'LOADED' group by all",
            [instance],
        ).fetchall()
    return {batch: version or "" for batch, version in found}


def empty_tables(path: Path, dataset: str, tables: Sequence[str]) -> frozenset[str]:
    """The tables without any row; all exist."""
    with opened(path, read_only=True) as connection:
        return frozenset(
            table
            for table in tables
            if not connection.execute(f"select 1 from {dataset}.{table} limit 1").fetchall()
        )


def current_keys(path: Path, dataset: str, tables: Sequence[str], instance: str) -> dict[str, pa.Table]:
    """The keys that the warehouse has of an instance by table: `_row_key`, and whether it `_is_deleted`."""
    found = {}
    with opened(path, read_only=True) as connection:
        connection.execute("set variable mine = ?", [instance])
        for table in tables:
            query = KNOWN.format(dataset=dataset, table=table, also="")
            wanted = f"select _row_key, _is_deleted from ({query}) where is_current"
            found[table] = connection.execute(wanted).to_arrow_table()
    return found


def learn_known(
    connection: duckdb.DuckDBPyConnection, path: Path, dataset: str, instance: str, known: Mapping[str, Known]
) -> None:
    """One look at the warehouse before a load: what it holds of an instance, by table."""
    if not known:
        return
    let_go(path)
    connection.execute(f"attach '{path}' as warehouse (read_only)")
    for table, versions in known.items():
        also = f', "{versions.document}"' if versions.document else ""
        query = KNOWN.format(dataset=f"warehouse.{dataset}", table=table, also=also)
        connection.execute("set variable mine = ?", [instance])
        versions.learn(f"({query})")
    connection.execute("detach warehouse")


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
    """Loads rows in one dlt package; returns the load id, None when there was nothing to do."""
    filled = {
        name: plan for name, plan in tables.items() if plan.disposition == "replace" or plan.rows.num_rows
    }
    if not filled:
        return None
    keep_open(path)
    pipeline = make_pipeline(path, pipelines_dir, pipeline_name, dataset)
    with TemporaryDirectory(dir=pipelines_dir, prefix=_ROWS) as folder:
        resources = [_resource(name, plan, Path(folder)) for name, plan in filled.items()]
        info = pipeline.run(resources)
    info.raise_on_failed_jobs()
    return str(info.loads_ids[0]) if info.loads_ids else None


def make_pipeline(path: Path, pipelines_dir: Path, name: str, dataset: str) -> Any:
    """A dlt pipeline on the warehouse, with no work left over from a killed process."""
    logging.getLogger("dlt").setLevel(logging.ERROR)
    dlt.config["load.truncate_staging_dataset"] = True
    dlt.config["load.delete_completed_jobs"] = True
    pipeline = dlt.pipeline(
        pipeline_name=name,
        destination=dlt.destinations.duckdb(DuckDbCredentials(str(path), global_config=BOUNDED)),
        dataset_name=dataset,
        pipelines_dir=str(pipelines_dir),
    )
    pipeline.config.restore_from_destination = False
    pipeline.abort_packages()
    for left in pipelines_dir.glob(f"{_ROWS}*"):
        shutil.rmtree(left, ignore_errors=True)
    return pipeline


def _resource(name: str, plan: TableLoadPlan, folder: Path) -> Any:
    """One Parquet file, written while dlt extracts and linked into its package as it is.

    A table with rows in other files is loaded by models alone, since dlt takes one format a table.
    """
    schema = arrow_schema((*plan.columns, *LOAD_ID))
    names = ", ".join(f'"{column}"' for column, _ in plan.columns)
    queries = list(plan.queries())

    def files() -> Iterator[Any]:
        load_id, count = dlt.current.load_package_state()["load_id"], 0
        path = folder / f"{name}.parquet"
        with written(path, schema) as writer:
            for rows in plan.waiting():
                writer.write_table(rows.append_column(schema.field(-1), pa.repeat(load_id, rows.num_rows)))
                count += rows.num_rows
        if not queries:
            yield dlt.mark.with_file_import(str(path), LOADER_FILE_FORMAT, count)
            return
        if count:
            queries.append(f"select * from read_parquet('{path}')")
        for number, query in enumerate(queries):
            model = folder / f"{name}.{number}.{MODEL}"
            loaded = f"select {names}, '{load_id}' as _dlt_load_id from ({query}) as checked"
            model.write_text(f"dialect: duckdb\n{loaded}\n")
            yield dlt.mark.with_file_import(str(model), MODEL, 1)

    return dlt.resource(
        files,
        name=name,
        columns=dlt_hints((*plan.columns, *LOAD_ID)),
        write_disposition=INSERT_ONLY if plan.disposition == "insert-only" else plan.disposition,
        primary_key=list(plan.key) if plan.disposition == "insert-only" else None,
        file_format=MODEL if queries else LOADER_FILE_FORMAT,
    )

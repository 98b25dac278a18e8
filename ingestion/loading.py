"""Loads the accepted batches of one instance into raw as new versions, and records what each batch did."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import duckdb
import pyarrow as pa

from ingestion.arrow_types import arrow_schema
from ingestion.landing import Batch
from ingestion.raw_schema import CONCORD_TABLES, LOAD_ID, REJECTED_ROW, table_columns
from ingestion.reports import BatchContent, TableLoad
from ingestion.runs import RunContext
from ingestion.spec import SystemSpec
from ingestion.versions import after, new_versions
from ingestion.warehouse import TableLoadPlan, held_by_warehouse, load, record_batches

ROW_KEY = ("_source_instance", "_row_key", "_version")
REJECTED_KEY = ("_source_instance", "_batch_id", "table_name", "_file_name", "_line_number", "_record_hash")


@dataclass
class Loaded:
    """What loading one instance did."""

    loads: list[TableLoad] = field(default_factory=list)
    load_ids: list[str] = field(default_factory=list)
    unknown_columns: dict[str, tuple[str, ...]] = field(default_factory=dict)


def load_instance(
    run: RunContext,
    spec: SystemSpec,
    instance: str,
    accepted: Sequence[Batch],
    held: Sequence[Batch],
    *,
    read: Callable[[Batch], BatchContent],
) -> Loaded:
    """Compares and loads the batches the warehouse does not have; held ones are only counted."""
    path = run.settings.warehouse_path
    tables = [table.name for table in spec.tables]
    warehouse = held_by_warehouse(path, spec.dataset, tables, instance)
    todo = [batch for batch in accepted if (batch.batch_id, "LOADED") not in warehouse.batches]
    counted = [batch for batch in held if (batch.batch_id, "HELD") not in warehouse.batches]
    result = Loaded()
    if not todo and not counted:
        return result
    fresh: dict[str, list[pa.Table]] = {}
    rejected: list[pa.Table] = []
    entries: list[tuple[Batch, TableLoad, str]] = []
    for batch in counted:
        for table, count in read(batch).landed_rows.items():
            entries.append((batch, TableLoad(instance, batch.batch_id, table, count, 0, 0, 0), "HELD"))
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        known = dict(warehouse.known)
        for batch in todo:
            content = read(batch)
            for table, rows in content.tables.items():
                added = new_versions(connection, rows, known[table])
                if batch is not todo[-1]:
                    known[table] = after(connection, known[table], added)
                fresh.setdefault(table, []).append(_raw_table(spec, table, added, batch))
                entries.append((batch, _table_load(content, table, rows, added), "LOADED"))
            rejected.append(_rejected_table(content))
            result.unknown_columns.update(content.unknown_columns)
            run.parsed.pop((batch.instance, batch.batch_id), None)
    plans = {
        name: TableLoadPlan(
            pa.concat_tables(parts),
            table_columns(spec.table(name)),
            ROW_KEY,
            "append" if name in warehouse.empty_tables else "insert-only",
        )
        for name, parts in fresh.items()
    }
    plans["rejected_row"] = TableLoadPlan(
        pa.concat_tables([arrow_schema(REJECTED_ROW).empty_table(), *rejected]), REJECTED_ROW, REJECTED_KEY
    )
    load_id = load(
        path=path,
        pipelines_dir=run.settings.pipelines_dir,
        pipeline_name=f"concord_{instance}",
        dataset=spec.dataset,
        tables=plans,
    )
    _record(run, entries, load_id)
    result.loads = [entry for _, entry, status in entries if status == "LOADED"]
    result.load_ids = [load_id] if load_id else []
    return result


def _table_load(content: BatchContent, table: str, rows: pa.Table, added: pa.Table) -> TableLoad:
    rejected = sum(1 for row in content.rejected if row.table_name == table)
    return TableLoad(
        instance=content.batch.instance,
        batch_id=content.batch.batch_id,
        table=table,
        landed_rows=content.landed_rows[table],
        new_version_rows=added.num_rows,
        unchanged_rows=rows.num_rows - added.num_rows,
        rejected_rows=rejected,
        late_rows=pa.compute.sum(added.column("_is_late")).as_py() or 0,
    )


def _raw_table(spec: SystemSpec, table: str, added: pa.Table, batch: Batch) -> pa.Table:
    columns = table_columns(spec.table(table))
    schema = arrow_schema(columns)
    count = added.num_rows
    constants = {
        "_source_instance": pa.array([batch.instance] * count, pa.string()),
        "_known_at": pa.array([batch.known_at] * count, pa.timestamp("us")),
        "_batch_id": pa.array([batch.batch_id] * count, pa.string()),
    }
    return pa.Table.from_arrays(
        [
            constants[name] if name in constants else added.column(name).cast(schema.field(name).type)
            for name, _ in columns
        ],
        schema=schema,
    )


def _rejected_table(content: BatchContent) -> pa.Table:
    batch = content.batch
    rows = [
        {
            "_source_instance": batch.instance,
            "table_name": row.table_name,
            "row_key": row.row_key,
            "column_name": row.column_name,
            "reason": row.reason,
            "payload": row.payload,
            "_batch_id": batch.batch_id,
            "_file_name": row.file_name,
            "_line_number": row.line_number,
            "_known_at": batch.known_at,
            "_record_hash": row.record_hash,
        }
        for row in content.rejected
    ]
    return pa.Table.from_pylist(rows, schema=arrow_schema(REJECTED_ROW))


def _record(run: RunContext, entries: Sequence[tuple[Batch, TableLoad, str]], load_id: str | None) -> None:
    """Writes the ledger of loads last: a batch without its row is loaded again, which adds nothing.

    Its `_dlt_load_id` is the package that loaded the batch, which a load of its own could not say.
    """
    rows = [
        {
            "source_system": batch.system,
            "source_instance": entry.instance,
            "batch_id": entry.batch_id,
            "table_name": entry.table,
            "known_at": batch.known_at,
            "landed_rows": entry.landed_rows,
            "new_version_rows": entry.new_version_rows,
            "unchanged_rows": entry.unchanged_rows,
            "rejected_rows": entry.rejected_rows,
            "late_rows": entry.late_rows,
            "status": status,
            "_dlt_load_id": load_id,
        }
        for batch, entry, status in entries
    ]
    schema = arrow_schema((*CONCORD_TABLES["load_batch"], *LOAD_ID))
    record_batches(run.settings.warehouse_path, pa.Table.from_pylist(rows, schema=schema))

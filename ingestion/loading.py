"""Loads the accepted batches of one instance into raw as new versions, and records what each batch did."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field

import duckdb
import pyarrow as pa

from ingestion.arrow_types import arrow_schema
from ingestion.discards import discard_again
from ingestion.drift import Drift
from ingestion.landing import Batch
from ingestion.raw_schema import CONCORD_TABLES, LOAD_ID, REJECTED_ROW, table_columns
from ingestion.reports import BatchContent, TableLoad
from ingestion.runs import RunContext
from ingestion.snapshots import pieces, present_keys
from ingestion.spec import SystemSpec
from ingestion.versions import Known, absent_keys, after, new_versions, tombstones
from ingestion.warehouse import (
    TableLoadPlan,
    held_by_warehouse,
    load,
    record_batches,
    recorded_batches,
    rows_of_keys,
    unload,
)

# What waits in memory for one load; a batch is never split.
MOST_ROWS = 500_000
ROW_KEY = ("_source_instance", "_row_key", "_version")
REJECTED_KEY = ("_source_instance", "_batch_id", "table_name", "_file_name", "_line_number", "_position")


@dataclass
class Loaded:
    """What loading one instance did."""

    loads: list[TableLoad] = field(default_factory=list)
    load_ids: list[str] = field(default_factory=list)
    unknown_columns: dict[str, tuple[str, ...]] = field(default_factory=dict)
    drift: list[Drift] = field(default_factory=list)

    def followed_by(self, later: "Loaded") -> "Loaded":
        """This and a later load as one."""
        return Loaded(
            self.loads + later.loads,
            self.load_ids + later.load_ids,
            self.unknown_columns | later.unknown_columns,
            self.drift + later.drift,
        )


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
    recorded = recorded_batches(path, instance)
    todo = [batch for batch in accepted if (batch.batch_id, "LOADED") not in recorded]
    counted = [batch for batch in held if (batch.batch_id, "HELD") not in recorded]
    result = Loaded()
    if not todo and not counted:
        return result
    if todo:
        # Raw holds what the batches give in their own order, also when one of them was released late; and
        # nothing of a load that was killed before it was recorded.
        todo = list(accepted[accepted.index(todo[0]) :])
        unload(path, spec.dataset, tables, instance, [batch.batch_id for batch in todo])
    warehouse = held_by_warehouse(path, spec.dataset, tables, instance)
    waiting = _Waiting(run, spec, instance, warehouse.empty_tables)
    for batch in counted:
        content = read(batch)
        for table in {**content.tables, **content.key_sets}:
            count = content.landed_rows.get(table, 0)
            waiting.entries.append(
                (batch, TableLoad(instance, batch.batch_id, table, count, 0, 0, 0), "HELD")
            )
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        known = dict(warehouse.known)
        for batch in todo:
            content = read(batch)
            discard_again(run.state, batch, content.rejected, run.started_at)
            for table in {**content.tables, **content.key_sets}:
                rows = content.tables.get(table)
                adding = _Adding(
                    run, spec, batch, table, connection, known[table], waiting.fresh.setdefault(table, [])
                )
                for name, piece in pieces(rows, batch, spec.resource_of(table)) if rows is not None else ():
                    adding.take(piece)
                    if name in batch.deleting.get(table, ()):
                        adding.delete_absent(present_keys(piece, content.rejected, table, name), name)
                key_set = content.key_sets.get(table)
                if key_set and key_set.file in batch.deleting.get(table, ()):
                    adding.delete_absent(key_set.keys.column("_row_key"), key_set.file)
                if batch is not todo[-1]:
                    known[table] = adding.known
                waiting.entries.append((batch, adding.counted(content), "LOADED"))
            waiting.rejected.append(_rejected_table(content, spec))
            result.unknown_columns.update(content.unknown_columns)
            result.drift += content.drift
            run.parsed.pop((batch.instance, batch.batch_id), None)
            if waiting.row_count >= MOST_ROWS:
                waiting.load_into(result)
    waiting.load_into(result)
    return result


@dataclass
class _Waiting:
    """Rows of whole batches on their way to the warehouse, in loads that fit into memory."""

    run: RunContext
    spec: SystemSpec
    instance: str
    empty_tables: Collection[str]
    fresh: dict[str, list[pa.Table]] = field(default_factory=dict)
    rejected: list[pa.Table] = field(default_factory=list)
    entries: list[tuple[Batch, TableLoad, str]] = field(default_factory=list)

    @property
    def row_count(self) -> int:
        return sum(part.num_rows for parts in self.fresh.values() for part in parts)

    def load_into(self, result: Loaded) -> None:
        """Loads what waits in one package, records its batches and forgets the rows."""
        if not self.entries:
            return
        plans = {
            name: TableLoadPlan(
                pa.concat_tables(parts),
                table_columns(self.spec.table(name)),
                ROW_KEY,
                "append" if name in self.empty_tables else "insert-only",
            )
            for name, parts in self.fresh.items()
            if parts
        }
        rejected = pa.concat_tables([arrow_schema(REJECTED_ROW).empty_table(), *self.rejected])
        plans["rejected_row"] = TableLoadPlan(rejected, REJECTED_ROW, REJECTED_KEY)
        load_id = load(
            path=self.run.settings.warehouse_path,
            pipelines_dir=self.run.settings.pipelines_dir,
            pipeline_name=f"concord_{self.instance}",
            dataset=self.spec.dataset,
            tables=plans,
        )
        _record(self.run, self.entries, load_id)
        result.loads += [entry for _, entry, status in self.entries if status == "LOADED"]
        result.load_ids += [load_id] if load_id else []
        filled = {name for name, plan in plans.items() if plan.rows.num_rows}
        self.empty_tables = set(self.empty_tables) - filled
        self.fresh, self.rejected, self.entries = {}, [], []


class _Adding:
    """The new versions of one table from one batch; `parts` are raw rows that wait for the same load."""

    def __init__(
        self,
        run: RunContext,
        spec: SystemSpec,
        batch: Batch,
        table: str,
        connection: duckdb.DuckDBPyConnection,
        known: Known,
        parts: list[pa.Table],
    ) -> None:
        self._run, self._spec, self._batch, self._table = run, spec, batch, table
        self._connection, self._parts = connection, parts
        self._known, self._unmerged = known, list[pa.Table]()
        self._new = self._late = self._deleted = 0

    @property
    def known(self) -> Known:
        """What is known with all that was taken; worked out when somebody asks."""
        for added in self._unmerged:
            self._known = after(self._connection, self._known, added)
        self._unmerged.clear()
        return self._known

    def take(self, rows: pa.Table) -> None:
        added = new_versions(self._connection, rows, self.known)
        self._new += added.num_rows
        self._late += pa.compute.sum(added.column("_is_late")).as_py() or 0
        self._append(added)

    def delete_absent(self, present: pa.Array, origin: str) -> None:
        """Adds a deleted version of every living key that a snapshot or key set does not have."""
        absent = absent_keys(self._connection, self.known, present)
        if not absent.num_rows:
            return
        path, instance = self._run.settings.warehouse_path, self._batch.instance
        held = rows_of_keys(path, self._spec.dataset, self._table, instance, absent)
        schema = arrow_schema(table_columns(self._spec.table(self._table)))
        rows = pa.concat_tables([held.cast(schema), *self._parts])
        deleted = tombstones(self._connection, rows, self.known, absent)
        for name, value in {"_file_name": origin or None, "_line_number": None}.items():
            at = deleted.column_names.index(name)
            cells = pa.array([value] * deleted.num_rows, deleted.schema.field(name).type)
            deleted = deleted.set_column(at, name, cells)
        self._deleted += deleted.num_rows
        self._append(deleted)

    def counted(self, content: BatchContent) -> TableLoad:
        rows = content.tables.get(self._table)
        return TableLoad(
            instance=self._batch.instance,
            batch_id=self._batch.batch_id,
            table=self._table,
            landed_rows=content.landed_rows.get(self._table, 0),
            new_version_rows=self._new,
            unchanged_rows=(0 if rows is None else rows.num_rows) - self._new,
            rejected_rows=sum(1 for row in content.rejected if row.table_name == self._table),
            late_rows=self._late,
            deleted_rows=self._deleted,
        )

    def _append(self, added: pa.Table) -> None:
        self._parts.append(_raw_table(self._spec, self._table, added, self._batch))
        self._unmerged.append(added)


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


def _rejected_table(content: BatchContent, spec: SystemSpec) -> pa.Table:
    batch = content.batch
    rows = [
        {
            "_source_instance": batch.instance,
            "table_name": row.table_name,
            "row_key": row.row_key,
            "column_name": row.column_name,
            "reason": row.reason,
            "payload": row.payload,
            "contract_version": spec.contract_version,
            "_batch_id": batch.batch_id,
            "_file_name": row.file_name,
            "_line_number": row.line_number,
            "_position": row.position,
            "_known_at": batch.known_at,
            "_record_hash": row.record_hash,
        }
        for row in content.rejected
    ]
    return pa.Table.from_pylist(rows, schema=arrow_schema(REJECTED_ROW))


def _record(run: RunContext, entries: Sequence[tuple[Batch, TableLoad, str]], load_id: str | None) -> None:
    """Writes the ledger of loads last: what a batch without its row left in raw is loaded again from nothing.

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
            "deleted_rows": entry.deleted_rows,
            "status": status,
            "contract_version": run.landscape.instances[entry.instance].spec.contract_version,
            "_dlt_load_id": load_id,
        }
        for batch, entry, status in entries
    ]
    schema = arrow_schema((*CONCORD_TABLES["load_batch"], *LOAD_ID))
    record_batches(run.settings.warehouse_path, pa.Table.from_pylist(rows, schema=schema))

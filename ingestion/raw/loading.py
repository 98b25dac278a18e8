"""Loads the accepted batches of one instance into raw as new versions, and records what each batch did."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import date

import pyarrow as pa

from ingestion.contracts.discards import discard_again
from ingestion.contracts.drift import Drift
from ingestion.landing_copy.landing import Batch
from ingestion.raw.arrow_types import arrow_schema
from ingestion.raw.fresh import Fresh, Parts, raw_table
from ingestion.raw.raw_schema import CONCORD_TABLES, LOAD_ID, REJECTED_ROW, checked_schema, table_columns
from ingestion.raw.scratch import Rows, bounded
from ingestion.raw.snapshots import pieces, rejected_keys, rejected_places
from ingestion.raw.versions import Known
from ingestion.raw.warehouse import (
    TableLoadPlan,
    empty_tables,
    learn_known,
    load,
    record_batches,
    recorded_batches,
    rows_of_keys,
    unload,
)
from ingestion.reports import BatchContent, TableLoad
from ingestion.runs import RunContext
from ingestion.spec import SystemSpec
from ingestion.windows import days_in_name

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
    waiting = _Waiting(run, spec, instance, empty_tables(path, spec.dataset, tables))
    for batch in counted:
        content = read(batch)
        for table in {**content.tables, **content.key_sets}:
            count = content.landed_rows.get(table, 0)
            waiting.entries.append(
                (batch, TableLoad(instance, batch.batch_id, table, count, 0, 0, 0), "HELD")
            )
    with bounded(run.scratch) as connection:
        known = {table.name: Known(connection, table.name, table.part_of[1]) for table in spec.tables}
        filled = {table: known[table] for table in tables if table not in waiting.empty_tables}
        learn_known(connection, path, spec.dataset, instance, filled)
        for batch in todo:
            content = read(batch)
            discard_again(run.state, batch, content.rejected, run.started_at)
            parts = [table for table in spec.tables if table.part_of[0] in content.tables]
            followed = {name for table in parts for name in (table.name, table.part_of[0])}
            names = {**content.tables, **content.key_sets, **{table.name: None for table in parts}}
            adding = {
                name: _Adding(run, spec, batch, name, known[name], waiting.fresh.setdefault(name, Parts()))
                for name in names
            }
            for table in names:
                rows = content.tables.get(table)
                deleting, key_set = batch.deleting.get(table, ()), content.key_sets.get(table)
                found = pieces(rows, batch, spec.resource_of(table), run.scratch) if rows is not None else []
                for at, (name, piece) in enumerate(found, start=1):
                    is_last = batch is todo[-1] and at == len(found)
                    is_followed = not is_last or bool(deleting) or table in followed
                    living = piece if name in deleting or _tells_what_is_there(spec, table) else None
                    adding[table].take(piece, living, is_followed=is_followed)
                    if name in deleting:
                        bad = rejected_keys(content.rejected, table, name)
                        adding[table].delete(known[table].absent(piece, bad, name))
                if key_set and key_set.file in deleting:
                    none = pa.array([], pa.string())
                    adding[table].delete(known[table].absent(key_set.keys, none, key_set.file))
            for part in parts:
                documents, rows = content.tables[part.part_of[0]], content.tables.get(part.name)
                present = checked_schema(part).empty_table() if rows is None else rows
                unread = rejected_places(content.rejected, part)
                absent = known[part.name].absent_parts(known[part.part_of[0]], documents, present, unread)
                adding[part.name].delete(absent)
            waiting.entries += [(batch, each.counted(content), "LOADED") for each in adding.values()]
            waiting.rejected.append(_rejected_table(content, spec))
            result.unknown_columns.update(content.unknown_columns)
            result.drift += content.drift
            run.parsed.pop((batch.instance, batch.batch_id), None)
            if waiting.row_count >= MOST_ROWS:
                waiting.load_into(result)
    waiting.load_into(result)
    return result


def _tells_what_is_there(spec: SystemSpec, table: str) -> bool:
    """True when rows are the answer of a source that key sets are asked of: what it shows lives now."""
    resource = spec.resource_of(table)
    return resource is not None and resource.has_key_set


@dataclass
class _Waiting:
    """Rows of whole batches on their way to the warehouse, in loads that fit into memory."""

    run: RunContext
    spec: SystemSpec
    instance: str
    empty_tables: Collection[str]
    fresh: dict[str, Parts] = field(default_factory=dict)
    rejected: list[pa.Table] = field(default_factory=list)
    entries: list[tuple[Batch, TableLoad, str]] = field(default_factory=list)

    @property
    def row_count(self) -> int:
        return sum(parts.num_rows for parts in self.fresh.values())

    def load_into(self, result: Loaded) -> None:
        """Loads what waits in one package, records its batches and forgets the rows."""
        if not self.entries:
            return
        plans = {
            name: TableLoadPlan(
                parts,
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
        self, run: RunContext, spec: SystemSpec, batch: Batch, table: str, known: Known, parts: Parts
    ) -> None:
        self._run, self._spec, self._batch, self._table = run, spec, batch, table
        self._known, self._parts = known, parts
        self._new = self._late = self._deleted = 0

    def take(self, rows: Rows, living: Rows | None, *, is_followed: bool) -> None:
        """Adds what is new among the rows; when something follows them, it must know of these.

        What tells which rows are gone tells which are there: `living` are the keys that it shows.
        """
        decided = self._known.decide(rows, living)
        self._new += decided.new_rows
        self._late += decided.late_rows
        self._parts.append(Fresh(self._spec, self._table, self._batch, rows, decided))
        if is_followed:
            self._known.add(rows, decided)

    def delete(self, absent: pa.Table) -> None:
        """Adds a deleted version of every living key that a snapshot, key set or document does not have."""
        if not absent.num_rows:
            return
        path, instance = self._run.settings.warehouse_path, self._batch.instance
        held = rows_of_keys(path, self._spec.dataset, self._table, instance, absent)
        schema = arrow_schema(table_columns(self._spec.table(self._table)))
        keys = absent.column("_row_key")
        waiting = [
            rows.filter(pa.compute.is_in(rows.column("_row_key"), keys)) for rows in self._parts.portions()
        ]
        rows = pa.concat_tables([held.cast(schema), *waiting])
        deleted = self._known.tombstones(rows, absent)
        self._deleted += deleted.num_rows
        self._parts.append(raw_table(self._spec, self._table, deleted, self._batch))
        self._known.add_versions(deleted)

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


def _file_date(run: RunContext, batch: Batch, table: str) -> date | None:
    """The last day that the names of the files with rows of a table speak of; None where no name does."""
    resource = run.landscape.instances[batch.instance].spec.resource_of(table)
    files = batch.of_resource(resource.name) if resource else ()
    return max((days[1] for file in files if (days := days_in_name(file.source_name))), default=None)


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
            "file_date": _file_date(run, batch, entry.table),
            "_dlt_load_id": load_id,
        }
        for batch, entry, status in entries
    ]
    schema = arrow_schema((*CONCORD_TABLES["load_batch"], *LOAD_ID))
    record_batches(run.settings.warehouse_path, pa.Table.from_pylist(rows, schema=schema))

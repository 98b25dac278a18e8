"""Snapshots: what arrives whole each time, how far it shrank, and which keys it no longer has.

A snapshot is one file, or all pages of one read of an API or a database. What it says is settled when its
batch is accepted and is kept in the batch's manifest, so that loading again from the landing copy gives the
same tombstones whatever the limits are by then.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import pyarrow as pa
import pyarrow.compute as pc

from ingestion.contracts.rejects import RejectedRow
from ingestion.landing_copy.landing import Batch
from ingestion.raw.scratch import Rows, RowsBuilder, Scratch, bounded, portions
from ingestion.raw.shrinkage import Shrinkage, Size, SnapshotKeys, last_sizes
from ingestion.reports import BatchContent
from ingestion.spec import ResourceSpec, SystemSpec, TableSpec
from ingestion.windows import days_in_name


@dataclass(frozen=True)
class Verdict:
    """What is kept of a batch's snapshots: size and name of the newest per table, and the deleting ones.

    `deleting` names per table the snapshots whose absent keys are deleted, in their order.
    `pipelines` adds the key sets that do the same.
    """

    shrinkages: tuple[Shrinkage, ...] = ()
    sizes: Mapping[str, Size] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)
    deleting: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def judge(
    batch: Batch,
    content: BatchContent,
    spec: SystemSpec,
    accepted: Iterable[Batch],
    known: Mapping[str, pa.Table],
    scratch: Scratch,
    *,
    is_released: bool = False,
) -> Verdict:
    """Compares each snapshot of a batch with the one before it, and with what raw has where it deletes.

    `known` are the current keys in raw of the tables that `deletable` names. Of several snapshots of a
    resource only the newest can be held: an earlier short one says which rows it has and deletes nothing. One
    that is older by its name than the last accepted does the same. A person's release lets the newest delete
    whatever its size.
    """
    last, last_names = _last(accepted)
    shrinkages: list[Shrinkage] = []
    deleting: dict[str, tuple[str, ...]] = {}
    sizes, names = {}, {}
    for resource in _resources(batch, spec):
        found = names_of(batch, resource)
        for table in resource.tables:
            before, seen = last.get(table), last_names.get(table, "")
            deletes: list[str] = []
            with bounded(scratch) as connection:
                keys = SnapshotKeys(connection, known.get(table))
                for name in found:
                    size = keys.read(content.tables.get(table), name)
                    absent, living = keys.losses(rejected_keys(content.rejected, table, name))
                    if _is_older(name, seen):
                        keys.settle(deletes=False)
                        continue
                    is_deleting = resource.absent_is_deleted and _tells_all_keys(
                        spec.table(table), content.rejected, batch, resource, name
                    )
                    lost = absent if is_deleting else 0
                    change = Shrinkage(table, size, before, lost, living, resource.max_drop)
                    is_newest = name == found[-1]
                    if is_newest:
                        shrinkages.append(change)
                    is_trusted = not change.is_too_much or (is_newest and is_released)
                    if is_trusted:
                        before, seen = size, name
                    if is_trusted and is_deleting:
                        deletes.append(name)
                    keys.settle(deletes=is_trusted and is_deleting)
            if before is not None:
                sizes[table], names[table] = before, seen
            if deletes:
                deleting[table] = tuple(deletes)
    return Verdict(tuple(shrinkages), sizes, names, deleting)


def deletable(batch: Batch, spec: SystemSpec) -> list[str]:
    """The tables of which the snapshots of a batch may delete."""
    return [
        table
        for resource in _resources(batch, spec)
        if resource.absent_is_deleted
        for table in resource.tables
    ]


def _resources(batch: Batch, spec: SystemSpec) -> list[ResourceSpec]:
    """What a batch has snapshots of."""
    return [each for each in spec.resources if each.is_snapshot and batch.of_resource(each.name)]


def names_of(batch: Batch, resource: ResourceSpec) -> tuple[str, ...]:
    """The snapshots of a resource in a batch, oldest first: its files, or one empty name for a read."""
    files = batch.of_resource(resource.name)
    return tuple(dict.fromkeys(sorted(file.source_name for file in files)))


def pieces(
    rows: Rows, batch: Batch, resource: ResourceSpec | None, scratch: Scratch
) -> list[tuple[str, Rows]]:
    """The rows of a table by snapshot in their order; all at once for what arrives as changes."""
    if resource is None or not resource.is_snapshot:
        return [("", rows)]
    names = names_of(batch, resource)
    if len(names) == 1:
        return [(names[0], rows)]
    return [(name, _named(rows, name, scratch)) for name in names]


def _named(rows: Rows, name: str, scratch: Scratch) -> Rows:
    found = RowsBuilder(rows.schema, scratch)
    for portion in portions(rows):
        found.add(portion.filter(pc.equal(portion.column("_file_name"), name)))
    return found.rows()


def rejected_keys(rejected: Iterable[RejectedRow], table: str, name: str) -> pa.Array:
    """The keys of a snapshot's rejected rows: a bad row is no missing row."""
    bad = [
        row.row_key
        for row in rejected
        if row.table_name == table and row.row_key and (not name or row.file_name == name)
    ]
    return pa.array(bad, pa.string())


def rejected_places(rejected: Iterable[RejectedRow], table: TableSpec) -> pa.Table:
    """Where the rejected rows of a table stood, with their `_row_key` unless it could not be read."""
    names = ("_row_key", "_file_name", "_line_number")
    rows = [
        (row.row_key if _tells_its_key(row, table) else None, row.file_name, row.line_number)
        for row in rejected
        if row.table_name == table.name
    ]
    schema = pa.schema(zip(names, (pa.string(), pa.string(), pa.int64()), strict=True))
    return pa.Table.from_pylist([dict(zip(names, row, strict=True)) for row in rows], schema=schema)


def _tells_all_keys(
    table: TableSpec, rejected: Sequence[RejectedRow], batch: Batch, resource: ResourceSpec, name: str
) -> bool:
    """False when a line could not be read far enough to know its key: its key would seem absent."""
    return all(
        _tells_its_key(row, table)
        for row in rejected
        if row.table_name == table.name and (not name or row.file_name == name)
    )


def _tells_its_key(row: RejectedRow, table: TableSpec) -> bool:
    return row.row_key is not None and row.column_name not in {each.name for each in table.key_columns}


def _last(accepted: Iterable[Batch]) -> tuple[dict[str, Size], dict[str, str]]:
    sizes: dict[str, Size] = {}
    names: dict[str, str] = {}
    for batch in accepted:
        sizes |= last_sizes(batch.snapshot_rows, batch.snapshot_keys)
        names |= batch.snapshot_names
    return sizes, names


def _is_older(name: str, last: str) -> bool:
    days, last_days = days_in_name(name), days_in_name(last)
    return bool(days and last_days and days[1] < last_days[1])

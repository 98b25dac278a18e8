"""Snapshots: what arrives whole each time, how far it shrank, and which keys it no longer has.

A snapshot is one file, or all pages of one read of an API or a database. What it says is settled when its
batch is accepted and is kept in the batch's manifest, so that loading again from the landing copy gives the
same tombstones whatever the limits are by then.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

import pyarrow as pa
import pyarrow.compute as pc

from ingestion.landing import Batch
from ingestion.rejects import RejectedRow
from ingestion.reports import BatchContent
from ingestion.scratch import Rows, RowsBuilder, Scratch, portions
from ingestion.spec import ResourceSpec, SystemSpec, TableSpec
from ingestion.windows import days_in_name


@dataclass(frozen=True)
class Shrinkage:
    """The newest snapshot of a table beside the last accepted one, in rows that kept the contract."""

    table: str
    rows: int
    previous: int
    max_drop: Decimal

    @property
    def is_too_much(self) -> bool:
        return self.rows < self.previous * (1 - self.max_drop)

    def __str__(self) -> str:
        return (
            f"the snapshot of {self.table} has {self.rows:,} good rows, the last accepted one"
            f" {self.previous:,}: more than {self.max_drop:.1%} fewer"
        )


@dataclass(frozen=True)
class Verdict:
    """What is kept of a batch's snapshots: rows and name of the newest per table, and the deleting ones.

    `deleting` names per table the snapshots whose absent keys are deleted, in their order.
    `pipelines` adds the key sets that do the same.
    """

    shrinkages: tuple[Shrinkage, ...] = ()
    rows: Mapping[str, int] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)
    deleting: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def judge(
    batch: Batch,
    content: BatchContent,
    spec: SystemSpec,
    accepted: Iterable[Batch],
    *,
    is_released: bool = False,
) -> Verdict:
    """Compares each snapshot of a batch with the one before it; the first of a table has nothing before it.

    Of several snapshots of a resource only the newest can hold the batch: an earlier short one says which
    rows it has and deletes nothing. One that is older by its name than the last accepted does the same. A
    person's release lets the newest delete whatever its size.
    """
    last_rows, last_names = _last(accepted)
    shrinkages: list[Shrinkage] = []
    deleting: dict[str, tuple[str, ...]] = {}
    rows, names = {}, {}
    for resource in spec.resources:
        found = names_of(batch, resource)
        if not resource.is_snapshot or not found:
            continue
        for table in resource.tables:
            before, seen = last_rows.get(table), last_names.get(table, "")
            deletes: list[str] = []
            for name in found:
                if _is_older(name, seen):
                    continue
                count = count_of(content.tables.get(table), name)
                change = Shrinkage(table, count, before or 0, resource.max_drop)
                is_newest = name == found[-1]
                if is_newest and before is not None:
                    shrinkages.append(change)
                if change.is_too_much and not (is_newest and is_released):
                    continue
                if resource.absent_is_deleted and _tells_all_keys(
                    spec.table(table), content.rejected, batch, resource, name
                ):
                    deletes.append(name)
                before, seen = count, name
            if before is not None:
                rows[table], names[table] = before, seen
            if deletes:
                deleting[table] = tuple(deletes)
    return Verdict(tuple(shrinkages), rows, names, deleting)


def names_of(batch: Batch, resource: ResourceSpec) -> tuple[str, ...]:
    """The snapshots of a resource in a batch, oldest first: its files, or one empty name for a read."""
    files = batch.of_resource(resource.name)
    return tuple(dict.fromkeys(sorted(file.source_name for file in files)))


def count_of(rows: Rows | None, name: str) -> int:
    """The rows of one snapshot; a read of pages is one snapshot whatever its pages are called."""
    if rows is None:
        return 0
    if not name:
        return int(rows.num_rows)
    count = 0
    for portion in portions(rows, ["_file_name"]):
        count += pc.sum(pc.equal(portion.column("_file_name"), name)).as_py() or 0
    return count


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


def _tells_all_keys(
    table: TableSpec, rejected: Sequence[RejectedRow], batch: Batch, resource: ResourceSpec, name: str
) -> bool:
    """False when a line could not be read far enough to know its key: its key would seem absent."""
    parts = {column.name for column in table.key_columns}
    return not any(
        row.table_name == table.name
        and (not name or row.file_name == name)
        and (row.row_key is None or row.column_name in parts)
        for row in rejected
    )


def _last(accepted: Iterable[Batch]) -> tuple[dict[str, int], dict[str, str]]:
    rows: dict[str, int] = {}
    names: dict[str, str] = {}
    for batch in accepted:
        rows |= batch.snapshot_rows
        names |= batch.snapshot_names
    return rows, names


def _is_older(name: str, last: str) -> bool:
    days, last_days = days_in_name(name), days_in_name(last)
    return bool(days and last_days and days[1] < last_days[1])

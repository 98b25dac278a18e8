"""Key sets: all keys a source has, landed beside what changed, so that a row deleted there is found here.

What asks only for changes never hears of a row that is gone. A key that raw has and the set has not is
deleted as of its batch; a key that only the set has is read again from its time of change on. A set that lost
more than the limit of its resource is held by itself, and its rows flow. One that says neither is not kept.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from ingestion.contracts.contract import Checker
from ingestion.formats.content import Content, Opened, whole
from ingestion.formats.file_rows import read_portions
from ingestion.formats.json_rows import records_of_pages, rows_of_records
from ingestion.formats.raw_rows import RawRows, joined
from ingestion.landing_copy.landing import Batch, Payload
from ingestion.landing_copy.sealing import PLAIN, Seal
from ingestion.landing_copy.tokenized import tokenized_rows
from ingestion.spec import DatabaseWire, FileFormat, RestWire, SystemSpec, TableSpec
from ingestion.tokens import Tokenizer


@dataclass(frozen=True)
class KeySet:
    """All keys of one table at the source: `_row_key`, and `_source_updated_at` where the source tells it.

    One with a key that could not be read tells of no key that it is absent.
    """

    file: str
    keys: pa.Table
    is_whole: bool


@dataclass(frozen=True)
class KeyLoss:
    """How many of the living keys that raw has of a table its key set does not have."""

    table: str
    absent: int
    known: int
    max_drop: Decimal

    @property
    def is_too_much(self) -> bool:
        return self.absent > self.known * self.max_drop

    def __str__(self) -> str:
        return (
            f"the key set of {self.table} lacks {self.absent:,} of the {self.known:,} keys known: more than"
            f" {self.max_drop:.1%} would be deleted"
        )


def key_table(table: TableSpec) -> TableSpec:
    """The table as its key set shows it: only what its key is built from, and the times of change."""
    return replace(
        table,
        columns=tuple(replace(column, enum=()) for column in table.key_columns),
        source_version=(),
        is_deleted=(),
    )


def key_rows(batch: Batch, spec: SystemSpec, seal: Seal = PLAIN) -> dict[str, RawRows]:
    """The text rows of the key sets of a batch by table, without anything else a payload may say."""
    parts: dict[str, list[RawRows]] = {}
    for name, rows in _portions(batch, spec, seal):
        parts.setdefault(name, []).append(rows)
    return {name: joined(found) for name, found in parts.items()}


def key_sets_of(
    batch: Batch, spec: SystemSpec, tokenizer: Tokenizer, seal: Seal = PLAIN
) -> dict[str, KeySet]:
    """The key sets of a batch by table."""
    files = {
        table: file.name
        for file in batch.files
        if file.is_key_set
        for table in spec.resource(file.resource).tables
    }
    return _checked(files, _portions(batch, spec, seal), tokenizer)


def fetched_key_sets(payload: Payload, spec: SystemSpec, tokenizer: Tokenizer) -> dict[str, KeySet]:
    """The key sets of a payload that is not landed yet."""
    files = dict.fromkeys(spec.resource(payload.resource).tables, payload.name)
    return _checked(files, _parsed(payload.name, payload.resource, payload.content, spec), tokenizer)


def _portions(batch: Batch, spec: SystemSpec, seal: Seal) -> Iterator[tuple[str, RawRows]]:
    for file in batch.tokenized or batch.files:
        if not file.is_key_set:
            continue
        if batch.tokenized:
            table = key_table(spec.table(file.resource))
            yield file.resource, tokenized_rows(batch.payload(file, seal), table)
        else:
            yield from _parsed(file.name, file.resource, batch.content(file, seal), spec)


def _checked(
    files: Mapping[str, str], portions: Iterable[tuple[str, RawRows]], tokenizer: Tokenizer
) -> dict[str, KeySet]:
    """Only the keys of a portion stay in memory."""
    keys: dict[str, list[pa.Table]] = {}
    checkers: dict[str, Checker] = {}
    broken: set[str] = set()
    with duckdb.connect() as connection:
        connection.execute("SET threads = 2")
        for name, rows in portions:
            if name not in checkers:
                checkers[name] = Checker(rows.spec, tokenizer, frozenset(), connection.cursor())
            checked = checkers[name].check(rows)
            keys.setdefault(name, []).append(checked.table.select(["_row_key", "_source_updated_at"]))
            if checked.rejected:
                broken.add(name)
    return {
        name: KeySet(files[name], pa.concat_tables(found), is_whole=name not in broken)
        for name, found in keys.items()
    }


def losses(
    key_sets: Mapping[str, KeySet], spec: SystemSpec, known: Mapping[str, pa.Table]
) -> Iterator[KeyLoss]:
    """What each whole key set would delete of what raw has: `known` holds its current keys by table."""
    for table, found in key_sets.items():
        if found.is_whole:
            living = _living(known[table])
            is_there = pc.is_in(living.column("_row_key"), value_set=found.keys.column("_row_key"))
            absent = living.num_rows - (pc.sum(is_there).as_py() or 0)
            yield KeyLoss(table, absent, living.num_rows, _max_drop(spec, table))


def is_silent(key_sets: Mapping[str, KeySet], spec: SystemSpec, known: Mapping[str, pa.Table]) -> bool:
    """True when key sets say what raw has already: every key of it that lives, and no other."""
    return not any(loss.absent for loss in losses(key_sets, spec, known)) and not any(
        unread(key_set, spec.table(table), known[table], ()).num_rows for table, key_set in key_sets.items()
    )


def unread(
    key_set: KeySet, table: TableSpec, known: pa.Table, others: Iterable[pa.ChunkedArray | pa.Array]
) -> pa.Table:
    """The keys that only the set has. `others` are known too: those of the batch itself, of rejected rows.

    Where the source marks its own deletions a deleted key is a known one; elsewhere it came back.
    """
    current = known if table.is_deleted else _living(known)
    found = key_set.keys
    for seen in (current.column("_row_key"), *others):
        found = found.filter(pc.invert(pc.is_in(found.column("_row_key"), value_set=seen)))
    return found


def earliest_change(keys: pa.Table) -> datetime | None:
    """When the first of some keys of a set changed, in UTC; None when there are none, or none tells."""
    earliest: datetime | None = pc.min(keys.column("_source_updated_at")).as_py()
    return earliest.replace(tzinfo=UTC) if earliest else None


def _living(known: pa.Table) -> pa.Table:
    return known.filter(pc.invert(known.column("_is_deleted")))


def _max_drop(spec: SystemSpec, table: str) -> Decimal:
    return next(
        resource.max_drop for resource in spec.resources if resource.has_key_set and table in resource.tables
    )


def _parsed(
    name: str, resource: str, content: Content | Opened, spec: SystemSpec
) -> Iterator[tuple[str, RawRows]]:
    tables = [key_table(spec.table(table)) for table in spec.resource(resource).tables]
    if isinstance(spec.wire, RestWire):
        records = records_of_pages(whole(content).splitlines(), spec.wire.records)
        found: Iterable[tuple[str, RawRows]] = rows_of_records(records, tables, file_name=name).items()
    else:
        assert isinstance(spec.wire, DatabaseWire)
        found = (
            (table.name, rows)
            for table in tables
            for rows in read_portions(name, content, table, FileFormat())
        )
    for table, rows in found:
        yield table, replace(rows, table=_without_extension(rows.table))


def _without_extension(rows: pa.Table) -> pa.Table:
    at = rows.column_names.index("_extension")
    return rows.set_column(at, "_extension", pa.repeat("{}", rows.num_rows))

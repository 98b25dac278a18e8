"""From a landed batch to checked tables: picks the reader for each payload, then the contract check."""

import json
from collections.abc import Collection, Iterator
from dataclasses import replace

from ingestion.contracts.contract import Checker
from ingestion.contracts.drift import Drift, Outline, drift_of, version_drift
from ingestion.contracts.rejects import Place, RejectedRow
from ingestion.event_spec import EVENT
from ingestion.formats.edi.grammar import X12Format
from ingestion.formats.edi.rows import x12_rows
from ingestion.formats.file_rows import read_portions
from ingestion.formats.json_rows import record_tables, records_of_pages, rows_of_records
from ingestion.formats.raw_rows import RawRows, joined
from ingestion.formats.text_files import FileRefusedError
from ingestion.formats.xml_rows import XmlCutOffError, XmlRefusedError, records_of_answer
from ingestion.landing_copy.landing import Batch
from ingestion.landing_copy.sealing import PLAIN, Seal
from ingestion.landing_copy.tokenized import tokenized_rows
from ingestion.raw.key_sets import key_sets_of
from ingestion.raw.raw_schema import checked_schema
from ingestion.raw.scratch import PORTION, RowsBuilder, Scratch, bounded
from ingestion.reports import BatchContent
from ingestion.soap_wire import SoapWire
from ingestion.spec import DatabaseWire, FileFormat, RestWire, SystemSpec, TableSpec
from ingestion.tokens import Tokenizer

# What the readers raise of a payload as a whole, which no transport should have landed.
UNREADABLE = (FileRefusedError, json.JSONDecodeError, XmlCutOffError, XmlRefusedError)


def parse_batch(
    batch: Batch,
    spec: SystemSpec,
    tokenizer: Tokenizer,
    discarded: Collection[Place] = frozenset(),
    seal: Seal = PLAIN,
    *,
    scratch: Scratch,
) -> BatchContent:
    """Typed rows per table, rejected rows and counts of one batch; reads only the landing copy."""
    gathered: dict[str, _Gathered] = {}
    with bounded(scratch) as database:
        for name, rows in raw_portions(batch, spec, seal):
            if name not in gathered:
                checker = Checker(spec.table(name), tokenizer, discarded, database.cursor())
                gathered[name] = _Gathered(spec.table(name), checker, scratch)
            gathered[name].take(rows)
    drift: list[Drift] = []
    whole = {table for resource in spec.resources if resource.is_snapshot for table in resource.tables}
    for name, found in gathered.items():
        drift += drift_of(found.outline, is_snapshot=name in whole)
    for resource in spec.resources:
        versions = [file.api_version for file in batch.files if file.resource == resource.name]
        drift += version_drift(spec, resource.tables, versions)
    return BatchContent(
        batch,
        {name: found.kept.rows() for name, found in gathered.items()},
        tuple(row for found in gathered.values() for row in found.rejected),
        {name: found.landed for name, found in gathered.items()},
        {
            name: tuple(sorted(found.outline.undeclared))
            for name, found in gathered.items()
            if found.outline.undeclared
        },
        tuple(dict.fromkeys(drift)),
        key_sets_of(batch, spec, tokenizer, seal),
    )


def unreadable(batch: Batch, spec: SystemSpec, error: Exception) -> BatchContent:
    """What is known of a batch that has a payload nobody can read: breaking drift of all its tables.

    Which rows it lacks is unknown, so nothing of it counts until the source sends it again.
    """
    resources = {file.resource for file in batch.files if not file.is_key_set}
    remedy = "have the source send it again; `concord quarantine` cannot mend it"
    drift = (
        Drift(table, "", "unreadable", "payloads that can be read", str(error), remedy)
        for resource in spec.landed_resources
        for table in resource.tables
        if resource.name in resources
    )
    return BatchContent(batch, {}, (), {}, {}, tuple(drift))


class _Gathered:
    """What the portions of one table gave so far."""

    def __init__(self, table: TableSpec, checker: Checker, scratch: Scratch) -> None:
        self.outline, self.kept = Outline(table), RowsBuilder(checked_schema(table), scratch)
        self.rejected: list[RejectedRow] = []
        self.landed = 0
        self._checker = checker

    def take(self, rows: RawRows) -> None:
        checked = self._checker.check(rows)
        self.outline.add(rows, checked)
        self.kept.add(checked.table)
        self.rejected += checked.rejected
        self.landed += checked.landed_rows


def raw_rows(batch: Batch, spec: SystemSpec, seal: Seal = PLAIN) -> dict[str, RawRows]:
    """All text rows of each table of a batch at once."""
    parts: dict[str, list[RawRows]] = {}
    for name, rows in raw_portions(batch, spec, seal):
        parts.setdefault(name, []).append(rows)
    return {name: joined(found) for name, found in parts.items()}


def raw_portions(batch: Batch, spec: SystemSpec, seal: Seal = PLAIN) -> Iterator[tuple[str, RawRows]]:
    """The text rows of a batch, from its payloads or from the rows that took their place.

    Small payloads of one table come together, since every check has its price; large ones come in portions.
    """
    waiting: dict[str, list[RawRows]] = {}
    for name, rows in _tokenized(batch, spec, seal) if batch.tokenized else _parsed(batch, spec, seal):
        parts = waiting.setdefault(name, [])
        parts.append(rows)
        if sum(part.table.num_rows for part in parts) >= PORTION:
            yield name, joined(waiting.pop(name))
    for name, parts in waiting.items():
        yield name, joined(parts)


def _tokenized(batch: Batch, spec: SystemSpec, seal: Seal) -> Iterator[tuple[str, RawRows]]:
    for file in batch.tokenized:
        if file.is_key_set:
            continue
        yield file.resource, tokenized_rows(batch.payload(file, seal), spec.table(file.resource))


def _parsed(batch: Batch, spec: SystemSpec, seal: Seal) -> Iterator[tuple[str, RawRows]]:
    for file in (file for file in batch.files if not file.is_key_set):
        resource = spec.resource(file.resource)
        if isinstance(spec.wire, RestWire):
            pages = batch.payload(file, seal).splitlines()
            records = spec.events.records if spec.events and resource.name == EVENT else spec.wire.records
            found = rows_of_records(
                records_of_pages(pages, records),
                record_tables(spec, resource),
                file_name=file.name.removesuffix(".gz"),
                ignored=spec.wire.ignored,
            )
            yield from ((name, replace(rows, spec=spec.table(name))) for name, rows in found.items())
            continue
        if isinstance(spec.wire, SoapWire):
            yield from rows_of_records(
                records_of_answer(batch.payload(file, seal), resource.records, spec.wire.typed_list),
                [spec.table(name) for name in resource.tables],
                file_name=file.name.removesuffix(".gz"),
            ).items()
            continue
        format = FileFormat() if isinstance(spec.wire, DatabaseWire) else spec.wire.format
        if isinstance(format, X12Format):
            tables = {table.name: table for table in spec.tables}
            yield from x12_rows(file.source_name, batch.payload(file, seal), tables, format)
        else:
            for name in resource.tables:
                known_as, content = file.source_name or file.name, batch.content(file, seal)
                for rows in read_portions(known_as, content, spec.table(name), format):
                    yield name, rows

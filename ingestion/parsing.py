"""From a landed batch to checked tables: picks the reader for each payload, then the contract check."""

import json
from collections.abc import Iterator

import pyarrow as pa
import pyarrow.compute as pc

from ingestion.contract import RejectedRow, check_rows
from ingestion.edi.rows import x12_rows
from ingestion.file_rows import read_rows
from ingestion.json_rows import records_of_pages, rows_of_records
from ingestion.landing import Batch
from ingestion.raw_rows import RawRows, joined
from ingestion.reports import BatchContent
from ingestion.spec import DatabaseWire, FileFormat, RestWire, SystemSpec, X12Format
from ingestion.tokens import Tokenizer


def parse_batch(batch: Batch, spec: SystemSpec, tokenizer: Tokenizer) -> BatchContent:
    """Typed rows per table, rejected rows and counts of one batch; reads only the landing copy."""
    parts: dict[str, list[RawRows]] = {}
    for name, rows in _raw_rows(batch, spec):
        parts.setdefault(name, []).append(rows)
    tables: dict[str, pa.Table] = {}
    rejected: list[RejectedRow] = []
    landed: dict[str, int] = {}
    unknown: dict[str, tuple[str, ...]] = {}
    for name, found in parts.items():
        checked = check_rows(joined(found), tokenizer)
        tables[name], landed[name] = checked.table, checked.landed_rows
        rejected += checked.rejected
        names = _unknown_columns(checked.table)
        if names:
            unknown[name] = names
    return BatchContent(batch, tables, tuple(rejected), landed, unknown)


def _raw_rows(batch: Batch, spec: SystemSpec) -> Iterator[tuple[str, RawRows]]:
    for file in batch.files:
        resource = spec.resource(file.resource)
        if isinstance(spec.wire, RestWire):
            pages = batch.payload(file).splitlines()
            yield from rows_of_records(
                records_of_pages(pages, spec.wire.records),
                [spec.table(name) for name in resource.tables],
                file_name=file.name.removesuffix(".gz"),
                ignored=spec.wire.ignored,
            ).items()
            continue
        format = FileFormat() if isinstance(spec.wire, DatabaseWire) else spec.wire.format
        if isinstance(format, X12Format):
            tables = {table.name: table for table in spec.tables}
            yield from x12_rows(file.source_name, batch.payload(file), tables, format)
        else:
            for name in resource.tables:
                yield (
                    name,
                    read_rows(file.source_name or file.name, batch.payload(file), spec.table(name), format),
                )


def _unknown_columns(table: pa.Table) -> tuple[str, ...]:
    distinct = pc.unique(table.column("_extension")).to_pylist()
    names = {name for text in distinct if text != "{}" for name in json.loads(text)}
    # What a transport itself remarked about a row is no column of the source.
    return tuple(sorted(name for name in names if not name.startswith("_")))

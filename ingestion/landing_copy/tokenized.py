"""Rows of a batch as Parquet with tokens in place of sensitive values: what outlives the plain payloads.

Every other cell is the text that was sent, so that the contract check, and a later contract, see what they
would see in the payload.
"""

import io
import json
from dataclasses import replace

import pyarrow as pa
import pyarrow.parquet as pq

from ingestion.contracts.contract import with_tokens
from ingestion.contracts.rejects import masked_text, scrubbed
from ingestion.formats.raw_rows import RawRows, Unreadable
from ingestion.spec import TableSpec
from ingestion.tokens import Tokenizer

_ABOUT = b"concord"


def tokenized(raw: RawRows, tokenizer: Tokenizer) -> bytes:
    """The rows as a Parquet file; what could not become a row travels in its metadata."""
    private = [column.name for column in raw.spec.columns if column.sensitive]
    table = with_tokens(raw.table, raw.spec, tokenizer)
    for name in private:
        masked = [masked_text(value) for value in raw.table.column(name).to_pylist()]
        table = table.append_column(f"{name}_masked", pa.array(masked, pa.string()))
    unreadable = [vars(_without_secrets(item, private)) for item in raw.unreadable]
    about = {"unreadable": unreadable, "records": raw.records, "listless": raw.listless}
    table = table.replace_schema_metadata({_ABOUT: json.dumps(about).encode()})
    buffer = io.BytesIO()
    pq.write_table(table, buffer, compression="zstd")
    return buffer.getvalue()


def tokenized_rows(content: bytes, spec: TableSpec) -> RawRows:
    """The rows back, in the columns of a contract that may be newer: what it added is empty here."""
    table = pq.read_table(io.BytesIO(content))
    about = json.loads((table.schema.metadata or {})[_ABOUT])
    missing = [
        name
        for column in spec.columns
        for name, _ in (*column.stored, *([(f"{column.name}_masked", "")] if column.sensitive else []))
        if name not in table.column_names
    ]
    for name in missing:
        table = table.append_column(name, pa.nulls(table.num_rows, pa.string()))
    about["unreadable"] = tuple(Unreadable(**item) for item in about["unreadable"])
    return RawRows(spec, table.replace_schema_metadata(None), is_tokenized=True, **about)


def _without_secrets(item: Unreadable, private: list[str]) -> Unreadable:
    if not private:
        return item
    return replace(item, payload="***" if item.column in private else scrubbed(item.payload))

"""The shape in which supplier records come in, and what is remembered of one when only its hash is."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any

import pyarrow as pa

VALID = "VALID"
ADDRESS = pa.struct(
    [(name, pa.string()) for name in ("line1", "line2", "city", "region", "postal_code", "country")]
)
# One row per supplier record of one system. Sensitive values are tokens; the verdict on a tax id is given.
# `name_width` is the length at which that system cuts names, null where it does not.
RECORD = pa.schema(
    [
        pa.field("record_key", pa.string(), nullable=False),
        ("legal_name", pa.string()),
        ("dba_name", pa.string()),
        ("name_width", pa.int64()),
        ("tax_id", pa.string()),
        ("tax_id_verdict", pa.string()),
        ("tax_id_near", pa.list_(pa.string())),
        ("tax_country", pa.string()),
        ("duns", pa.string()),
        ("uei", pa.string()),
        ("npi", pa.string()),
        ("lei", pa.string()),
        ("addresses", pa.list_(ADDRESS)),
        ("phones", pa.list_(pa.string())),
        ("emails", pa.list_(pa.string())),
        ("bank_accounts", pa.list_(pa.string())),
    ]
)


class RecordError(ValueError):
    """The table of records cannot be matched; says which column or key and what to do."""


def check_records(table: pa.Table) -> pa.Table:
    """The table as `RECORD`, absent columns as nulls; refuses other columns and repeated or missing keys."""
    unknown = sorted(set(table.column_names) - set(RECORD.names))
    if unknown:
        raise RecordError(
            f"supplier records: columns {', '.join(unknown)} are not part of RECORD; leave them out"
        )
    if "record_key" not in table.column_names:
        raise RecordError("supplier records: column record_key is missing; give each record its key")
    columns = [
        table[field.name].cast(field.type)
        if field.name in table.column_names
        else pa.nulls(table.num_rows, field.type)
        for field in RECORD
    ]
    checked = pa.table(columns, schema=RECORD)
    keys = checked["record_key"]
    if keys.null_count:
        raise RecordError("supplier records: a row has no record_key; give each record its key")
    if len(keys.unique()) != checked.num_rows:
        raise RecordError(
            "supplier records: a record_key stands twice; pass each record once, in its latest version"
        )
    return checked


def content_hash(row: Mapping[str, Any]) -> str:
    """Changes when anything that is compared changes; the order inside of a list does not matter."""
    values = [_plain(row.get(name)) for name in RECORD.names]
    return hashlib.sha256(json.dumps(values, separators=(",", ":")).encode()).hexdigest()[:32]


def _plain(value: object) -> object:
    if isinstance(value, Mapping):
        return [value.get(field.name) for field in ADDRESS]
    if isinstance(value, Iterable) and not isinstance(value, str):
        return sorted((_plain(item) for item in value), key=str)
    return value

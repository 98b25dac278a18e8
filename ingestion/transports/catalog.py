"""The catalog of a PostgreSQL schema: tables and columns that a login may read, and what is amiss."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa
import sqlalchemy as sa

from ingestion.reports import Refusal
from ingestion.spec import DatabaseWire, ResourceSpec, SystemSpec

LOCAL = "timestamp without time zone"
ZONED = "timestamp with time zone"
_ARROW: dict[str, pa.DataType] = {
    "smallint": pa.int64(),
    "integer": pa.int64(),
    "bigint": pa.int64(),
    "boolean": pa.bool_(),
    "date": pa.date32(),
    LOCAL: pa.timestamp("us", tz="UTC"),
    ZONED: pa.timestamp("us", tz="UTC"),
}


@dataclass(frozen=True)
class Column:
    """A column as the catalog describes it. A type with no exact Arrow type is read as the server's text."""

    name: str
    type: str
    arrow: pa.DataType
    as_text: bool


def columns_of(database: sa.Connection, wire: DatabaseWire) -> dict[str, tuple[Column, ...]]:
    """The tables and columns of the schema that this login may read."""
    query = sa.text(
        "select table_name, column_name, data_type, numeric_precision, numeric_scale"
        " from information_schema.columns where table_schema = :schema"
        " and has_column_privilege(quote_ident(table_schema) || '.' || quote_ident(table_name),"
        " column_name::text, 'select') order by table_name, ordinal_position"
    )
    found: dict[str, list[Column]] = {}
    for row in database.execute(query, {"schema": wire.schema}):
        arrow, as_text = _ARROW.get(row.data_type), False
        if row.data_type == "numeric" and row.numeric_precision and row.numeric_precision <= 38:
            arrow = pa.decimal128(row.numeric_precision, row.numeric_scale)
        if arrow is None:
            arrow = pa.string()
            as_text = row.data_type not in ("text", "character varying")
        found.setdefault(row.table_name, []).append(Column(row.column_name, row.data_type, arrow, as_text))
    return {table: tuple(columns) for table, columns in found.items()}


def lacking(spec: SystemSpec, resource: ResourceSpec, present: Mapping[str, Sequence[Column]]) -> list[str]:
    """The columns of the contract that the database does not have, or hides from this login."""
    there = {column.name for column in present[resource.path]}
    return [column.path for column in spec.table(resource.tables[0]).columns if column.path not in there]


def refused(
    spec: SystemSpec,
    wire: DatabaseWire,
    resource: ResourceSpec,
    present: Mapping[str, Sequence[Column]],
    user: str,
) -> Refusal | None:
    """Why a table cannot be read, in words: it is not there, not granted, or lacks what is needed."""
    name = f"{wire.schema}.{resource.path}"
    if resource.path not in present:
        return Refusal(
            name,
            f"table {name} is missing or may not be read by {user}",
            f"grant usage on schema {wire.schema} and select on {name} to {user}",
        )
    table = spec.table(resource.tables[0])
    needed = {column.path for column in table.columns if column.required}
    needed |= {column.path for column in table.key_columns}
    needed |= {*table.source_updated_at, resource.updated_path, resource.entered_path}
    missing = [column for column in lacking(spec, resource, present) if column in needed]
    if missing:
        return Refusal(
            name,
            f"table {name} has no column {', '.join(missing)} that {user} may read",
            f"grant select on it to {user}, or give a view of that name the column, null where unknown",
        )
    stamps = (resource.updated_path, resource.entered_path)
    for column in present[resource.path]:
        if column.name in stamps and column.type not in (LOCAL, ZONED):
            return Refusal(
                name,
                f"its {column.name} is {column.type}, no time by which changes can be asked for",
                "make it a timestamp again, or give a view of that name with it as one",
            )
    return None

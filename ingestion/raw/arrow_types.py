"""Raw column types as Arrow types and as dlt column hints. Decimals are decimal128 throughout."""

import re
from collections.abc import Iterable
from typing import Any

import pyarrow as pa

from ingestion.spec import ColumnType

_PLAIN: dict[str, pa.DataType] = {
    "varchar": pa.string(),
    "bigint": pa.int64(),
    "boolean": pa.bool_(),
    "date": pa.date32(),
    "timestamp": pa.timestamp("us"),
}
_DLT = {"varchar": "text", "bigint": "bigint", "boolean": "bool", "date": "date"}


def decimal_scale(kind: ColumnType) -> int | None:
    """The scale of a decimal type, None for any other."""
    match = re.fullmatch(r"decimal\(18,([0-9]+)\)", kind)
    return int(match[1]) if match else None


def arrow_type(kind: ColumnType) -> pa.DataType:
    scale = decimal_scale(kind)
    return _PLAIN[kind] if scale is None else pa.decimal128(18, scale)


def arrow_schema(columns: Iterable[tuple[str, ColumnType]]) -> pa.Schema:
    return pa.schema([(name, arrow_type(kind)) for name, kind in columns])


def dlt_hints(columns: Iterable[tuple[str, ColumnType]]) -> dict[str, Any]:
    """Explicit hints: dlt would otherwise make a naive timestamp a zoned one."""
    return {name: {"name": name, "nullable": True, **_hint(kind)} for name, kind in columns}


def _hint(kind: ColumnType) -> dict[str, Any]:
    scale = decimal_scale(kind)
    if scale is not None:
        return {"data_type": "decimal", "precision": 18, "scale": scale}
    if kind == "timestamp":
        return {"data_type": "timestamp", "timezone": False, "precision": 6}
    return {"data_type": _DLT[kind]}

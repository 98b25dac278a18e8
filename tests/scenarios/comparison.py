"""What a step of a story expects against what the serving copy says: named columns only, rows matched by key.

Rows are compared both ways: an expected row that is missing and a row that nobody expected are differences.
A blank cell is not compared; `none` means that the value must be empty.
"""

import csv
import json
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

import duckdb

KEYS: Mapping[str, tuple[str, ...]] = {
    "exc_exception": ("entity_type", "native_id", "code"),
    "bridge_invoice_line_x_receipt_line": (
        "invoice_line_native_id",
        "receipt_line_native_id",
        "alloc_method",
    ),
    "bridge_charge_x_invoice_line": ("native_id", "charge_class"),
    "mart_uom_drift_impact": ("document_native_id",),
}
# A table that knows its documents by surrogate key only borrows their id from the fact.
QUERIES: Mapping[str, str] = {
    "bridge_charge_x_invoice_line": (
        "select facts.native_id, shares.* from conformed.bridge_charge_x_invoice_line as shares"
        " join conformed.fct_invoice_line as facts using (invoice_line_key)"
    ),
    "mart_steward_task": (
        "select coalesce(evidence ->> '$.left_native_id', evidence ->> '$.native_id',"
        " split_part(subject_key, '|', 2)) as native_id, * from marts.mart_steward_task"
    ),
}


def differences(expected_file: Path, serving: Path, story: str) -> list[str]:
    """Every difference in words; empty when the table says what the story expects."""
    table = expected_file.stem
    with expected_file.open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file)
        expected = list(reader)
        columns = list(reader.fieldnames or ())
    keys = KEYS.get(table, ("native_id",))
    keys += ("occurrence_no",) if "occurrence_no" in columns else ()
    actual = {_key(row, keys): row for row in _rows(table, columns, keys, serving, story)}
    wanted = {_key(row, keys): row for row in expected}
    found = [f"{table} {' | '.join(key)}: expected, but not there" for key in wanted if key not in actual]
    found += [
        f"{table} {' | '.join(key)}: there, but nobody expected it" for key in actual if key not in wanted
    ]
    for key in wanted.keys() & actual.keys():
        for column in columns:
            if wanted[key][column] and _plain(wanted[key][column]) != _plain(actual[key][column]):
                found.append(
                    f"{table} {' | '.join(key)}: {column} should be {wanted[key][column]},"
                    f" is {_plain(actual[key][column])}"
                )
    return sorted(found)


def _rows(
    table: str, columns: list[str], keys: tuple[str, ...], serving: Path, story: str
) -> list[dict[str, Any]]:
    """The story's rows, known by the prefix of their document ids."""
    owner = next(key for key in keys if key.endswith("native_id"))
    with duckdb.connect(str(serving), read_only=True) as connection:
        query = QUERIES.get(table) or f"select * from {_qualified(connection, table)}"
        cursor = connection.execute(f"from ({query}) where starts_with({owner}, ?)", [f"{story}__"])
        names = [column[0] for column in cursor.description]
        rows = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    return [{column: _cell(row, column, story) for column in {*columns, *keys}} for row in rows]


def _qualified(connection: duckdb.DuckDBPyConnection, table: str) -> str:
    found = connection.execute(
        "select table_schema from information_schema.tables where table_name = ?", [table]
    ).fetchone()
    assert found, f"{table} is not in the serving copy"
    return f"{found[0]}.{table}"


def _cell(row: Mapping[str, Any], column: str, story: str) -> Any:
    """A column, or `evidence.member` for a member of a JSON column; ids without the story's prefix."""
    name, _, member = column.partition(".")
    value = json.loads(row[name] or "{}").get(member) if member else row[name]
    return value.replace(f"{story}__", "") if isinstance(value, str) else value


def _key(row: Mapping[str, Any], keys: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(str(row[key]) for key in keys)


def _plain(value: Any) -> str:
    """One spelling for equal values: 33.30 = 33.3, no value = none, true = True."""
    if value is None or value == "":
        return "none"
    if isinstance(value, bool):
        return str(value).lower()
    text = str(value)
    try:
        return format(Decimal(text).normalize() + 0, "f")
    except InvalidOperation:
        return text

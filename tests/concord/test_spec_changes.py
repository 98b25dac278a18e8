"""Two versions of our own contract: every promise that differs is told once."""

from dataclasses import replace
from typing import Any

import pytest

from concord.spec_changes import spec_changes
from ingestion.registry import SYSTEMS
from ingestion.spec import MONEY, SystemSpec, TableSpec, column

SPEC = SYSTEMS["apauto"]


def with_column(name: str, **changed: Any) -> SystemSpec:
    def table(one: TableSpec) -> TableSpec:
        columns = [replace(each, **changed) if each.name == name else each for each in one.columns]
        return replace(one, columns=tuple(columns)) if one.name == "invoice" else one

    return replace(SPEC, tables=tuple(table(one) for one in SPEC.tables))


@pytest.mark.parametrize(
    ("name", "changed", "told"),
    [
        ("status", {"path": "state"}, ("status", "moved", "status", "state")),
        ("gross_amount", {"type": "varchar"}, ("gross_amount", "retyped", f"a number ({MONEY})", "a text")),
        ("invoice_date", {"format": "odata"}, ("invoice_date", "retyped", "a date", "a date as odata")),
        ("currency", {"required": False}, ("currency", "nullability", "required", "optional")),
        ("credit_kind", {"enum": ("PRICE",)}, ("credit_kind", "enum changed", "any text", "PRICE")),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_a_column_that_differs(name: str, changed: dict[str, Any], told: tuple[str, ...]) -> None:
    [(change, columns)] = spec_changes(SPEC, with_column(name, **changed))
    assert (change.entity, change.field, change.kind, change.before, change.after) == ("invoice", *told)
    assert columns == (("invoice", name),)


def test_the_same_contract_has_no_difference() -> None:
    assert spec_changes(SPEC, with_column("currency")) == []


def test_versions_tables_and_columns_that_come_and_go() -> None:
    added = TableSpec("note", (column("id", required=True),), key=("id",))
    vendor = next(table for table in SPEC.tables if table.name == "vendor")
    fewer = replace(vendor, columns=vendor.columns[:-1], key=("vendor_number",))
    others = tuple(table for table in SPEC.tables if table.name not in ("vendor", "event"))
    after = replace(SPEC, api_version="2", tables=(fewer, *others, added))
    changes = [(change.entity, change.field, change.kind) for change, _ in spec_changes(SPEC, after)]
    event = next(table for table in SPEC.tables if table.name == "event")
    assert changes == [
        ("apauto", "", "new version"),
        ("vendor", "", "other key"),
        ("vendor", "updated_at", "removed"),
        *(("event", each.path, "removed") for each in event.columns),
        ("note", "id", "added"),
    ]

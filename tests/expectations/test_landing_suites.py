"""The landing suites as written: columns that raw has, and nothing the row contract says already."""

from __future__ import annotations

import pytest

from expectations import suites
from ingestion.raw import raw_schema
from ingestion.registry import SYSTEMS
from tests.expectations.landing_worlds import (
    WORLDS,
)


@pytest.mark.parametrize("system", WORLDS)
def test_suites_name_columns_that_raw_has(system: str) -> None:
    raw = raw_schema.system_tables(SYSTEMS[system])
    for subject in suites.load_suite("landing", system).subjects:
        assert set(subject.reads) <= set(raw)
        named = {check.column for check in subject.checks if check.column} | {subject.key}
        if subject.sql is None:
            assert named <= {name for name, _ in raw[subject.table]}


@pytest.mark.parametrize("system", WORLDS)
def test_suites_do_not_repeat_the_row_contract(system: str) -> None:
    """Nulls in required columns and unknown enumeration values never reach the gate: they are rejects."""
    tables = {table.name: table for table in SYSTEMS[system].tables}
    for subject in suites.load_suite("landing", system).subjects:
        if subject.sql is not None:
            continue
        columns = {column.name: column for column in tables[subject.table].columns}
        for check in subject.checks:
            column = columns.get(check.column or "")
            assert not (column and column.required and "not_be_null" in check.expectation)
            assert not (column and column.enum and check.expectation.endswith("to_be_in_set"))

"""The landing gate: is a fetched batch of a source system fit to enter raw?

It asks only what makes a whole batch untrustworthy; single bad rows are the contract's (reject table) and
business disagreements are dbt's. A critical failure holds the batch, everything else is told.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace

import pyarrow as pa

from expectations.results import CRITICAL, Failure, GateResult
from expectations.runner import Rows, frame, has_rows, run_subject
from expectations.suites import Check, Subject, Suite, load_suite

EDGE = "landing"


_NO_ROWS = pa.table({"_row_key": pa.array([], pa.string())})


def _count_check(subject: Subject, check: Check, landed: Mapping[str, int]) -> Check | None:
    """The row-count check with its limit filled in; None when there is too little to compare with."""
    known, share = landed.get(subject.table, 0), check.min_share_of_landed or 0.0
    if known < max(check.from_rows, 1):
        return None
    return replace(check, arguments={"min_value": math.ceil(known * share)}, from_rows=0)


def _shrunk(suite: Suite, table: str, message: str) -> Failure:
    owner = next(
        (check.owner for each in suite.subjects if each.table == table for check in each.checks), None
    )
    return Failure(
        expectation="expect_table_row_count_to_be_between",
        column=None,
        table=table,
        unexpected_count=0,
        sample_keys=(),
        severity=CRITICAL,
        message=message,
        owner=owner or suite.owner,
    )


def shrunk(system: str, messages: Mapping[str, str]) -> GateResult:
    """The verdict on a resource whose snapshot lost more than it may: per table how much, for its owner."""
    suite = load_suite(EDGE, system)
    failures = tuple(_shrunk(suite, table, message) for table, message in messages.items())
    return GateResult(f"{EDGE}_{system}", False, failures, len(failures))


def validate(
    system: str,
    tables: Mapping[str, Rows],
    *,
    landed: Mapping[str, int] | None = None,
) -> GateResult:
    """Judges one batch of `system`, given as raw tables by name (the rows that kept their contract).

    `landed` are the rows of each table before rejects were taken out. Missing and empty tables pass, but for
    a table whose rows were all rejected. A system without a suite raises FileNotFoundError.
    """
    suite = load_suite(EDGE, system)
    failures: list[Failure] = []
    evaluated = 0
    for subject in suite.subjects:
        counts = tuple(
            filled
            for check in subject.checks
            if check.is_count and (filled := _count_check(subject, check, landed or {}))
        )
        if has_rows(tables, subject.reads):
            rows = frame(subject, tables)
            checks = tuple(check for check in subject.checks if not check.is_count) + counts
        else:
            found = tables.get(subject.table, _NO_ROWS)
            rows, checks = found if isinstance(found, pa.Table) else frame(subject, tables), counts
        evaluated += len(checks)
        failures.extend(finding.failure for finding in run_subject(subject, rows, checks))
    passed = all(failure.severity != CRITICAL for failure in failures)
    return GateResult(suite=f"{EDGE}_{system}", passed=passed, failures=tuple(failures), evaluated=evaluated)

"""The landing gate: is a fetched batch of a source system fit to enter raw?

It asks only what makes a whole batch untrustworthy; single bad rows are the contract's (reject table) and
business disagreements are dbt's. A critical failure holds the batch, everything else is told.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pyarrow as pa

from expectations.results import CRITICAL, Failure, GateResult
from expectations.runner import frame, has_rows, run_subject
from expectations.suites import Check, Subject, load_suite

EDGE = "landing"


def _against_previous(subject: Subject, check: Check, previous: Mapping[str, int]) -> Check | None:
    """The row-count check with its limit filled in; None when there is nothing to compare with."""
    known = previous.get(subject.table)
    if not known or check.min_share_of_previous is None:
        return None
    least = int(known * check.min_share_of_previous)
    return replace(check, arguments={"min_value": least})


def validate(
    system: str, tables: Mapping[str, pa.Table], previous: Mapping[str, int] | None = None
) -> GateResult:
    """Judges one batch of `system`, given as raw tables by name.

    `previous` holds, for tables that arrive as a full snapshot, the rows of the last accepted one. Missing
    and empty tables pass, but for a snapshot that was there before and now has nothing. A system without a
    suite raises FileNotFoundError.
    """
    suite = load_suite(EDGE, system)
    failures: list[Failure] = []
    evaluated = 0
    for subject in suite.subjects:
        counts = tuple(
            filled
            for check in subject.checks
            if check.min_share_of_previous is not None
            and subject.table in tables
            and (filled := _against_previous(subject, check, previous or {}))
        )
        plain = tuple(check for check in subject.checks if check.min_share_of_previous is None)
        if has_rows(tables, subject.reads):
            rows, checks = frame(subject, tables), plain + counts
        elif counts:
            rows, checks = tables[subject.table], tuple(replace(check, from_rows=0) for check in counts)
        else:
            continue
        evaluated += len(checks)
        failures.extend(finding.failure for finding in run_subject(subject, rows, checks))
    passed = all(failure.severity != CRITICAL for failure in failures)
    return GateResult(suite=f"{EDGE}_{system}", passed=passed, failures=tuple(failures), evaluated=evaluated)

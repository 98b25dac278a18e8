"""The posting gate: which rows of an outbox model may leave for a target?

Rows that fail a critical expectation are named with their reasons, so that only these stay behind. A
critical failure that points at no row (a table-level rule, a missing column) keeps back all of them.
"""

from __future__ import annotations

from types import MappingProxyType

import pyarrow as pa

from expectations.results import CRITICAL, GateResult
from expectations.runner import frame, run_subject, text_keys
from expectations.suites import load_suite

EDGE = "posting"


def validate(target: str, entity: str, rows: pa.Table, key: str = "posting_key") -> GateResult:
    """Judges the rows for `target` and `entity`; `key` names the column that identifies a row.

    An empty table passes. A target and entity without a suite raise FileNotFoundError: nothing leaves
    ungated.
    """
    suite = load_suite(EDGE, f"{target}__{entity}")
    name = f"{EDGE}_{suite.name}"
    if key not in rows.column_names:
        raise ValueError(f"{name}: the rows have no key column {key!r}")
    if rows.num_rows == 0:
        return GateResult(suite=name, passed=True)
    findings = []
    evaluated = 0
    for subject in suite.subjects:
        chosen = frame(subject, dict.fromkeys(subject.reads, rows))
        evaluated += len(subject.checks)
        findings.extend(run_subject(subject, chosen, subject.checks))
    reasons: dict[str, list[str]] = {}
    for finding in findings:
        if finding.failure.severity != CRITICAL:
            continue
        keys = text_keys(finding.rows, key)
        for position in finding.positions or range(finding.rows.num_rows):
            found = keys[position]
            if found is not None and finding.failure.message not in reasons.setdefault(found, []):
                reasons[found].append(finding.failure.message)
    unkeyed = rows.column(key).null_count
    return GateResult(
        suite=name,
        passed=not reasons and not unkeyed,
        failures=tuple(finding.failure for finding in findings),
        evaluated=evaluated,
        failing=MappingProxyType({found: "; ".join(why) for found, why in reasons.items()}),
        unkeyed=unkeyed,
    )

"""Compares findings with the labels of a world: what was planted, found, missed, and found without reason.

Pure: labels and findings in, numbers out. A label explains one finding with the same code, entity type,
instance and native id. A control without an expected code counts as found when nothing was said about its
entity; whatever is said about it is a false positive.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

Key = tuple[str, str, str, str]
_SAMPLE = 20


def _key(code: str, row: Mapping[str, Any]) -> Key:
    return code, row["entity_type"], row["instance"], str(row["native_id"])


def _ratio(part: int, whole: int) -> float:
    return part / whole if whole else 1.0


def _wanted(faults: str | Iterable[str], known: Sequence[str]) -> tuple[str, ...]:
    if faults == "all":
        return tuple(known)
    if faults == "none":
        return ()
    return tuple(faults.split(",") if isinstance(faults, str) else faults)


def score(
    labels: pa.Table | Path | str, findings: Iterable[Mapping[str, Any]], faults: str | Iterable[str] = "all"
) -> dict[str, Any]:
    """The score of findings (code, entity_type, instance, native_id, cause_code, amount) against labels.

    Codes outside `faults` are left out of the report, yet their labels still explain findings. Ratios with
    nothing to divide by are 1; amounts are decimals as text, `amount_found` the planted amount of what was
    found. `seed` and `lines` come from the labels' own metadata, else None.
    """
    table = labels if isinstance(labels, pa.Table) else pq.read_table(labels)
    rows = table.to_pylist()
    metadata = {k.decode(): v.decode() for k, v in (table.schema.metadata or {}).items()}
    waiting: dict[Key, list[Mapping[str, Any]]] = defaultdict(list)
    spoken_of: dict[tuple[str, str, str], list[str]] = defaultdict(list)
    for finding in findings:
        waiting[_key(finding["code"], finding)].append(finding)
        spoken_of[_key("", finding)[1:]].append(finding["code"])

    by_fault: dict[str, list[tuple[dict[str, Any], Mapping[str, Any] | None]]] = defaultdict(list)
    for row in rows:
        if row["expected_exception_code"] is None:
            continue
        matches = waiting.get(_key(row["expected_exception_code"], row))
        by_fault[row["fault_code"]].append((row, matches.pop(0) if matches else None))
    unexplained = [key for key, left in waiting.items() for _ in left]
    controls: dict[str, list[tuple[dict[str, Any], int]]] = defaultdict(list)
    for row in rows:
        if row["expected_exception_code"] is None:
            controls[row["fault_code"]].append((row, len(spoken_of.get(_key("", row)[1:], ()))))

    planted_codes = list(dict.fromkeys(row["fault_code"] for row in rows))
    return {
        "seed": int(metadata["seed"]) if "seed" in metadata else None,
        "lines": int(metadata["lines"]) if "lines" in metadata else None,
        "faults": [
            _fault_score(code, by_fault[code], controls[code], unexplained)
            for code in _wanted(faults, planted_codes)
        ],
        "unlabelled_findings": len(unexplained),
        "unlabelled_sample": [list(key) for key in sorted(unexplained)[:_SAMPLE]],
    }


def _fault_score(
    code: str,
    expected: Sequence[tuple[Mapping[str, Any], Mapping[str, Any] | None]],
    controls: Sequence[tuple[Mapping[str, Any], int]],
    unexplained: Sequence[Key],
) -> dict[str, Any]:
    hits = [(label, finding) for label, finding in expected if finding is not None]
    left_alone = [label for label, findings in controls if not findings]
    expected_codes = {label["expected_exception_code"] for label, _ in expected}
    false_positives = sum(key[0] in expected_codes for key in unexplained)
    false_positives += sum(findings for _, findings in controls)
    planted, found = len(expected) + len(controls), len(hits) + len(left_alone)
    with_cause = [(label, finding) for label, finding in hits if label["expected_cause_code"]]
    right_cause = sum(
        finding.get("cause_code") == label["expected_cause_code"] for label, finding in with_cause
    )
    all_labels = [label for label, _ in expected] + [label for label, _ in controls]
    found_labels = [label for label, _ in hits] + left_alone
    return {
        "fault_code": code,
        "planted": planted,
        "found": found,
        "missed": planted - found,
        "false_positives": false_positives,
        "precision": _ratio(found, found + false_positives),
        "recall": _ratio(found, planted),
        "cause_accuracy": _ratio(right_cause, len(with_cause)),
        "amount_planted": _total(all_labels),
        "amount_found": _total(found_labels),
    }


def _total(labels: Iterable[Mapping[str, Any]]) -> str:
    return str(sum((label["amount"] or Decimal(0) for label in labels), Decimal("0.00")))

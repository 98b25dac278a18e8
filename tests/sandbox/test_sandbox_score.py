"""The score counts what was planted, found and said without reason, by hand-made labels."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st
from made_world import Made

from sandbox.labels import LABEL_SCHEMA
from sandbox.score import score


def _label(fault: str, native_id: str, expected: str | None, cause: str | None = None) -> dict[str, Any]:
    return {
        "fault_id": f"{fault}-{native_id}",
        "fault_code": fault,
        "instance": "apauto",
        "entity_type": "invoice_line",
        "native_id": native_id,
        "business_key": native_id,
        "expected_exception_code": expected,
        "expected_cause_code": cause,
        "amount": Decimal("10.00"),
        "planted_at": None,
    }


def _finding(code: str, native_id: str, cause: str | None = None) -> dict[str, Any]:
    return {
        "code": code,
        "entity_type": "invoice_line",
        "instance": "apauto",
        "native_id": native_id,
        "cause_code": cause,
        "amount": Decimal("10.00"),
    }


def _table(*rows: dict[str, Any]) -> pa.Table:
    return pa.Table.from_pylist(list(rows), schema=LABEL_SCHEMA)


def _of(result: dict[str, Any], code: str) -> dict[str, Any]:
    (row,) = [entry for entry in result["faults"] if entry["fault_code"] == code]
    return row


def test_found_missed_and_invented() -> None:
    labels = _table(_label("PRICE_OVER", "1", "PRICE_OVER"), _label("PRICE_OVER", "2", "PRICE_OVER"))
    result = score(labels, [_finding("PRICE_OVER", "1"), _finding("PRICE_OVER", "3")])
    row = _of(result, "PRICE_OVER")
    assert (row["planted"], row["found"], row["missed"], row["false_positives"]) == (2, 1, 1, 1)
    assert (row["precision"], row["recall"], row["cause_accuracy"]) == (0.5, 0.5, 1.0)
    assert (row["amount_planted"], row["amount_found"]) == ("20.00", "10.00")
    assert result["unlabelled_findings"] == 1


def test_one_label_explains_one_finding() -> None:
    labels = _table(_label("PRICE_OVER", "1", "PRICE_OVER"))
    result = score(labels, [_finding("PRICE_OVER", "1")] * 2)
    assert _of(result, "PRICE_OVER")["found"] == 1
    assert result["unlabelled_findings"] == 1


def test_the_cause_is_scored_apart_from_the_finding() -> None:
    rows = [_label("UNIT_DRIFT", str(n), "QTY_OVER_RECEIVED", "UOM_OLD_FACTOR") for n in range(2)]
    findings = [
        _finding("QTY_OVER_RECEIVED", "0", "UOM_OLD_FACTOR"),
        _finding("QTY_OVER_RECEIVED", "1", "SIGN"),
    ]
    row = _of(score(_table(*rows), findings), "UNIT_DRIFT")
    assert (row["recall"], row["cause_accuracy"]) == (1.0, 0.5)


def test_a_control_is_found_when_left_alone() -> None:
    labels = _table(_label("PRICE_ON_LIMIT", "1", None), _label("PRICE_ON_LIMIT", "2", None))
    assert _of(score(labels, []), "PRICE_ON_LIMIT")["recall"] == 1.0
    result = score(labels, [_finding("PRICE_OVER", "2")])
    row = _of(result, "PRICE_ON_LIMIT")
    assert (row["found"], row["false_positives"], row["precision"]) == (1, 1, 0.5)
    assert result["unlabelled_findings"] == 1


def test_nothing_of_nothing_is_one_and_other_codes_stay_out() -> None:
    labels = _table(_label("PRICE_OVER", "1", "PRICE_OVER"))
    result = score(labels, [_finding("PRICE_OVER", "1")], "BACKORDER")
    assert [entry["fault_code"] for entry in result["faults"]] == ["BACKORDER"]
    row = result["faults"][0]
    assert (row["planted"], row["precision"], row["recall"]) == (0, 1.0, 1.0)
    assert result["unlabelled_findings"] == 0
    assert score(labels, [], "none")["faults"] == []


@given(planted=st.sets(st.integers(0, 9)), said=st.lists(st.integers(0, 9), max_size=12))
def test_every_finding_is_explained_or_unlabelled(planted: set[int], said: list[int]) -> None:
    labels = _table(*[_label("PRICE_OVER", str(n), "PRICE_OVER") for n in sorted(planted)])
    result = score(labels, [_finding("PRICE_OVER", str(n)) for n in said], ["PRICE_OVER"])
    row = result["faults"][0]
    assert row["found"] + result["unlabelled_findings"] == len(said)
    assert row["found"] + row["missed"] == row["planted"] == len(planted)


def test_a_perfect_reader_scores_one_on_a_world(faulty: Made) -> None:
    path = faulty.folder / "labels.parquet"
    rows = pa.parquet.read_table(path).to_pylist()
    findings = [
        {
            "code": row["expected_exception_code"],
            "entity_type": row["entity_type"],
            "instance": row["instance"],
            "native_id": row["native_id"],
            "cause_code": row["expected_cause_code"],
            "amount": row["amount"],
        }
        for row in rows
        if row["expected_exception_code"]
    ]
    result = score(path, findings)
    assert (result["seed"], result["lines"], result["unlabelled_findings"]) == (7, 4_000, 0)
    for row in result["faults"]:
        assert (row["precision"], row["recall"], row["cause_accuracy"]) == (1.0, 1.0, 1.0)
        assert row["planted"] == faulty.world.labels[row["fault_code"]]

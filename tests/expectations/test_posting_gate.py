"""The posting gate names the failing rows and only these, with the reason."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest

from expectations import posting

GOOD = {
    "posting_key": "k1", "business_key": "b1", "target_instance": "apauto", "source_instance": "apauto",
    "native_id": "1", "legal_entity_code": "A", "invoice_id": "1", "match_status": "MATCHED", "codes": "",
    "payable_amount": Decimal("10.00"), "currency_code": "USD", "rule_set_version": "1",
    "evaluated_as_of": date(2025, 6, 30), "payload_hash": "h1",
}  # fmt: skip
TYPES = {"payable_amount": pa.decimal128(18, 2), "evaluated_as_of": pa.date32()}
SCHEMA = pa.schema([(name, TYPES.get(name, pa.string())) for name in GOOD])


UNPAID = {"payable_amount": Decimal("0.00")}


def rows(*changed: dict[str, Any]) -> pa.Table:
    made = [
        GOOD | {"posting_key": f"k{i}", "invoice_id": str(i)} | change for i, change in enumerate(changed)
    ]
    return pa.Table.from_pylist(made, SCHEMA)


def judge(table: pa.Table) -> Any:
    return posting.validate("apauto", "invoice_match_status", table, "posting_key")


def test_good_rows_pass_whatever_their_status() -> None:
    result = judge(
        rows(
            {},
            {"codes": None},
            {"match_status": "EXCEPTION", "codes": "PRICE_OVER,QTY_OVER_RECEIVED", **UNPAID},
            {"match_status": "PARTIALLY_MATCHED", "codes": "AWAITING_RECEIPT"},
            {"match_status": "WAITING", "codes": "AWAITING_RECEIPT", **UNPAID},
            {"match_status": "MATCHED_IN_TOLERANCE", "codes": "SMALL_DIFFERENCE"},
            {"payable_amount": Decimal("-20.00")},
        )
    )
    assert result.passed
    assert result.failing == {}


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"match_status": "MACHED"}, "status"),
        ({"match_status": None}, "status"),
        ({"codes": "PRICE_OVER"}, "MATCHED and has"),
        ({"match_status": "EXCEPTION", "codes": None, **UNPAID}, "without a well-formed code"),
        ({"match_status": "EXCEPTION", "codes": "price over", **UNPAID}, "without a well-formed code"),
        ({"match_status": "PARTIALLY_MATCHED"}, "without a well-formed code"),
        ({"match_status": "EXCEPTION", "codes": "PRICE_OVER"}, "held and yet"),
        ({"match_status": "WAITING", "codes": "AWAITING_RECEIPT"}, "held and yet"),
        ({"payable_amount": None}, "payable amount"),
        ({"payable_amount": Decimal("10000000.01")}, "ten million"),
        ({"currency_code": None}, "currency"),
        ({"invoice_id": None}, "no invoice"),
        ({"payload_hash": None}, "payload hash"),
    ],
)
def test_only_the_failing_row_stays_behind(change: dict[str, Any], word: str) -> None:
    result = judge(rows({}, change, {}))
    assert not result.passed
    assert list(result.failing) == ["k1"]
    assert word in result.failing["k1"]


def test_the_limit_itself_passes_exactly() -> None:
    assert judge(rows({"payable_amount": Decimal("10000000.00")})).passed


def test_a_repeated_key_keeps_back_all_its_rows() -> None:
    result = judge(rows({"posting_key": "same"}, {"posting_key": "same"}, {}))
    assert list(result.failing) == ["same"]


def test_two_rows_for_one_invoice_stay_behind_both() -> None:
    result = judge(rows({"invoice_id": "9"}, {"invoice_id": "9"}, {}))
    assert sorted(result.failing) == ["k0", "k1"]


def test_a_row_without_a_key_is_counted() -> None:
    result = judge(rows({"posting_key": None}, {}))
    assert not result.passed
    assert result.failing == {}
    assert result.unkeyed == 1


def test_reasons_add_up() -> None:
    result = judge(rows({"payable_amount": None, "match_status": "X"}))
    assert len(result.failing["k0"].split("; ")) == 2


def test_empty_passes_and_an_unknown_entity_is_refused() -> None:
    assert judge(rows()).passed
    with pytest.raises(FileNotFoundError):
        posting.validate("apauto", "vendor_terms", rows({}), "posting_key")
    with pytest.raises(ValueError, match="no key column"):
        posting.validate("apauto", "invoice_match_status", rows({}), "key")

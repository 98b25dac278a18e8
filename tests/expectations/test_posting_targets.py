"""The gates of the written targets: good rows pass, and each wrong one stays behind for its reason."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest

from expectations import posting
from expectations.results import GateResult

KEY = "0123456789abcdef0123456789abcdef"
GOOD: dict[tuple[str, str], dict[str, Any]] = {
    ("erp_cloud", "supplier"): {
        "posting_key": "k", "target_instance": "erp_cloud", "payload_hash": "h", "external_reference": "p|1",
        "legal_name": "Driftwood Medical", "tax_id": "a1b2c3", "duns": "433631582", "currency_code": "USD",
        "payment_term_code": "NET30", "country_code": "US", "status": "ACTIVE",
    },
    ("erp_cloud", "accrual_journal"): {
        "posting_key": "k", "target_instance": "erp_cloud", "payload_hash": "h", "document_reference": KEY,
        "legal_entity_code": "LH01", "source_instance": "inventory", "native_id": "R1|1",
        "posting_date": date(2026, 6, 30), "reversal_date": date(2026, 7, 1), "amount": Decimal("10.00"),
        "currency_code": "USD", "debit_account_code": "610100", "credit_account_code": "220000",
        "po_number": "PO1", "po_line_number": "1", "reverses_reference": None, "depends_on": None,
    },
    ("erp_cloud", "supplier_payment_block"): {
        "posting_key": "k", "target_instance": "erp_cloud", "payload_hash": "h", "supplier_number": "100200",
        "action": "BLOCK", "block_code": "B",
    },
    ("procurement", "contract_price"): {
        "posting_key": "k", "target_instance": "procurement", "payload_hash": "h", "external_ref": KEY,
        "contract_number": "C1", "supplier_number": "1", "item_number": "400000",
        "manufacturer_part_number": None, "uom_code": "EA", "min_quantity": Decimal("1.000000"),
        "unit_price": Decimal("9.250000"), "currency_code": "USD", "valid_from": date(2026, 7, 1),
        "valid_to": date(2027, 7, 1),
    },
    ("inventory", "item_uom"): {
        "posting_key": "k", "target_instance": "inventory", "payload_hash": "h", "reference": KEY,
        "item_number": "400000", "uom_code": "BX", "factor": Decimal("12.00000000"),
        "valid_from": date(2026, 2, 1), "valid_to": None, "decided_by": "ana",
    },
}  # fmt: skip
SUPPLIER, JOURNAL, BLOCK, PRICE, UNIT = GOOD
REFERENCES = {"external_reference", "document_reference", "external_ref", "reference"}
_SCALES = {"amount": 2, "unit_price": 6, "min_quantity": 6, "factor": 8}
_DATES = {"posting_date", "reversal_date", "valid_from", "valid_to"}


def _type(name: str) -> pa.DataType:
    if name in _SCALES:
        return pa.decimal128(18, _SCALES[name])
    return pa.date32() if name in _DATES else pa.string()


def judge(stream: tuple[str, str], *changes: dict[str, Any]) -> GateResult:
    """The verdict on one good row for each change, each with keys of its own unless the change says else."""
    good = GOOD[stream]
    own = REFERENCES & good.keys()
    made = []
    for number, change in enumerate(changes):
        keys = {"posting_key": f"k{number}", **dict.fromkeys(own, f"{number:016d}{KEY}"[:32])}
        spread = {UNIT: {"item_number": f"40{number}"}, BLOCK: {"supplier_number": f"10{number}"}}
        made.append(good | keys | spread.get(stream, {}) | change)
    schema = pa.schema([(name, _type(name)) for name in good])
    return posting.validate(*stream, pa.Table.from_pylist(made, schema), "posting_key")


@pytest.mark.parametrize(
    ("stream", "changes"),
    [
        (SUPPLIER, [{}, {"tax_id": None}, {"duns": None, "country_code": None}]),
        (
            JOURNAL,
            [
                {},
                {"amount": Decimal("0.01")},
                {"reverses_reference": "x", "reversal_date": None, "depends_on": "k"},
            ],
        ),
        (BLOCK, [{}, {"supplier_number": "100207", "action": "UNBLOCK"}]),
        (PRICE, [{}, {"valid_to": None}, {"item_number": None, "manufacturer_part_number": "M"}]),
        (UNIT, [{}, {"valid_to": date(2026, 8, 1)}, {"factor": Decimal("0.50000000")}]),
    ],
)  # fmt: skip
def test_good_rows_pass(stream: tuple[str, str], changes: list[dict[str, Any]]) -> None:
    result = judge(stream, *changes)
    assert result.passed, result.failing


@pytest.mark.parametrize(
    ("stream", "change", "word"),
    [
        (SUPPLIER, {"tax_id": "12-3456789"}, "plain value"),
        (SUPPLIER, {"tax_id": "123456789"}, "plain value"),
        (SUPPLIER, {"legal_name": " "}, "legal name"),
        (SUPPLIER, {"external_reference": None}, "external reference"),
        (SUPPLIER, {"duns": "1"}, "DUNS"),
        (SUPPLIER, {"currency_code": None}, "currency"),
        (SUPPLIER, {"payment_term_code": None}, "payment term"),
        (SUPPLIER, {"status": "BLOCKED"}, "active"),
        (SUPPLIER, {"country_code": "USA"}, "country"),
        (JOURNAL, {"amount": Decimal("0.00")}, "not positive"),
        (JOURNAL, {"amount": Decimal("-1.00")}, "not positive"),
        (JOURNAL, {"amount": None}, "no amount"),
        (JOURNAL, {"amount": Decimal("10000000.01")}, "ten million"),
        (JOURNAL, {"debit_account_code": None}, "debit account"),
        (JOURNAL, {"credit_account_code": None}, "credit account"),
        (JOURNAL, {"credit_account_code": "610100"}, "same account"),
        (JOURNAL, {"reversal_date": None}, "stay on the books"),
        (JOURNAL, {"reversal_date": date(2026, 6, 30)}, "not after"),
        (JOURNAL, {"reverses_reference": "x"}, "must be confirmed before"),
        (JOURNAL, {"document_reference": None}, "document reference"),
        (JOURNAL, {"document_reference": "x" * 33}, "16 to 32"),
        (JOURNAL, {"legal_entity_code": None}, "legal entity"),
        (JOURNAL, {"posting_date": None}, "posting date"),
        (BLOCK, {"supplier_number": None}, "no number"),
        (BLOCK, {"action": None}, "neither BLOCK nor UNBLOCK"),
        (BLOCK, {"action": "PAY"}, "neither BLOCK nor UNBLOCK"),
        (BLOCK, {"block_code": "BANK"}, "one character"),
        (PRICE, {"unit_price": Decimal("0.000000")}, "not above zero"),
        (PRICE, {"unit_price": None}, "no price"),
        (PRICE, {"unit_price": Decimal("1000000.000001")}, "one million"),
        (PRICE, {"item_number": None}, "neither an item"),
        (PRICE, {"contract_number": None}, "no contract"),
        (PRICE, {"supplier_number": None}, "no supplier"),
        (PRICE, {"uom_code": None}, "no unit"),
        (PRICE, {"valid_to": date(2026, 7, 1)}, "ends before"),
        (PRICE, {"valid_from": None}, "no day"),
        (PRICE, {"external_ref": None}, "external reference"),
        (UNIT, {"factor": Decimal("0.00000000")}, "not above zero"),
        (UNIT, {"factor": None}, "no factor"),
        (UNIT, {"factor": Decimal("100000.00000001")}, "hundred thousand"),
        (UNIT, {"valid_to": date(2026, 2, 1)}, "ends before"),
        (UNIT, {"decided_by": " "}, "Nobody approved"),
        (UNIT, {"reference": "../../etc"}, "file name"),
        (UNIT, {"uom_code": None}, "no unit"),
    ],
)
def test_only_the_wrong_row_stays_behind(stream: tuple[str, str], change: dict[str, Any], word: str) -> None:
    result = judge(stream, {}, change, {})
    assert list(result.failing) == ["k1"], result.failing
    assert word in result.failing["k1"]


@pytest.mark.parametrize(
    ("stream", "column"),
    [(SUPPLIER, "external_reference"), (JOURNAL, "document_reference"), (PRICE, "external_ref")],
)
def test_a_reference_used_twice_keeps_back_both(stream: tuple[str, str], column: str) -> None:
    result = judge(stream, {column: KEY}, {column: KEY}, {})
    assert sorted(result.failing) == ["k0", "k1"]


def test_two_corrections_of_one_unit_from_one_day_stay_behind() -> None:
    result = judge(UNIT, {"item_number": "1"}, {"item_number": "1"}, {})
    assert sorted(result.failing) == ["k0", "k1"]


@pytest.mark.parametrize("stream", list(GOOD))
def test_a_repeated_key_keeps_back_all_its_rows(stream: tuple[str, str]) -> None:
    result = judge(stream, {"posting_key": "same"}, {"posting_key": "same"}, {})
    assert list(result.failing) == ["same"]

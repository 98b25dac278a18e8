"""Every landing suite passes an ordinary batch and catches the faults it is there for."""

from __future__ import annotations

import time
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest

from expectations import landing
from expectations.results import GateResult
from tests.expectations.landing_worlds import (
    ROWS,
    WORLDS,
    apauto,
    inventory,
    procurement,
)


def held_for(result: GateResult) -> set[tuple[str, str | None]]:
    return {(failure.table, failure.column) for failure in result.critical}


@pytest.mark.parametrize("system", WORLDS)
def test_an_ordinary_batch_passes_silently(system: str) -> None:
    tables = WORLDS[system]()
    counts = dict.fromkeys(tables, ROWS)
    result = landing.validate(system, tables, landed=counts)
    assert result.failures == ()
    assert result.passed
    assert result.evaluated > 0


def some(bad: Any, good: Any, share: float = 0.6) -> Any:
    return lambda i: bad if i < ROWS * share else good


@pytest.mark.parametrize(
    ("system", "changed", "expected"),
    [
        ("procurement", {"supplier_number": some(None, "S1")}, ("purchase_order", "supplier_number")),
        ("procurement", {"currency_code": some("us$", "USD")}, ("purchase_order", "currency_code")),
        ("procurement", {"created_at": some(datetime(1970, 1, 1), datetime(2025, 1, 1))},
         ("purchase_order", "created_at")),
        ("procurement", {"price": some(Decimal("-2.5"), Decimal("2.5"))}, ("purchase_order_line", "price")),
        ("procurement", {"quantity": Decimal("99999999")}, ("purchase_order_line", "quantity")),
        ("procurement", {"price": Decimal("250")}, ("purchase_order_line_extension", "is_off")),
        ("apauto", {"gross_amount": Decimal("-11.00"), "amount": Decimal("-12.00")},
         ("invoice", "gross_amount")),
        ("apauto", {"currency": "Dollar"}, ("invoice", "currency")),
        ("apauto", {"invoice_date": date(1900, 1, 1)}, ("invoice", "invoice_date")),
        ("apauto", {"unit_price": Decimal(-1)}, ("invoice_line", "unit_price")),
        ("apauto", {"amount": Decimal("5.00")}, ("invoice_balance", "is_off")),
        ("inventory", {"po_number": None}, ("receipt", "po_number")),
        ("inventory", {"quantity": Decimal(-3)}, ("receipt", "quantity")),
        ("inventory", {"receipt_date": date(9999, 12, 31)}, ("receipt", "receipt_date")),
        ("inventory", {"factor": Decimal(0)}, ("item_unit", "factor")),
        ("erp_cloud", {"tax_number1_verdict": "INVALID_FORMAT"}, ("supplier", "tax_number1_verdict")),
        ("erp_cloud", {"payment_is_blocked_for_supplier": True},
         ("supplier", "payment_is_blocked_for_supplier")),
        ("erp_cloud", {"bank_number_verdict": "INVALID_CHECK_DIGIT"},
         ("supplier_bank", "bank_number_verdict")),
        ("erp_cloud", {"currency": "U"}, ("company_code", "currency")),
        ("erp_cloud", {"base_unit": None}, ("product", "base_unit")),
        ("erp_cloud", {"quantity_denominator": Decimal(0)}, ("product_unit", "quantity_denominator")),
        ("erp_cloud", {"reference_document": None}, ("material_document_item", "reference_document")),
        ("erp_cloud", {"invoice_gross_amount": Decimal(-12)}, ("supplier_invoice", "invoice_gross_amount")),
        ("erp_cloud", {"debit_credit_code": "S"}, ("journal_balance", "is_off")),
        ("erp_legacy", {"tin_verdict": "INVALID_FORMAT"}, ("vendor", "tin_verdict")),
        ("erp_legacy", {"qty_sh_recvd": Decimal(-2)}, ("recv_ln_ship", "qty_sh_recvd")),
        ("erp_legacy", {"ext_receipt_id": None}, ("recv_ln_ship", "ext_receipt_id")),
        ("erp_legacy", {"monetary_amount": Decimal(12)}, ("journal_balance", "is_off")),
        ("sourcing", {"supplier_number": None}, ("contract", "supplier_number")),
        ("sourcing", {"unit_price": Decimal(0)}, ("contract_price", "unit_price")),
        ("workforce", {"location_wid": None}, ("location", "location_wid")),
        ("workforce", {"service_line_id": some(None, "Cardiology")}, ("cost_center", "service_line_id")),
        ("workforce", {"effective_date": date(1753, 1, 1)}, ("cost_center", "effective_date")),
        ("uk_spend", {"payment_date": date(1900, 1, 1)}, ("payment_line", "payment_date")),
        ("uk_spend", {"amount": Decimal("-12.00")}, ("payment_line", "amount")),
        ("feed", {"factor": Decimal(0)}, ("item_uom_conversion", "factor")),
        ("feed", {"unit_price": Decimal(-1)}, ("purchase_order_line", "unit_price")),
        ("feed", {"line_amount": Decimal("4.00")}, ("invoice_balance", "is_off")),
    ],
)  # fmt: skip
def test_a_broken_batch_is_held(system: str, changed: dict[str, Any], expected: tuple[str, str]) -> None:
    touched = {name for name, rows in WORLDS[system]().items() if changed.keys() & set(rows.column_names)}
    if expected[0] == "invoice_balance":
        touched |= {"invoice", "invoice_line"}
    tables = {name: rows for name, rows in WORLDS[system](**changed).items() if name in touched}
    result = landing.validate(system, tables)
    assert not result.passed
    assert expected in held_for(result)
    failure = next(f for f in result.critical if (f.table, f.column) == expected)
    assert failure.owner
    assert failure.message.endswith(".")
    assert failure.unexpected_count > 0


def test_a_warning_is_told_but_holds_nothing() -> None:
    result = landing.validate("inventory", inventory(stock_quantity=None))
    assert result.passed
    assert [(f.column, f.severity) for f in result.failures] == [("stock_quantity", "warning")]


def test_sample_keys_lead_to_the_failing_rows() -> None:
    tables = procurement(supplier_number=lambda i: None if i in (3, 7, 9) else "S1")
    (failure,) = landing.validate("procurement", tables).failures
    assert failure.sample_keys == ("3", "7", "9")
    assert failure.unexpected_count == 3


def test_a_handful_of_ugly_rows_is_not_a_broken_batch() -> None:
    few = {name: rows.slice(0, 5) for name, rows in apauto(gross_amount=Decimal("-11.00")).items()}
    assert landing.validate("apauto", few).passed


def test_empty_and_missing_tables_pass() -> None:
    assert landing.validate("procurement", {}).passed
    empty = {name: rows.slice(0, 0) for name, rows in procurement().items()}
    assert landing.validate("procurement", empty) == landing.validate("procurement", {})


def test_a_snapshot_that_shrank_too_much_is_held_for_its_owner() -> None:
    result = landing.shrunk("inventory", {"item": "36 rows after 40"})
    [failure] = result.critical
    assert (failure.table, failure.owner, failure.message) == ("item", "item_master", "36 rows after 40")
    assert not result.passed


@pytest.mark.parametrize(("kept", "landed", "passed"), [(25, 40, True), (15, 40, False), (2, 10, True)])
def test_a_batch_of_mostly_rejected_rows_is_held(kept: int, landed: int, passed: bool) -> None:
    tables = {"invoice": apauto()["invoice"].slice(0, kept)}
    assert landing.validate("apauto", tables, landed={"invoice": landed}).passed is passed


def test_a_batch_that_was_rejected_whole_is_held() -> None:
    assert not landing.validate("apauto", {}, landed={"invoice": 500}).passed


def test_a_column_that_is_gone_is_a_failure_not_a_pass() -> None:
    tables = {"purchase_order": procurement()["purchase_order"].drop_columns(["currency_code"])}
    result = landing.validate("procurement", tables)
    assert ("purchase_order", "currency_code") in held_for(result)


def test_a_large_batch_is_judged_in_seconds() -> None:
    big = {name: pa.concat_tables([rows] * 1500) for name, rows in apauto().items()}
    landing.validate("apauto", apauto())
    started = time.process_time()
    landing.validate("apauto", big)
    assert time.process_time() - started < 6  # under 1 s on a quiet core; the margin is for a loaded one

"""Every landing suite passes an ordinary batch and catches the faults it is there for."""

from __future__ import annotations

import time
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest

from expectations import landing, suites
from expectations.results import GateResult
from ingestion.raw import raw_schema
from ingestion.registry import SYSTEMS

MONEY = pa.decimal128(18, 2)
QUANTITY = pa.decimal128(18, 6)
STAMP = pa.timestamp("us")
TYPES = {
    "amount": MONEY, "gross_amount": MONEY, "tax_amount": MONEY, "freight_amount": MONEY, "total": MONEY,
    "line_amount": MONEY, "price": QUANTITY, "unit_price": QUANTITY, "quantity": QUANTITY,
    "stock_quantity": QUANTITY, "factor": pa.decimal128(18, 8), "created_at": STAMP,
    "invoice_date": pa.date32(), "receipt_date": pa.date32(), "payment_date": pa.date32(),
    "quantity_numerator": QUANTITY, "quantity_denominator": QUANTITY,
    "payment_is_blocked_for_supplier": pa.bool_(),
    "net_price_amount": QUANTITY, "quantity_in_entry_unit": QUANTITY, "invoice_gross_amount": MONEY,
    "amount_in_transaction_currency": MONEY, "price_po": QUANTITY, "qty_sh_recvd": QUANTITY,
    "receipt_dt": pa.date32(), "journal_date": pa.date32(), "monetary_amount": MONEY, "pymnt_amt": MONEY,
    "valid_from": pa.date32(), "effective_date": pa.date32(),
}  # fmt: skip
ROWS = 40


def table(rows: int = ROWS, **columns: Any) -> pa.Table:
    """A raw table: a callable makes a value from the row number, anything else is repeated."""
    made = {
        name: [value(i) if callable(value) else value for i in range(rows)] for name, value in columns.items()
    }
    return pa.table({name: pa.array(values, TYPES.get(name, pa.string())) for name, values in made.items()})


def procurement(**changed: Any) -> dict[str, pa.Table]:
    lines: dict[str, Any] = {
        "id": str, "order_header_id": str, "price": Decimal("2.5"), "quantity": Decimal(4),
        "total": Decimal("10.00"), "uom_code": "EA",
    }  # fmt: skip
    orders: dict[str, Any] = {
        "id": str, "po_number": lambda i: f"PO{i}", "supplier_number": "S1", "currency_code": "USD",
        "status": lambda i: "issued" if i % 2 else "closed", "created_at": datetime(2025, 3, 1, 12),
    }  # fmt: skip
    return {
        "supplier": table(id=str, number=str, status="active", tax_id_verdict="VALID"),
        "item": table(id=str, item_number=str, uom_code="EA"),
        "purchase_order": table(**orders | {k: v for k, v in changed.items() if k in orders}),
        "purchase_order_line": table(**lines | {k: v for k, v in changed.items() if k in lines}),
        "contract_price": table(id=str, contract_number="C1", price=Decimal(3)),
    }


def apauto(**changed: Any) -> dict[str, pa.Table]:
    invoices: dict[str, Any] = {
        "invoice_id": str, "invoice_number": str, "vendor_id": "V1", "gross_amount": Decimal("11.00"),
        "tax_amount": Decimal("1.00"), "freight_amount": None, "currency": "USD", "document_type": "INVOICE",
        "status": "APPROVED", "invoice_date": date(2025, 3, 1),
    }  # fmt: skip
    lines: dict[str, Any] = {
        "line_id": str, "invoice_id": str, "unit_price": Decimal(5), "amount": Decimal("10.00"),
    }  # fmt: skip
    return {
        "vendor": table(vendor_id=str, name="Medline", tax_id_verdict="VALID"),
        "invoice": table(**invoices | {k: v for k, v in changed.items() if k in invoices}),
        "invoice_line": table(**lines | {k: v for k, v in changed.items() if k in lines}),
    }


def inventory(**changed: Any) -> dict[str, pa.Table]:
    receipts: dict[str, Any] = {
        "receipt_number": str, "po_number": str, "uom": "EA", "transaction_type": "RECEIPT",
        "quantity": Decimal(3), "stock_quantity": Decimal(3), "receipt_date": date(2025, 3, 1),
    }  # fmt: skip
    units: dict[str, Any] = {"item_number": str, "factor": Decimal(10)}
    return {
        "item": table(item_number=str, base_uom="EA"),
        "item_unit": table(**units | {k: v for k, v in changed.items() if k in units}),
        "receipt": table(**receipts | {k: v for k, v in changed.items() if k in receipts}),
    }


def erp_cloud(**changed: Any) -> dict[str, pa.Table]:
    shapes: dict[str, dict[str, Any]] = {
        "supplier": {
            "supplier": str, "supplier_name": "Medline", "tax_number1_verdict": "VALID",
            "payment_is_blocked_for_supplier": False,
        },
        "supplier_bank": {"business_partner": str, "bank_number_verdict": "VALID"},
        "company_code": {"company_code": str, "currency": "USD"},
        "plant": {"plant": str, "company_code": "1000"},
        "cost_center": {"cost_center": str, "company_code": "1000"},
        "gl_account": {"gl_account": str, "gl_account_group": "EXPENSE"},
        "product": {"product": str, "base_unit": "EA"},
        "product_unit": {
            "product": str, "quantity_numerator": Decimal(1), "quantity_denominator": Decimal(1),
        },
        "purchase_order": {"purchase_order": str, "document_currency": "USD"},
        "purchase_order_item": {"purchase_order": str, "net_price_amount": Decimal(2)},
        "material_document_item": {
            "material_document": str, "reference_document": str, "quantity_in_entry_unit": Decimal(2),
        },
        "supplier_invoice": {
            "supplier_invoice": str, "invoice_gross_amount": Decimal(12),
            "supplier_invoice_id_by_invcg_party": str,
        },
        "ap_item": {"accounting_document": str},
        "journal_entry_item": {
            "company_code": "LH01", "fiscal_year": "2025", "accounting_document": lambda i: str(i // 2),
            "debit_credit_code": lambda i: "SH"[i % 2], "amount_in_transaction_currency": Decimal(12),
        },
    }  # fmt: skip
    return {
        name: table(**shape | {k: v for k, v in changed.items() if k in shape})
        for name, shape in shapes.items()
    }


def erp_legacy(**changed: Any) -> dict[str, pa.Table]:
    shapes: dict[str, dict[str, Any]] = {
        "vendor": {"vendor_id": str, "tin_verdict": "VALID"},
        "po_hdr": {"po_id": str, "currency_cd": "USD"},
        "po_line": {"po_id": str, "price_po": Decimal(2), "unit_of_measure": "EA"},
        "recv_ln_ship": {
            "receiver_id": str, "ext_receipt_id": str, "qty_sh_recvd": Decimal(2),
            "receipt_dt": date(2025, 3, 1),
        },
        "voucher": {"voucher_id": str, "invoice_id": str},
        "pymnt_vchr_xref": {"voucher_id": str},
        "payment_tbl": {"pymnt_id": str, "pymnt_amt": Decimal(12)},
        "jrnl_ln": {
            "business_unit": "LH02", "journal_id": lambda i: str(i // 2), "journal_date": date(2025, 3, 1),
            "monetary_amount": lambda i: Decimal(12) if i % 2 else Decimal(-12),
        },
    }  # fmt: skip
    return {
        name: table(**shape | {k: v for k, v in changed.items() if k in shape})
        for name, shape in shapes.items()
    }


def sourcing(**changed: Any) -> dict[str, pa.Table]:
    contracts: dict[str, Any] = {"contract_number": str, "supplier_number": "S1"}
    prices: dict[str, Any] = {
        "contract_number": str, "unit_price": Decimal("1.5"), "valid_from": date(2025, 1, 1),
    }  # fmt: skip
    return {
        "contract": table(**contracts | {k: v for k, v in changed.items() if k in contracts}),
        "contract_price": table(**prices | {k: v for k, v in changed.items() if k in prices}),
    }


def workforce(**changed: Any) -> dict[str, pa.Table]:
    dated = {"effective_date": date(2019, 7, 1)}
    locations = {"location_id": str, "location_wid": str, "location_type_id": "CLINIC", **dated}
    centers = {"cost_center_id": str, "cost_center_wid": str, "service_line_id": "Cardiology", **dated}
    return {
        "location": table(**locations | {k: v for k, v in changed.items() if k in locations}),
        "cost_center": table(**centers | {k: v for k, v in changed.items() if k in centers}),
    }


def uk_spend(**changed: Any) -> dict[str, pa.Table]:
    lines: dict[str, Any] = {
        "supplier": "KINGS COLLEGE", "transaction_number": str, "payment_date": date(2020, 4, 24),
        "amount": Decimal("12.00"), "expense_type": "(55040) Admin",
    }  # fmt: skip
    return {"payment_line": table(**lines | changed)}


def feed(**changed: Any) -> dict[str, pa.Table]:
    shapes: dict[str, dict[str, Any]] = {
        "supplier": {"supplier_id": str, "legal_name": "Medline"},
        "item_uom_conversion": {"item_id": str, "factor": Decimal(10)},
        "purchase_order": {"po_id": str, "currency_code": "USD"},
        "purchase_order_line": {"po_line_id": str, "unit_price": Decimal(1)},
        "receipt_line": {
            "receipt_line_id": str, "receipt_type": "RECEIPT", "receipt_date": date(2025, 1, 1),
        },
        "invoice": {
            "invoice_id": str, "currency_code": "USD", "invoice_type": "INVOICE",
            "invoice_date": date(2025, 1, 1), "gross_amount": Decimal("10.00"), "tax_amount": None,
            "freight_amount": None,
        },
        "invoice_line": {"invoice_id": str, "line_amount": Decimal("10.00")},
        "contract_price": {"contract_id": str, "unit_price": Decimal(1)},
        "journal_line": {"journal_id": str},
    }  # fmt: skip
    return {
        name: table(**shape | {k: v for k, v in changed.items() if k in shape})
        for name, shape in shapes.items()
    }


WORLDS = {
    "procurement": procurement, "apauto": apauto, "inventory": inventory, "erp_cloud": erp_cloud,
    "erp_legacy": erp_legacy, "sourcing": sourcing,
    "workforce": workforce, "uk_spend": uk_spend, "feed": feed,
}  # fmt: skip


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

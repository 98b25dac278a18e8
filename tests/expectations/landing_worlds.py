"""A sound batch of every system, as tables that the landing gate judges."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pyarrow as pa

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

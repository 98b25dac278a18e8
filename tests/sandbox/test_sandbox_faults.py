"""What planted faults look like in the files: as their labels say, with all that must follow."""

from __future__ import annotations

import duckdb
import pytest
from made_world import Made, oracle


@pytest.fixture(scope="module")
def files(faulty: Made) -> duckdb.DuckDBPyConnection:
    connection = oracle(faulty.folder)
    connection.execute(
        """create or replace macro labels(code) as table
           select native_id, expected_exception_code as expected, amount
           from read_parquet(getvariable('world') || '/labels.parquet') where fault_code = code"""
    )
    return connection


# Each pair: what a fault must look like, and its labels; all of the labels look like that.
@pytest.mark.parametrize(
    ("fault", "shape"),
    [
        ("TAX_ON_EXEMPT", "select invoice_id, tax_amount from header where tax_amount > 0 and rest = 0"),
        (
            "FREIGHT_UNPLANNED",
            "select invoice_id, freight_amount from header where planned_freight = 0 and rest = 0",
        ),
        ("HEADER_TOTAL", "select invoice_id, abs(rest) from header where tax_amount + freight_amount = 0"),
        (
            "INVOICE_NOT_REPLICATED",
            """select head.invoice_id, head.gross_amount from header as head
               join table_of('apauto/invoice') as bill using (invoice_id)
               where bill.status = 'POSTED'
               and bill.invoice_number not in (select invoice_number from erp_invoice)""",
        ),
        (
            "INVOICE_VALUE_DIFFERS",
            """select bill.invoice_id, erp.gross - bill.gross_amount from table_of('apauto/invoice') as bill
               join erp_invoice as erp on erp.invoice_number = bill.invoice_number
               where erp.entity = bill.company_code and erp.paid_on is null""",
        ),
        (
            "CANCEL_NOT_REPLICATED",
            """select head.id, sum(line.total) from table_of('procurement/purchase_order') as head
               join table_of('procurement/purchase_order_line') as line on line.parent = head.id
               join erp_order on erp_order.po_number = head."po-number"
               where head.status = 'cancelled' and erp_order.status = '02'
               and head."po-number" not in (select po_number from receipt) group by head.id""",
        ),
        (
            "RECEIPT_OVER",
            """select line_id, round((received.received / factor - quantity) * price, 2) from po_line
               join received using (po_number, po_line) where received.received < 1.26 * quantity * factor""",
        ),
        (
            "RECEIPT_DUPLICATE",
            """select line_id, round(quantity * price, 2) from po_line join receipt using (po_number, po_line)
               group by all having count(distinct receipt_key) = 2 and count(distinct stock) = 1
               and count(distinct receipt_date) = 1""",
        ),
        (
            "ORPHAN_POSTING",
            """select concat_ws('|', CompanyCode, FiscalYear, AccountingDocument, LedgerGLLineItem),
               AmountInTransactionCurrency from table_of('erp_cloud/journal_entry_item')
               where GLAccount = '210000' and DebitCreditCode = 'H' and AssignmentReference is null""",
        ),
        (
            "INVOICE_NO_PO",
            """select line_id, amount from bill join table_of('apauto/invoice') as head using (invoice_id)
               where head.po_number is null and bill_item_number is not null""",
        ),
        (
            "INVOICE_WRONG_PO",
            """select bill.line_id, amount from bill join po_line using (po_number, po_line)
               where company_code <> entity""",
        ),
        (
            "PRICE_WRONG_TIER",
            """select line_id, round(quantity * (po_line.price - best.price), 2) from po_line
               join published_price as best using (item_number, unit) join published_price as first
               using (item_number, unit, valid_from) where best.Tier = 'T2' and first.Tier = 'T1'
               and first.price = po_line.price""",
        ),
        (
            "PRICE_OTHER_UOM",
            """select line_id, round(quantity * (base.price - po_line.price), 2) from po_line
               join published_price as base using (item_number, unit) where factor > 1
               and abs(po_line.price * factor - base.price) <= 0.001 * base.price""",
        ),
        (
            "PRICE_EXPIRED",
            "select line_id, round(quantity * price, 2) from po_line where created_at >= '2026-01-01'",
        ),
        (
            "OFF_CONTRACT",
            """select line_id, round(quantity * po_line.price, 2) from po_line
               join whose on whose.native_id = supplier_id::varchar and whose.instance = 'procurement'
               where not exists (from published_price as own where own.item_number = po_line.item_number
               and own.supplier_number = whose.supplier)""",
        ),
    ],
)
def test_a_fault_is_what_its_label_says(files: duckdb.DuckDBPyConnection, fault: str, shape: str) -> None:
    planted, alike = files.execute(
        f"""select count(*), count(seen.id) from labels('{fault}') as label
            left join (select distinct id::varchar as id, amount from ({shape}) as shape (id, amount)) as seen
            on seen.id = label.native_id and abs(seen.amount - label.amount) <= 0.02"""
    ).fetchone() or (0, 0)
    assert planted == alike > 0


@pytest.mark.parametrize("fault", ["HEADER_TOTAL", "INVOICE_NO_PO", "INVOICE_WRONG_PO"])
def test_what_cannot_be_posted_is_held(files: duckdb.DuckDBPyConnection, fault: str) -> None:
    states = files.execute(
        f"""select distinct head.status, erp.gross from labels('{fault}') as label
            join table_of('apauto/invoice') as head on label.native_id in (head.invoice_id)
            or starts_with(label.native_id, head.invoice_id || '-')
            left join erp_invoice as erp using (invoice_number)"""
    ).fetchall()
    assert states == [("IN_WORKFLOW", None)]


def test_tax_that_was_posted_is_an_expense(files: duckdb.DuckDBPyConnection) -> None:
    booked, billed = files.execute(
        """select (select sum(AmountInTransactionCurrency) from table_of('erp_cloud/journal_entry_item')
               where GLAccount = '640100'),
           (select sum(head.tax_amount) from header join table_of('apauto/invoice') as head using (invoice_id)
               where head.status in ('POSTED', 'PAID') and head.company_code = 'LH01')"""
    ).fetchone() or (0, 0)
    assert booked == billed > 0

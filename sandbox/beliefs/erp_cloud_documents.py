"""What the cloud ERP believes of its entity's documents: orders, goods receipts, invoices, journal.

Purchase orders keep the number everyone prints; all else has numbers of its own and names what it stands for.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from sandbox import clock, columns, names
from sandbox.beliefs.books import ACCOUNTS, GOODS_RECEIPT, GRNI, PAYMENT, STRAY, SUPPLIER_INVOICE, Books
from sandbox.beliefs.identity import Chunk
from sandbox.clock import Bools, Ints
from sandbox.columns import WorldWriter
from sandbox.documents import CREDIT
from sandbox.masters import UNITS

ENTITY = 0
_COMPANY = names.ENTITIES[ENTITY].code
_MATERIAL, _JOURNAL, _INVOICE, _PAYMENT = 5_000_000_000, 4_900_000_000, 5_100_000_000, 2_000_000_000
_EXPENSE = ("6",)


def year_of(days: Ints) -> Ints:
    """Calendar year of days."""
    return days.astype("datetime64[D]").astype("datetime64[Y]").astype(np.int64) + 1970


def month_of(days: Ints) -> Ints:
    """Calendar month of days."""
    return days.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64) % 12 + 1


def write_documents(books: Books, writer: WorldWriter) -> int:
    """All documents of one chunk."""
    tables = {
        "purchase_order": _orders(books),
        "purchase_order_item": _order_items(books),
        "material_document_item": _material_documents(books),
        "supplier_invoice": _invoices(books),
        "ap_item": _open_items(books),
        "journal_entry_item": _journal(books),
    }
    number = books.chunk.number
    return sum(writer.write(f"erp_cloud/{name}", table, number) for name, table in tables.items())


def _supplier_numbers(books: Books, record: Ints) -> pa.Array:
    return columns.pick([row.number for row in books.chunk.masters.supplier_rows("erp_cloud")], record)


def _orders(books: Books) -> dict[str, pa.Array]:
    chunk, orders = books.chunk, books.chunk.documents.orders
    rows = np.flatnonzero(books.has_order & (orders.entity == ENTITY))
    status = np.where(books.order_cancelled, 2, np.where(books.order_closed, 1, 0))[rows]
    record = chunk.masters.record_of("erp_cloud", orders.po_supplier, chunk.order_ids)
    return {
        "PurchaseOrder": chunk.po_numbers.take(pa.array(rows)),
        "CompanyCode": columns.constant(_COMPANY, len(rows)),
        "Supplier": _supplier_numbers(books, record[rows]),
        "DocumentCurrency": columns.constant("USD", len(rows)),
        "PurchaseOrderDate": columns.dates(orders.po_day[rows]),
        "CreationDateTime": columns.timestamps(books.order_known_at[rows]),
        "PurchasingProcessingStatus": columns.pick(("02", "05", "08"), status),
        "LastChangeDateTime": columns.timestamps(books.order_changed_at[rows]),
    }


def _order_items(books: Books) -> dict[str, pa.Array]:
    chunk, orders = books.chunk, books.chunk.documents.orders
    rows = np.flatnonzero((books.has_order & (orders.entity == ENTITY))[orders.po])
    po, item, count = orders.po[rows], orders.item[rows], len(rows)
    events = np.minimum(chunk.last_event + 600, clock.world_end())
    changed = np.maximum(books.order_changed_at, events)
    deleted = columns.where(books.order_cancelled[po], columns.constant("L", count))
    unit = columns.pick(UNITS, orders.unit[rows])
    return {
        "PurchaseOrder": chunk.po_numbers.take(pa.array(po)),
        "PurchaseOrderItem": columns.numbered("", orders.number[rows]),
        "Material": columns.pick([row.number for row in chunk.masters.items], item),
        "PurchaseOrderItemText": columns.pick([row.name[:40] for row in chunk.masters.items], item),
        "OrderQuantity": columns.quantities(orders.quantity[rows]),
        "PurchaseOrderQuantityUnit": unit,
        "NetPriceAmount": columns.prices(orders.price[rows]),
        "NetPriceQuantity": columns.quantities(np.ones(count, dtype=np.int64)),
        "OrderPriceUnit": unit,
        "Plant": columns.pick([place.code for place in names.PLACES], orders.po_place[po]),
        "IsCompletelyDelivered": pa.array(chunk.delivery_complete[rows]),
        "IsFinallyInvoiced": pa.array(chunk.finally_invoiced[rows]),
        "PurchasingDocumentDeletionCode": deleted,
        "LastChangeDateTime": columns.timestamps(changed[po]),
    }


def _own_receipts(books: Books) -> Bools:
    orders, receipts = books.chunk.documents.orders, books.chunk.documents.receipts
    own: Bools = books.has_receipt & (orders.entity[orders.po[receipts.line]] == ENTITY)
    return own


def _material_documents(books: Books) -> dict[str, pa.Array]:
    chunk, orders, receipts = books.chunk, books.chunk.documents.orders, books.chunk.documents.receipts
    rows = np.flatnonzero(_own_receipts(books))
    line = receipts.line[rows]
    po, count = orders.po[line], len(rows)
    return {
        "MaterialDocumentYear": columns.numbered("", year_of(receipts.posting_day[rows])),
        "MaterialDocument": columns.numbered("", _MATERIAL + chunk.receipt_numbers[rows]),
        "MaterialDocumentItem": columns.numbered("", chunk.receipt_line_numbers[rows], 4),
        "GoodsMovementType": columns.pick(("101", "122", "102"), receipts.kind[rows]),
        "PurchaseOrder": chunk.po_numbers.take(pa.array(po)),
        "PurchaseOrderItem": columns.numbered("", orders.number[line]),
        "Material": columns.pick([row.number for row in chunk.masters.items], orders.item[line]),
        "Plant": columns.pick([place.code for place in names.PLACES], orders.po_place[po]),
        "QuantityInEntryUnit": columns.quantities(receipts.counted[rows]),
        "EntryUnit": columns.pick(UNITS, receipts.counted_unit[rows]),
        "QuantityInBaseUnit": columns.quantities(receipts.stock[rows]),
        "MaterialBaseUnit": columns.constant("EA", count),
        "DocumentDate": columns.dates(receipts.day[rows]),
        "PostingDate": columns.dates(receipts.posting_day[rows]),
        "ReferenceDocument": columns.numbered("GR", chunk.receipt_numbers[rows], 9),
        "ReferenceDocumentItem": columns.numbered("", chunk.receipt_line_numbers[rows]),
        "LastChangeDateTime": columns.timestamps(books.receipt_known_at[rows]),
    }


def _invoice_number(books: Books, rows: Ints) -> pa.Array:
    return columns.numbered("", _INVOICE + books.chunk.invoice_numbers[rows])


def _parties(books: Books, rows: Ints) -> pa.Array:
    """The record paid; an invoice of another entity's ERP is posted on the common one."""
    own = books.chunk.documents.orders.entity[books.chunk.documents.invoices.doc_po[rows]] == ENTITY
    supplier = books.chunk.documents.orders.po_supplier[books.chunk.documents.invoices.doc_po[rows]]
    return _supplier_numbers(books, np.where(own, books.chunk.settlement.record[rows], supplier))


def _invoices(books: Books) -> dict[str, pa.Array]:
    chunk, bills, settlement = books.chunk, books.chunk.documents.invoices, books.chunk.settlement
    rows = np.flatnonzero(books.has_invoice(ENTITY))
    count = len(rows)
    return {
        "SupplierInvoice": _invoice_number(books, rows),
        "FiscalYear": columns.numbered("", year_of(settlement.posting_day[rows])),
        "CompanyCode": columns.constant(_COMPANY, count),
        "InvoicingParty": _parties(books, rows),
        "SupplierInvoiceIDByInvcgParty": chunk.printed_numbers.take(pa.array(rows)),
        "DocumentDate": columns.dates(bills.doc_day[rows]),
        "PostingDate": columns.dates(settlement.posting_day[rows]),
        "DocumentCurrency": columns.constant("USD", count),
        "InvoiceGrossAmount": columns.money(chunk.documents.gross_amount[rows] + bills.doc_misread[rows]),
        "SupplierInvoiceIsCreditMemo": pa.array(bills.doc_kind[rows] == CREDIT),
        "ReverseDocument": columns.nulls(count),
        "LastChangeDateTime": columns.timestamps(settlement.posted_at[rows] + 1_800),
    }


def _open_items(books: Books) -> dict[str, pa.Array]:
    chunk, bills, settlement = books.chunk, books.chunk.documents.invoices, books.chunk.settlement
    rows = np.flatnonzero(books.has_invoice(ENTITY))
    own = chunk.documents.orders.entity[bills.doc_po[rows]] == ENTITY
    payment = np.where(own, settlement.payment[rows], -1)
    cleared, count = payment >= 0, len(rows)
    day = np.where(cleared, settlement.run_day[rows], 0)
    year = columns.numbered("", year_of(settlement.posting_day[rows]))
    sign = np.where(bills.doc_kind[rows] == CREDIT, -1, 1)
    changed = np.where(cleared, day * clock.SECONDS_A_DAY + 79_200, settlement.posted_at[rows] + 1_800)
    return {
        "CompanyCode": columns.constant(_COMPANY, count),
        "FiscalYear": year,
        "AccountingDocument": _invoice_number(books, rows),
        "AccountingDocumentItem": columns.constant("001", count),
        "Supplier": _parties(books, rows),
        "InvoiceReference": columns.joined("|", _invoice_number(books, rows), year),
        "AmountInTransactionCurrency": columns.money(sign * chunk.documents.gross_amount[rows]),
        "TransactionCurrency": columns.constant("USD", count),
        "NetDueDate": columns.dates(settlement.due_day[rows]),
        "ClearingDate": columns.where(cleared, columns.dates(day)),
        "ClearingAccountingDocument": columns.where(
            cleared, columns.numbered("", _PAYMENT + chunk.offsets.payments + payment + 1)
        ),
        "ClearingDocFiscalYear": columns.where(cleared, columns.numbered("", year_of(day))),
        "PaymentMethod": columns.constant("T", count),
        "CashDiscountAmount": columns.money(np.zeros(count, dtype=np.int64)),
        "LastChangeDateTime": columns.timestamps(changed),
    }


def stray_line_ids(chunk: Chunk, rows: Ints) -> pa.Array:
    """Key of the clearing line that was booked once more for each of some receipt rows."""
    year = year_of(chunk.documents.receipts.posting_day[rows])
    number = _JOURNAL + STRAY + chunk.receipt_numbers[rows]
    company = columns.constant(_COMPANY, len(rows))
    return columns.joined(
        "|",
        company,
        columns.numbered("", year),
        columns.numbered("", number),
        columns.constant("000001", len(rows)),
    )


def _journal(books: Books) -> dict[str, pa.Array]:
    chunk, orders, entries = books.chunk, books.chunk.documents.orders, books.entries(ENTITY)
    receipts, count = chunk.documents.receipts, len(entries.kind)
    base = np.array([_JOURNAL, _INVOICE, _PAYMENT])[entries.kind]
    document = columns.numbered("", base + entries.document)
    year = columns.numbered("", year_of(entries.day))
    receipt = np.where(entries.kind == GOODS_RECEIPT, entries.source, 0)
    material = columns.joined(
        "|",
        year,
        columns.numbered("", _MATERIAL + entries.document),
        columns.numbered("", chunk.receipt_line_numbers[receipt] if len(receipts.line) else receipt, 4),
    )
    invoice = columns.joined("|", document, year)
    reference = pc.case_when(
        pc.make_struct(
            pa.array(entries.kind == GOODS_RECEIPT), pa.array(entries.kind == SUPPLIER_INVOICE)
        ),
        material,
        invoice,
        document,
    )  # fmt: skip
    clearing = (entries.account == ACCOUNTS.index(GRNI)) & (entries.line >= 0)
    line, po = np.maximum(entries.line, 0), np.maximum(entries.po, 0)
    expense = np.array([code.startswith(_EXPENSE) for code in ACCOUNTS])[entries.account]
    centers = columns.pick([row.code for row in chunk.masters.cost_centers], orders.po_cost_center[po])
    assignment = columns.joined(
        "|", chunk.po_numbers.take(pa.array(orders.po[line])), columns.numbered("", orders.number[line])
    )
    return {
        "Ledger": columns.constant("0L", count),
        "CompanyCode": columns.constant(_COMPANY, count),
        "FiscalYear": year,
        "AccountingDocument": document,
        "LedgerGLLineItem": columns.numbered("", entries.number, 6),
        "AccountingDocumentType": columns.pick(("WE", "RE", "KZ"), entries.kind),
        "GLAccount": columns.pick(ACCOUNTS, entries.account),
        "CostCenter": columns.where(expense, centers),
        "Plant": columns.where(
            entries.kind != PAYMENT,
            columns.pick([place.code for place in names.PLACES], orders.po_place[po]),
        ),
        "PostingDate": columns.dates(entries.day),
        "FiscalPeriod": columns.numbered("", month_of(entries.day), 3),
        "DebitCreditCode": columns.pick(("S", "H"), (entries.cents < 0).astype(np.int64)),
        "AmountInTransactionCurrency": columns.money(np.abs(entries.cents)),
        "TransactionCurrency": columns.constant("USD", count),
        "ReferenceDocumentType": columns.pick(("MKPF", "RMRP", "BKPF"), entries.kind),
        "ReferenceDocument": reference,
        "AssignmentReference": columns.where(clearing, assignment),
        "IsReversal": columns.constant(False, count),
        "ReversalReferenceDocument": columns.nulls(count),
        "AccountingDocCreatedByUser": columns.pick(
            ("GR_INTERFACE", "AP_INTERFACE", "PAYMENT_RUN"), entries.kind
        ),
        "LastChangeDateTime": columns.timestamps(entries.at),
    }

"""The documents of the cloud ERP: orders, goods movements, supplier invoices, open items, journal lines.

Every one says when it last changed. Amounts are positive with a code for the sign, except the open items'.
"""

from ingestion.spec import (
    BOOL,
    DATE,
    MONEY,
    PRICE,
    QUANTITY,
    TIMESTAMP,
    ColumnSpec,
    TableSpec,
    column,
    texts,
)

CHANGED = column("LastChangeDateTime", TIMESTAMP, format="odata")


def _date(path: str, *, required: bool = False) -> ColumnSpec:
    return column(path, DATE, format="odata", required=required)


def _document(name: str, *columns: ColumnSpec, key: str, published_as: str = "") -> TableSpec:
    return TableSpec(
        name=name,
        published_as=published_as,
        key=tuple(key.split()),
        source_updated_at=("LastChangeDateTime",),
        columns=(*columns, CHANGED),
    )


PURCHASE_ORDER = _document(
    "purchase_order",
    column("PurchaseOrder", required=True),
    *texts("CompanyCode", "Supplier", "DocumentCurrency"),
    _date("PurchaseOrderDate"),
    column("CreationDateTime", TIMESTAMP, format="odata"),
    column("PurchasingProcessingStatus", enum=("02", "05", "08")),
    key="purchase_order",
    published_as="API_PURCHASEORDER_PROCESS_SRV.A_PurchaseOrderType",
)

PURCHASE_ORDER_ITEM = _document(
    "purchase_order_item",
    column("PurchaseOrder", required=True),
    column("PurchaseOrderItem", required=True),
    *texts("Material", "PurchaseOrderItemText"),
    column("OrderQuantity", QUANTITY),
    *texts("PurchaseOrderQuantityUnit"),
    column("NetPriceAmount", PRICE),
    column("NetPriceQuantity", QUANTITY),
    *texts("OrderPriceUnit", "Plant"),
    column("IsCompletelyDelivered", BOOL),
    column("IsFinallyInvoiced", BOOL),
    *texts("PurchasingDocumentDeletionCode"),
    key="purchase_order purchase_order_item",
    published_as="API_PURCHASEORDER_PROCESS_SRV.A_PurchaseOrderItemType",
)

MATERIAL_DOCUMENT_ITEM = _document(
    "material_document_item",
    column("MaterialDocumentYear", required=True),
    column("MaterialDocument", required=True),
    column("MaterialDocumentItem", required=True),
    column("GoodsMovementType", required=True, enum=("101", "122", "102")),
    *texts("PurchaseOrder", "PurchaseOrderItem", "Material", "Plant"),
    column("QuantityInEntryUnit", QUANTITY, required=True),
    *texts("EntryUnit"),
    column("QuantityInBaseUnit", QUANTITY),
    *texts("MaterialBaseUnit"),
    _date("DocumentDate"),
    _date("PostingDate"),
    *texts("ReferenceDocument", "ReferenceDocumentItem"),
    key="material_document_year material_document material_document_item",
)

SUPPLIER_INVOICE = _document(
    "supplier_invoice",
    column("SupplierInvoice", required=True),
    column("FiscalYear", required=True),
    *texts("CompanyCode", "InvoicingParty", "SupplierInvoiceIDByInvcgParty"),
    _date("DocumentDate"),
    _date("PostingDate"),
    *texts("DocumentCurrency"),
    column("InvoiceGrossAmount", MONEY, required=True),
    column("SupplierInvoiceIsCreditMemo", BOOL),
    *texts("ReverseDocument"),
    key="supplier_invoice fiscal_year",
    published_as="API_SUPPLIERINVOICE_PROCESS_SRV.A_SupplierInvoiceType",
)

AP_ITEM = _document(
    "ap_item",
    column("CompanyCode", required=True),
    column("FiscalYear", required=True),
    column("AccountingDocument", required=True),
    column("AccountingDocumentItem", required=True),
    *texts("Supplier", "InvoiceReference"),
    column("AmountInTransactionCurrency", MONEY, required=True),
    *texts("TransactionCurrency"),
    _date("NetDueDate"),
    _date("ClearingDate"),
    *texts("ClearingAccountingDocument", "ClearingDocFiscalYear", "PaymentMethod"),
    column("CashDiscountAmount", MONEY),
    key="company_code fiscal_year accounting_document accounting_document_item",
)

JOURNAL_ENTRY_ITEM = _document(
    "journal_entry_item",
    *texts("Ledger"),
    column("CompanyCode", required=True),
    column("FiscalYear", required=True),
    column("AccountingDocument", required=True),
    column("LedgerGLLineItem", required=True),
    *texts("AccountingDocumentType"),
    column("GLAccount", required=True),
    *texts("CostCenter", "Plant"),
    _date("PostingDate", required=True),
    *texts("FiscalPeriod"),
    column("DebitCreditCode", required=True, enum=("S", "H")),
    column("AmountInTransactionCurrency", MONEY, required=True),
    *texts("TransactionCurrency", "ReferenceDocumentType", "ReferenceDocument", "AssignmentReference"),
    column("IsReversal", BOOL),
    *texts("ReversalReferenceDocument", "AccountingDocCreatedByUser"),
    key="company_code fiscal_year accounting_document ledger_gl_line_item",
    published_as="API_GLACCOUNTLINEITEM.GLAccountLineItemType",
)

DOCUMENTS = (
    PURCHASE_ORDER,
    PURCHASE_ORDER_ITEM,
    MATERIAL_DOCUMENT_ITEM,
    SUPPLIER_INVOICE,
    AP_ITEM,
    JOURNAL_ENTRY_ITEM,
)
DOCUMENT_PATHS = {
    "purchase_order": "/API_PURCHASEORDER_PROCESS_SRV/A_PurchaseOrder",
    "purchase_order_item": "/API_PURCHASEORDER_PROCESS_SRV/A_PurchaseOrderItem",
    "material_document_item": "/API_MATERIAL_DOCUMENT_SRV/A_MaterialDocumentItem",
    "supplier_invoice": "/API_SUPPLIERINVOICE_PROCESS_SRV/A_SupplierInvoice",
    "ap_item": "/API_OPLACCTGDOCITEMCUBE_SRV/A_OperationalAcctgDocItemCube",
    "journal_entry_item": "/API_JOURNALENTRYITEMBASIC_SRV/A_JournalEntryItemBasic",
}

"""Spec of the accounts-payable automation: REST with a rotating bearer token and cursor paging.

Invoice lines arrive nested; they carry no time of their own, so the invoice's time orders their versions.
An invoice lists all its lines, and this interface tells no keys: a line that is no longer listed is deleted.
"""

from ingestion.event_spec import EVENT, EventSpec
from ingestion.spec import (
    BOOL,
    DATE,
    HTTPS_OPTIONAL,
    MONEY,
    PRICE,
    QUANTITY,
    TIMESTAMP,
    WHOLE,
    ResourceSpec,
    RestWire,
    SystemSpec,
    TableSpec,
    column,
    texts,
)

VENDOR = TableSpec(
    name="vendor",
    key=("vendor_id",),
    source_updated_at=("updated_at",),
    columns=(
        column("vendor_id", required=True),
        *texts("vendor_number"),
        column("name", required=True),
        column("tax_id", sensitive="tax_id"),
        *texts("currency", "terms"),
        column("active", BOOL),
        *texts("erp_vendor_number", "remit_to.line1", "remit_to.city", "remit_to.region"),
        *texts("remit_to.postal_code", "remit_to.country"),
        column("created_at", TIMESTAMP),
        column("updated_at", TIMESTAMP),
    ),
)

INVOICE = TableSpec(
    name="invoice",
    key=("invoice_id",),
    source_version=("version",),
    source_updated_at=("updated_at",),
    columns=(
        column("invoice_id", required=True),
        column("invoice_number", required=True),
        column("document_type", required=True, enum=("INVOICE", "CREDIT_MEMO", "DEBIT_MEMO")),
        column("vendor_id", required=True),
        *texts("vendor_name", "company_code"),
        column("invoice_date", DATE, required=True),
        column("received_at", TIMESTAMP),
        column("posting_date", DATE),
        column("currency", required=True),
        column("gross_amount", MONEY),
        column("tax_amount", MONEY),
        column("freight_amount", MONEY),
        column("status", enum=("RECEIVED", "IN_WORKFLOW", "APPROVED", "POSTED", "PAID", "VOID", "REJECTED")),
        *texts("payment_terms", "po_number", "original_invoice_id", "credit_kind", "document_hash"),
        column("voided_at", TIMESTAMP),
        column("version", WHOLE),
        column("created_at", TIMESTAMP),
        column("updated_at", TIMESTAMP),
    ),
)

INVOICE_LINE = TableSpec(
    name="invoice_line",
    key=("line_id",),
    explode="lines",
    part_of=("invoice", "invoice_id"),
    source_version=("^version",),
    source_updated_at=("^updated_at",),
    columns=(
        column("line_id", required=True),
        column("^invoice_id", name="invoice_id", required=True),
        column("^updated_at", TIMESTAMP, name="invoice_updated_at", hashed=False),
        *texts("line_number", "charge_class", "po_number", "po_line_number", "item_number"),
        *texts("supplier_part_number", "description"),
        column("quantity", QUANTITY),
        *texts("uom"),
        column("unit_price", PRICE),
        column("amount", MONEY, required=True),
        *texts("gl_account", "cost_center", "facility"),
    ),
)


EVENT_TABLE = TableSpec(
    name=EVENT,
    key=("id",),
    columns=(
        column("id", required=True),
        column("type", required=True),
        column("created_at", TIMESTAMP, required=True),
        column("data.object", required=True),
        column("data.id", required=True),
        column("data.version", WHOLE),
        *texts("request_id", "actor"),
    ),
)


def _resource(name: str, path: str, *tables: str) -> ResourceSpec:
    return ResourceSpec(
        name=name,
        path=path,
        tables=tables,
        updated_path="updated_at",
        filter_param="updated_since",
        until_param="updated_before",
    )


SPEC = SystemSpec(
    name="apauto",
    title="accounts-payable automation",
    wire=RestWire(
        auth="api_token",
        login_path="/v1/token",
        paging="cursor",
        records="data",
        page_size=200,
        version_header="X-API-Version",
    ),
    resources=(
        _resource("vendor", "/v1/vendors", "vendor"),
        _resource("invoice", "/v1/invoices", "invoice", "invoice_line"),
    ),
    tables=(VENDOR, INVOICE, INVOICE_LINE, EVENT_TABLE),
    connection_required=("url", "api_key", "api_secret"),
    connection_optional=("signing_secret", *HTTPS_OPTIONAL),
    events=EventSpec("AP-Signature", timestamp_header="AP-Timestamp", records="events"),
)

"""Spec of the procurement suite: REST with OAuth2 client credentials and offset paging.

Certificates, purchase-order lines and supplier items arrive nested and become tables of their own. The lines
are also asked for by themselves: one may change while its order does not. Records are deleted for good, so
every resource tells its keys.
"""

from dataclasses import replace

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

SUPPLIER = TableSpec(
    name="supplier",
    published_as="Purchasing_API.Supplier",
    key=("id",),
    source_updated_at=("updated-at",),
    columns=(
        column("id", required=True),
        *texts("number"),
        column("name", required=True),
        *texts("display-name"),
        column("status", enum=("active", "inactive")),
        column("tax-id", sensitive="tax_id"),
        *texts("duns", "payment-method", "payment-term.code"),
        column("on-hold", BOOL),
        *texts("primary-address.street1", "primary-address.city", "primary-address.state"),
        *texts("primary-address.postal-code", "primary-address.country.code"),
        *texts("custom-fields.npi", "custom-fields.lei", "custom-fields.currency"),
        column("custom-fields.is-1099", BOOL),
        *texts("custom-fields.box-1099"),
        column("custom-fields.w9-date", DATE),
        column("created-at", TIMESTAMP),
        column("updated-at", TIMESTAMP),
        *texts("updated-by.login"),
    ),
)

SUPPLIER_CERTIFICATE = TableSpec(
    name="supplier_certificate",
    key=("id",),
    explode="diversity-certificates",
    source_updated_at=("^updated-at",),
    columns=(
        column("id", required=True),
        column("^id", name="supplier_id", required=True),
        *texts("code", "certifier", "number"),
        column("effective-date", DATE),
        column("expiration-date", DATE),
    ),
)

ITEM = TableSpec(
    name="item",
    published_as="Purchasing_API.Item",
    key=("id",),
    source_updated_at=("updated-at",),
    columns=(
        column("id", required=True),
        *texts("item-number", "name", "description", "item-type", "uom.code"),
        *texts("manufacturer-name", "manufacturer-part-number", "commodity.name", "commodity.code"),
        column("active", BOOL),
        *texts("custom-fields.gtin", "custom-fields.unspsc", "custom-fields.spend-type"),
        column("custom-fields.is-stocked", BOOL),
        column("custom-fields.is-implant", BOOL),
        column("custom-fields.is-lot-controlled", BOOL),
        column("created-at", TIMESTAMP),
        column("updated-at", TIMESTAMP),
    ),
)

SUPPLIER_ITEM = TableSpec(
    name="supplier_item",
    published_as="Purchasing_API.SupplierItem",
    key=("id",),
    explode="supplier-items",
    source_updated_at=("^updated-at",),
    columns=(
        column("id", required=True),
        column("^id", name="item_id", required=True),
        *texts("supplier.id", "supplier.number", "supplier-part-num", "uom.code", "packaging"),
    ),
)

PURCHASE_ORDER = TableSpec(
    name="purchase_order",
    published_as="Purchasing_API.OrderHeader",
    key=("id",),
    source_version=("internal-revision", "version"),
    source_updated_at=("updated-at",),
    columns=(
        column("id", required=True),
        column("po-number", required=True),
        *texts("type"),
        column("status", enum=("draft", "pending_approval", "issued", "soft_closed", "closed", "cancelled")),
        column("version", WHOLE),
        column("internal-revision", WHOLE),
        column("currency.code", required=True),
        column("supplier.id", required=True),
        *texts("supplier.number", "supplier.name", "payment-term.code", "shipping-term.code"),
        column("created-at", TIMESTAMP),
        column("updated-at", TIMESTAMP),
        *texts("custom-fields.legal-entity"),
        column("custom-fields.approved-at", TIMESTAMP),
        column("custom-fields.sent-at", TIMESTAMP),
        column("custom-fields.closed-at", TIMESTAMP),
        column("custom-fields.cancelled-at", TIMESTAMP),
        column("custom-fields.planned-freight", MONEY),
        *texts("custom-fields.po-type"),
    ),
)

PURCHASE_ORDER_LINE = TableSpec(
    name="purchase_order_line",
    published_as="Purchasing_API.OrderLine",
    key=("id",),
    explode="order-lines",
    repeated=("order-header-id", "order-header-number"),
    source_version=("version",),
    source_updated_at=("updated-at", "^updated-at"),
    columns=(
        column("id", required=True),
        column("^id", name="order_header_id", required=True),
        column("^updated-at", TIMESTAMP, name="header_updated_at", hashed=False),
        column("line-num", required=True),
        *texts("item.id", "item.item-number", "description"),
        column("quantity", QUANTITY),
        *texts("uom.code"),
        column("price", PRICE),
        column("total", MONEY),
        *texts("currency.code", "status"),
        column("need-by-date", DATE),
        column("receipt-required", BOOL),
        column("match-type", enum=("none", "2-way", "3-way", "3-way-gr", "4-way")),
        column("receipt-approval-required", BOOL),
        *texts("source-part-num", "manufacturer-part-number", "commodity.name", "commodity.code"),
        *texts("account.code", "account.segment-1", "account.segment-2", "account.segment-3"),
        *texts("custom-fields.facility"),
        column("custom-fields.delivery-complete", BOOL),
        column("custom-fields.finally-invoiced", BOOL),
        column("custom-fields.price-estimated", BOOL),
        *texts("custom-fields.spend-type"),
        column("created-at", TIMESTAMP),
        column("updated-at", TIMESTAMP),
        column("version", WHOLE),
    ),
)

CONTRACT_PRICE = TableSpec(
    name="contract_price",
    key=("id",),
    source_updated_at=("updated-at",),
    columns=(
        column("id", required=True),
        *texts("external-ref"),
        column("contract.number", required=True),
        *texts("supplier.number", "item.item-number", "manufacturer-part-number"),
        column("uom.code", required=True),
        *texts("tier"),
        column("minimum-quantity", QUANTITY),
        column("price", PRICE, required=True),
        *texts("currency.code"),
        column("start-date", DATE),
        column("end-date", DATE),
        column("created-at", TIMESTAMP),
        column("updated-at", TIMESTAMP),
    ),
)


EVENT_TABLE = TableSpec(
    name=EVENT,
    key=("event_id",),
    columns=(
        column("event-id", required=True),
        column("event-type", required=True),
        column("occurred-at", TIMESTAMP, required=True),
        column("object-type", required=True),
        column("object-id", required=True),
        column("object-revision", WHOLE),
        *texts("request-id", "actor.login"),
    ),
)


def _resource(name: str, path: str, *tables: str) -> ResourceSpec:
    return ResourceSpec(
        name=name,
        path=path,
        tables=tables,
        updated_path="updated-at",
        filter_param="updated-at[gt_or_eq]",
        until_param="updated-at[lt]",
        has_key_set=True,
    )


ORDER_LINES = replace(
    _resource("purchase_order_line", "/api/purchase_order_lines", "purchase_order_line"),
    has_key_set=False,
    nested_in="purchase_order",
    paths=(("order_header_id", "order-header-id"),),
)


SPEC = SystemSpec(
    name="procurement",
    title="procurement suite",
    wire=RestWire(
        auth="oauth2",
        login_path="/oauth2/token",
        scope="core.read",
        paging="offset",
        records="$",
        page_size=50,
        version_header="X-API-Version",
        selects="fields",
    ),
    resources=(
        _resource("supplier", "/api/suppliers", "supplier", "supplier_certificate"),
        _resource("item", "/api/items", "item", "supplier_item"),
        _resource("purchase_order", "/api/purchase_orders", "purchase_order", "purchase_order_line"),
        ORDER_LINES,
        _resource("contract_price", "/api/contract_prices", "contract_price"),
    ),
    tables=(
        *(SUPPLIER, SUPPLIER_CERTIFICATE, ITEM, SUPPLIER_ITEM),
        *(PURCHASE_ORDER, PURCHASE_ORDER_LINE, CONTRACT_PRICE, EVENT_TABLE),
    ),
    api_version="R35",
    unpublished=(
        "custom-fields",
        # The list gives commodities a name only, and supplier items neither unit nor packaging.
        *("item/commodity.code", "purchase_order_line/commodity.code"),
        *("supplier_item/uom.code", "supplier_item/packaging"),
    ),
    connection_required=("url", "client_id", "client_secret"),
    connection_optional=("scope", "signing_secret", *HTTPS_OPTIONAL),
    events=EventSpec(signature_header="X-Signature", signature_prefix="sha256="),
)

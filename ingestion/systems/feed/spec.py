"""Spec of the feed: `<folder>/<entity>.csv` (.csv.gz, .parquet, .xlsx, .json, .jsonl too), or `<entity>/*`.

Columns are those of the canonical model. A leading `*` marks a required column, `name:type` a type that
the name does not tell; `is_deleted`, `source_version` and `source_recorded_at` are understood in every file.
"""

from ingestion.spec import (
    BOOL,
    DATE,
    FACTOR,
    MONEY,
    QUANTITY,
    TIMESTAMP,
    WHOLE,
    ColumnSpec,
    ColumnType,
    FileFormat,
    FilesWire,
    ResourceSpec,
    Sensitive,
    SystemSpec,
    TableSpec,
    column,
)

_SHORT: dict[str, ColumnType] = {
    "qty": QUANTITY,
    "money": MONEY,
    "factor": FACTOR,
    "int": WHOLE,
    "ts": TIMESTAMP,
    "date": DATE,
    "text": "varchar",
}
_SENSITIVE: dict[str, Sensitive] = {
    "tax_id": "tax_id",
    "routing_number": "routing",
    "account_number": "account",
    "iban": "iban",
    # With the day of its use a serial number names a patient; whoever recalls devices asks the vault.
    "receipt_line.serial": "serial",
    "invoice_line.serial": "serial",
    "usage_event.serial": "serial",
    "case_token": "case",
}
_ENUMS: dict[str, tuple[str, ...]] = {
    "supplier.status": ("ACTIVE", "INACTIVE", "BLOCKED"),
    "supplier_site.site_type": ("ORDER_FROM", "REMIT_TO", "BOTH"),
    "item.spend_type": ("SUPPLY", "IMPLANT", "DRUG", "SERVICE", "CAPITAL"),
    "facility.facility_type": ("HOSPITAL", "CLINIC", "LAB", "AMBULATORY", "WAREHOUSE", "OFFICE"),
    "gl_account.account_type": ("ASSET", "LIABILITY", "EXPENSE", "REVENUE", "EQUITY"),
    "purchase_order.po_type": (
        *("STANDARD", "BLANKET", "SERVICE", "BILL_ONLY", "BILL_AND_REPLACE", "CONSIGNMENT"),
    ),
    "purchase_order.status": (
        *("DRAFT", "PENDING_APPROVAL", "APPROVED", "SENT", "SOFT_CLOSED", "CLOSED", "CANCELLED"),
    ),
    "receipt_line.receipt_type": ("RECEIPT", "RETURN", "VOID", "ACCEPT", "REJECT"),
    "receipt_line.ownership": ("OWNED", "CONSIGNED"),
    "usage_event.outcome": ("IMPLANTED", "WASTED", "EXPLANTED"),
    "invoice.invoice_type": ("INVOICE", "CREDIT", "DEBIT"),
    "invoice.status": ("RECEIVED", "APPROVED", "POSTED", "PAID", "VOID", "REJECTED"),
    "invoice.credit_kind": ("QUANTITY", "PRICE", "REVERSAL"),
    "invoice.payment_channel": ("AP", "PCARD"),
    "invoice_line.charge_class": (
        *("GOODS", "SERVICE", "FREIGHT", "HANDLING", "TAX_SALES", "TAX_USE", "FUEL", "MINIMUM_ORDER"),
        *("DISCOUNT", "RESTOCK", "MISC", "ROUNDING"),
    ),
    "contract.contract_type": ("GPO", "LOCAL", "DISTRIBUTOR"),
    "contract.price_basis_date": ("ORDER", "SHIP", "INVOICE"),
    "journal_line.subledger_type": ("RECEIPT", "INVOICE", "PAYMENT", "ACCRUAL", "MANUAL"),
    **{
        f"fiscal_period.{area}_status": ("NEVER_OPENED", "FUTURE", "OPEN", "SOFT_CLOSED", "CLOSED", "LOCKED")
        for area in ("ap", "po", "inventory", "gl")
    },
    "payment.status": ("SCHEDULED", "RELEASED", "CLEARED", "VOID"),
}


def _type(name: str) -> ColumnType:
    if name.startswith("is_"):
        return BOOL
    if name == "quantity" or name.endswith(("_quantity", "unit_price")):
        return QUANTITY
    if name == "amount" or name.endswith("_amount"):
        return MONEY
    if name.endswith("_at"):
        return TIMESTAMP
    if name in ("valid_from", "valid_to") or name.endswith(("_date", "_on")):
        return DATE
    return "varchar"


def _column(entity: str, word: str) -> ColumnSpec:
    name, _, short = word.removeprefix("*").partition(":")
    return column(
        name,
        _SHORT[short] if short else _type(name),
        required=word.startswith("*"),
        sensitive=_SENSITIVE.get(name) or _SENSITIVE.get(f"{entity}.{name}"),
        enum=_ENUMS.get(f"{entity}.{name}", ()),
    )


def _entity(name: str, key: str, words: str, *, count_equal_rows: bool = False) -> TableSpec:
    columns = tuple(_column(name, word) for word in words.split())
    names = {spec.name for spec in columns}
    return TableSpec(
        name=name,
        columns=columns,
        key=tuple(key.split("|")),
        source_version=("source_version", *(("version",) if "version" in names else ())),
        source_updated_at=(
            "source_recorded_at",
            *(candidate for candidate in ("updated_at", "recorded_at", "changed_at") if candidate in names),
        ),
        is_deleted=("is_deleted",),
        count_equal_rows=count_equal_rows,
    )


TABLES = (
    _entity(
        "supplier",
        "supplier_id",
        "*supplier_id supplier_number *legal_name dba_name tax_id tax_id_type tax_country duns uei npi lei"
        " status payment_term_code payment_method currency_code is_1099 box_1099 w9_date diversity_codes"
        " parent_supplier_id contract_ids created_at updated_at updated_by",
    ),
    _entity(
        "supplier_site",
        "site_id",
        "*site_id *supplier_id site_type name line1 line2 city region postal_code country phone email"
        " is_active",
    ),
    _entity(
        "supplier_bank_account",
        "bank_account_id|valid_from",
        "*bank_account_id *supplier_id site_id routing_number account_number iban payee_name valid_from"
        " valid_to changed_by changed_at",
    ),
    _entity(
        "employee_bank_account",
        "bank_account_id|valid_from",
        "*bank_account_id *employee_id routing_number account_number iban valid_from valid_to",
    ),
    _entity(
        "screening_entry",
        # An entry has no id: whom it names, why and since when tells it from others, and where he is found.
        "list_code|npi|business_name|last_name|first_name|middle_name|exclusion_type|excluded_on"
        "|region|postal_code",
        "list_code last_name first_name middle_name business_name general specialty upin npi address city"
        " region postal_code exclusion_type excluded_on reinstated_on waived_on waiver_region file_date",
    ),
    _entity(
        "supplier_certificate",
        "supplier_id|certificate_type|code|certifier|number|valid_from",
        "*supplier_id certificate_type code certifier number valid_from valid_to",
    ),
    _entity(
        "item",
        "item_id",
        "*item_id item_number *description manufacturer_name manufacturer_part_number gtin unspsc_code"
        " category_code spend_type *base_uom_code is_stocked is_implant is_lot_controlled is_active"
        " updated_at",
    ),
    _entity(
        "item_supplier",
        "item_id|supplier_id",
        "*item_id *supplier_id supplier_part_number order_uom_code packaging_string",
    ),
    _entity(
        "item_uom_conversion",
        "item_id|supplier_id|from_uom_code|valid_from",
        "*item_id supplier_id *from_uom_code *factor:factor valid_from valid_to known_from:ts",
    ),
    _entity(
        "item_package",
        # A package never changes its contents under its number: there are no intervals, and another quantity
        # is no newer version but another claim.
        "item_id|gtin|contained_gtin|contained_quantity",
        "*item_id *gtin identifier_type contained_gtin contained_quantity:factor uom_code",
    ),
    _entity(
        "facility",
        "facility_code|valid_from",
        "*facility_id *facility_code name facility_type parent_facility_id legal_entity_code region gln"
        " timezone valid_from valid_to",
    ),
    _entity(
        "cost_center",
        "cost_center_code|valid_from",
        "*cost_center_code name legal_entity_code facility_id service_line_code valid_from valid_to",
    ),
    _entity(
        "gl_account",
        "account_code|valid_from",
        "*account_code name account_type is_postable valid_from valid_to",
    ),
    _entity(
        "legal_entity",
        "legal_entity_code|valid_from",
        "*legal_entity_code name tax_id ledger_code currency_code erp_instance valid_from valid_to",
    ),
    _entity(
        "payment_term",
        "payment_term_code",
        "*payment_term_code description discount_share:factor discount_days:int net_days:int basis",
    ),
    _entity(
        "purchase_order",
        "po_id",
        "*po_id *po_number po_type *supplier_id site_id legal_entity_code *currency_code status created_at"
        " approved_at sent_at acknowledged_at closed_at cancelled_at version:int payment_term_code"
        " freight_terms planned_freight_amount contract_id limit_amount valid_from valid_to",
    ),
    _entity(
        "purchase_order_line",
        "po_line_id",
        "*po_line_id *po_id *line_number schedule_number requisition_line_id item_id supplier_part_number"
        " manufacturer_part_number gtin category_code spend_type description *quantity *order_uom_code"
        " *unit_price price_uom_code price_per_quantity base_factor:factor line_amount facility_id"
        " cost_center_code account_code contract_id match_category is_receipt_required"
        " is_receipt_based_invoice is_inspection_required is_price_estimated is_delivery_complete"
        " is_finally_invoiced opening_received_quantity opening_invoiced_quantity promised_date"
        " acknowledgement_code status created_at updated_at",
    ),
    _entity(
        "service_acceptance",
        "po_line_id|period_code|accepted_at",
        "po_line_id accepted_amount accepted_share:factor period_code accepted_at actor",
        # An acceptance has no id, and two of a month may state no time.
        count_equal_rows=True,
    ),
    _entity(
        "po_acknowledgement_line",
        "po_number|po_line_number|status_code|acknowledged_at",
        "*po_number po_line_number status_code quantity uom_code unit_price promised_date acknowledged_at",
    ),
    _entity(
        "ship_notice_line",
        "shipment_number|po_number|po_line_number|lot|serial",
        "*po_number po_line_number shipment_number quantity uom_code lot serial shipped_at expected_date",
    ),
    _entity(
        "receipt_line",
        "receipt_line_id",
        "*receipt_line_id receipt_number line_number *receipt_type po_line_id po_number po_line_number"
        " original_receipt_line_id item_id *quantity *uom_code stock_quantity stock_uom_code"
        " base_factor:factor *receipt_date posting_date recorded_at facility_id lot serial ownership"
        " is_synthetic is_credit_expected",
    ),
    _entity(
        "usage_event",
        "usage_event_id",
        "*usage_event_id case_token item_id gtin lot serial quantity uom_code outcome used_at facility_id"
        " po_line_id construct_id",
    ),
    _entity(
        "invoice",
        "invoice_id",
        "*invoice_id *invoice_number *invoice_type *supplier_id site_id legal_entity_code *invoice_date"
        " received_at posting_date *currency_code gross_amount tax_amount freight_amount status"
        " payment_term_code po_number original_invoice_id credit_kind voided_at payment_channel"
        " document_hash",
    ),
    _entity(
        "invoice_line",
        "invoice_line_id",
        "*invoice_line_id *invoice_id line_number charge_class po_line_id po_number po_line_number"
        " receipt_line_id item_id supplier_part_number manufacturer_part_number gtin description quantity"
        " uom_code base_factor:factor unit_price price_uom_code price_per_quantity *line_amount lot serial"
        " case_token account_code cost_center_code facility_id",
    ),
    _entity(
        "match_allocation",
        "invoice_line_id|receipt_line_id|po_line_id",
        "invoice_line_id receipt_line_id po_line_id quantity amount",
    ),
    _entity(
        "payment",
        "payment_id",
        "*payment_id payment_number *supplier_id legal_entity_code bank_account_id method *payment_date"
        " *currency_code *amount status cleared_at",
    ),
    _entity(
        "payment_application",
        "payment_id|invoice_id",
        "*payment_id *invoice_id *amount discount_amount",
    ),
    _entity(
        "contract",
        "contract_id",
        "*contract_id *contract_number supplier_id contract_type gpo_code price_basis_date:text"
        " distributor_markup:factor status payment_term_code valid_from valid_to",
    ),
    _entity(
        "contract_price",
        "contract_id|item_id or manufacturer_part_number|uom_code|tier_code|min_quantity|valid_from",
        "*contract_id item_id manufacturer_part_number *uom_code tier_code min_quantity *unit_price"
        " currency_code valid_from valid_to known_from:ts",
    ),
    _entity(
        "journal_line",
        "ledger_code|journal_id|line_number",
        "*ledger_code legal_entity_code *journal_id *line_number source_code category_code period_code"
        " *posting_date *account_code cost_center_code facility_id debit_amount credit_amount *currency_code"
        " subledger_type subledger_id reference correlation_id reversal_of_journal_id created_by created_at",
    ),
    _entity(
        "account_balance",
        "ledger_code|legal_entity_code|account_code|currency_code|balance_date",
        "*ledger_code legal_entity_code *account_code *currency_code *balance_date debit_amount"
        " credit_amount",
    ),
    _entity(
        "status_event",
        "event_id",
        "*event_id *entity_type *entity_id *event_type *occurred_at:ts entity_version:int"
        " correlation_id actor",
    ),
    _entity(
        "exchange_rate",
        "from_currency|to_currency|rate_date",
        "*from_currency *to_currency *rate_date *rate:factor",
    ),
    _entity(
        "fiscal_period",
        "ledger_code|period_code",
        "*ledger_code *period_code *starts_on *ends_on ap_status po_status inventory_status gl_status"
        " closed_at",
    ),
)

SPEC = SystemSpec(
    name="feed",
    title="canonical files",
    wire=FilesWire(
        wanted="files named after canonical entities, for example supplier.csv or invoice_line.parquet",
        format=FileFormat(encodings=("utf-8-sig", "cp1252")),
    ),
    resources=tuple(ResourceSpec(name=table.name, path=table.name, tables=(table.name,)) for table in TABLES),
    tables=TABLES,
    connection_required=("folder",),
    unread=(
        *("bank_change_approval", "stock_balance", "budget_line"),
        *("requisition_line", "document_distribution"),
        "invoice_hold",
    ),
)

"""Spec of the inventory system: dated CSV files over SFTP, each with a trailer and a `.done` marker.

Items and units are full snapshots, receipts and usage (what a case took) are increments.
"""

from ingestion.spec import (
    BOOL,
    DATE,
    FACTOR,
    QUANTITY,
    SFTP_OPTIONAL,
    SFTP_REQUIRED,
    TIMESTAMP,
    FileFormat,
    ResourceSpec,
    SftpWire,
    SystemSpec,
    TableSpec,
    column,
    texts,
)

ITEM = TableSpec(
    name="item",
    key=("item_number",),
    source_updated_at=("UpdatedAt",),
    columns=(
        column("ItemNumber", required=True),
        *texts("Description", "BaseUom", "Manufacturer", "ManufacturerPart", "GTIN"),
        column("Active", BOOL),
        column("UpdatedAt", TIMESTAMP),
    ),
)

ITEM_UNIT = TableSpec(
    name="item_unit",
    key=("item_number", "", "uom", "valid_from"),
    source_updated_at=("UpdatedAt",),
    columns=(
        column("ItemNumber", required=True),
        column("Uom", required=True),
        column("Factor", FACTOR, required=True),
        column("ValidFrom", DATE),
        column("ValidTo", DATE),
        column("UpdatedAt", TIMESTAMP),
    ),
)

RECEIPT = TableSpec(
    name="receipt",
    key=("receipt_number", "line_number"),
    source_updated_at=("RecordedAt",),
    columns=(
        column("ReceiptNumber", required=True),
        column("LineNumber", required=True),
        column("TransactionType", required=True, enum=("RECEIPT", "RETURN", "VOID")),
        *texts("PoNumber", "PoLine", "ItemNumber"),
        column("Quantity", QUANTITY, required=True),
        column("Uom", required=True),
        column("StockQuantity", QUANTITY),
        *texts("StockUom"),
        column("ReceiptDate", DATE, required=True),
        column("PostingDate", DATE),
        column("RecordedAt", TIMESTAMP),
        *texts("Facility", "Lot", "OriginalReceipt", "OriginalLine"),
        column("CreditExpected", BOOL),
        column("DeliveryComplete", BOOL),
    ),
)

# Only tokens of case and device go beyond the landing copy: a serial number and a day would name a patient.
USAGE = TableSpec(
    name="usage",
    key=("usage_number", "line_number"),
    source_updated_at=("RecordedAt",),
    columns=(
        column("UsageNumber", required=True),
        column("LineNumber", required=True),
        column("CaseNumber", name="case_token", sensitive="case"),
        *texts("ItemNumber", "GTIN", "Lot"),
        column("Serial", sensitive="serial"),
        column("Quantity", QUANTITY, required=True),
        *texts("Uom"),
        column("Outcome", enum=("IMPLANTED", "WASTED", "EXPLANTED")),
        column("UsedAt", TIMESTAMP, required=True),
        *texts("Facility", "Construct"),
        column("RecordedAt", TIMESTAMP),
    ),
)

SPEC = SystemSpec(
    name="inventory",
    title="inventory system",
    wire=SftpWire(folder="/outbound", marker=".done", format=FileFormat(trailer="TRL")),
    resources=(
        ResourceSpec(
            name="item",
            path="items_*.csv",
            tables=("item",),
            is_snapshot=True,
            absent_is_deleted=True,
        ),
        ResourceSpec(
            name="item_unit",
            path="item_units_*.csv",
            tables=("item_unit",),
            is_snapshot=True,
            absent_is_deleted=True,
        ),
        ResourceSpec(name="receipt", path="receipts_*.csv", tables=("receipt",), quantity_column="quantity"),
        ResourceSpec(name="usage", path="usage_*.csv", tables=("usage",), quantity_column="quantity"),
    ),
    tables=(ITEM, ITEM_UNIT, RECEIPT, USAGE),
    connection_required=SFTP_REQUIRED,
    connection_optional=SFTP_OPTIONAL,
)

"""Spec of the sourcing system: dated CSV files over SFTP, each with a trailer and a `.done` marker.

Contracts and prices are full snapshots. A price without an item number is for a manufacturer's part.
"""

from ingestion.spec import (
    DATE,
    FACTOR,
    PRICE,
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

CONTRACT = TableSpec(
    name="contract",
    key=("contract_number",),
    source_updated_at=("UpdatedAt",),
    columns=(
        column("ContractNumber", required=True),
        column("ContractType", enum=("GPO", "LOCAL", "DISTRIBUTOR")),
        *texts("SupplierNumber", "GpoCode"),
        column("PriceBasis", enum=("ORDER", "SHIP", "INVOICE")),
        column("Markup", FACTOR),
        column("Status", enum=("ACTIVE", "EXPIRED")),
        *texts("PaymentTerms"),
        column("ValidFrom", DATE),
        column("ValidTo", DATE),
        column("UpdatedAt", TIMESTAMP),
    ),
)

CONTRACT_PRICE = TableSpec(
    name="contract_price",
    key=(
        *("contract_number", "item_number or manufacturer_part", "uom", "tier", "min_quantity"),
        "valid_from",
    ),
    source_updated_at=("PublishedAt",),
    columns=(
        column("ContractNumber", required=True),
        *texts("ItemNumber", "ManufacturerPart"),
        column("Uom", required=True),
        *texts("Tier"),
        column("MinQuantity", QUANTITY),
        column("UnitPrice", PRICE, required=True),
        *texts("Currency"),
        column("ValidFrom", DATE),
        column("ValidTo", DATE),
        column("PublishedAt", TIMESTAMP),
    ),
)

SPEC = SystemSpec(
    name="sourcing",
    title="sourcing system",
    wire=SftpWire(folder="/outbound", marker=".done", format=FileFormat(trailer="TRL")),
    resources=(
        ResourceSpec(name="contract", path="contracts_*.csv", tables=("contract",), is_snapshot=True),
        ResourceSpec(
            name="contract_price", path="prices_*.csv", tables=("contract_price",), is_snapshot=True
        ),
    ),
    tables=(CONTRACT, CONTRACT_PRICE),
    connection_required=SFTP_REQUIRED,
    connection_optional=SFTP_OPTIONAL,
)

"""Spec of the cloud ERP: OData v2 with basic authentication and server-driven pages.

Of the masters only suppliers and products say when they changed; the others are read whole each run. The
documents stand in `documents.py`.
"""

from ingestion.spec import (
    BOOL,
    DATE,
    HTTPS_OPTIONAL,
    QUANTITY,
    TIMESTAMP,
    ColumnSpec,
    ResourceSpec,
    RestWire,
    SystemSpec,
    TableSpec,
    column,
    texts,
)
from ingestion.systems.erp_cloud.documents import DOCUMENT_PATHS, DOCUMENTS


def _date(path: str) -> ColumnSpec:
    return column(path, DATE, format="odata")


VALIDITY = (_date("ValidityStartDate"), _date("ValidityEndDate"))

SUPPLIER = TableSpec(
    name="supplier",
    published_as="API_BUSINESS_PARTNER.A_SupplierType",
    key=("supplier",),
    source_updated_at=("LastChangeDateTime",),
    columns=(
        column("Supplier", required=True),
        column("SupplierName", required=True),
        *texts("SupplierFullName", "SupplierAccountGroup"),
        column("TaxNumber1", sensitive="tax_id"),
        *texts("TaxNumberType"),
        column("PaymentIsBlockedForSupplier", BOOL),
        column("PostingIsBlocked", BOOL),
        column("PurchasingIsBlocked", BOOL),
        column("DeletionIndicator", BOOL),
        _date("CreationDate"),
        column("LastChangeDateTime", TIMESTAMP, format="odata"),
        *texts("PaymentTerms", "Currency", "DUNS", "ExternalReference"),
    ),
)

SUPPLIER_BANK = TableSpec(
    name="supplier_bank",
    published_as="API_BUSINESS_PARTNER.A_BusinessPartnerBankType",
    key=("business_partner", "bank_identification"),
    columns=(
        column("BusinessPartner", required=True),
        column("BankIdentification", required=True),
        *texts("BankCountryKey"),
        column("BankNumber", sensitive="routing"),
        column("BankAccount", sensitive="account"),
        column("IBAN", sensitive="iban"),
        *texts("BankAccountHolderName"),
        *VALIDITY,
    ),
)

SUPPLIER_ADDRESS = TableSpec(
    name="supplier_address",
    published_as="API_BUSINESS_PARTNER.A_BusinessPartnerAddressType",
    key=("business_partner", "address_id"),
    columns=(
        column("BusinessPartner", required=True),
        column("AddressID", required=True),
        *texts("HouseNumber", "StreetName", "POBox", "CityName", "Region", "PostalCode", "Country"),
    ),
)

ADDRESS_PHONE = TableSpec(
    name="address_phone",
    published_as="API_BUSINESS_PARTNER.A_AddressPhoneNumberType",
    key=("address_id", "person", "ordinal_number"),
    columns=(
        column("AddressID", required=True),
        column("Person"),
        column("OrdinalNumber", required=True),
        *texts("PhoneNumber"),
    ),
)

ADDRESS_EMAIL = TableSpec(
    name="address_email",
    published_as="API_BUSINESS_PARTNER.A_AddressEmailAddressType",
    key=("address_id", "person", "ordinal_number"),
    columns=(
        column("AddressID", required=True),
        column("Person"),
        column("OrdinalNumber", required=True),
        *texts("EmailAddress"),
    ),
)

COMPANY_CODE = TableSpec(
    name="company_code",
    key=("company_code",),
    columns=(
        column("CompanyCode", required=True),
        *texts("CompanyCodeName", "Currency", "Country", "Ledger"),
    ),
)

PLANT = TableSpec(
    name="plant",
    key=("plant", "validity_start_date"),
    columns=(
        column("Plant", required=True),
        *texts("PlantName"),
        column(
            "PlantCategory",
            enum=("HOSPITAL", "CLINIC", "LAB", "AMBULATORY", "WAREHOUSE", "OFFICE"),
            enum_is_open=True,
        ),
        *texts("CompanyCode", "ParentPlant", "Region", "TimeZone", "GLN"),
        *VALIDITY,
    ),
)

COST_CENTER = TableSpec(
    name="cost_center",
    key=("cost_center", "validity_start_date"),
    columns=(
        *texts("ControllingArea"),
        column("CostCenter", required=True),
        *texts("CostCenterName", "CompanyCode", "Plant", "Department"),
        *VALIDITY,
    ),
)

GL_ACCOUNT = TableSpec(
    name="gl_account",
    key=("gl_account", "validity_start_date"),
    columns=(
        *texts("ChartOfAccounts"),
        column("GLAccount", required=True),
        *texts("GLAccountName"),
        column("GLAccountGroup", enum=("ASSET", "LIABILITY", "EXPENSE", "REVENUE", "EQUITY")),
        column("AccountIsBlockedForPosting", BOOL),
        *VALIDITY,
    ),
)

PRODUCT = TableSpec(
    name="product",
    key=("product",),
    source_updated_at=("LastChangeDateTime",),
    columns=(
        column("Product", required=True),
        *texts("ProductDescription", "BaseUnit", "ProductGroup", "ManufacturerName"),
        *texts("ManufacturerPartNumber", "GTIN"),
        column("IsMarkedForDeletion", BOOL),
        column("LastChangeDateTime", TIMESTAMP, format="odata"),
    ),
)

PRODUCT_UNIT = TableSpec(
    name="product_unit",
    key=("product", "", "alternative_unit", "validity_start_date"),
    columns=(
        column("Product", required=True),
        column("AlternativeUnit", required=True),
        column("QuantityNumerator", QUANTITY, required=True),
        column("QuantityDenominator", QUANTITY, required=True),
        *texts("BaseUnit"),
        *VALIDITY,
    ),
)


# Drafts and their items are deleted for good; posted documents are reversed instead.
DELETABLE = ("purchase_order", "purchase_order_item")


def _resource(table: str, path: str, *, filtered: bool = False) -> ResourceSpec:
    return ResourceSpec(
        name=table,
        path=path,
        tables=(table,),
        params=(("$format", "json"),),
        updated_path="LastChangeDateTime" if filtered else "",
        is_snapshot=not filtered,
        filter_param="$filter" if filtered else "",
        filter_template="LastChangeDateTime ge datetimeoffset'{cursor}'",
        until_param="$filter" if filtered else "",
        until_template="LastChangeDateTime lt datetimeoffset'{until}'",
        has_key_set=table in DELETABLE,
    )


SPEC = SystemSpec(
    name="erp_cloud",
    title="cloud ERP",
    wire=RestWire(
        auth="basic",
        paging="odata",
        records="d.results",
        page_size=200,
        root="/sap/opu/odata/sap",
        ignored=("__metadata",),
        version_header="DataServiceVersion",
        selects="odata",
    ),
    resources=(
        _resource("supplier", "/API_BUSINESS_PARTNER/A_Supplier", filtered=True),
        _resource("supplier_bank", "/API_BUSINESS_PARTNER/A_BusinessPartnerBank"),
        _resource("supplier_address", "/API_BUSINESS_PARTNER/A_BusinessPartnerAddress"),
        _resource("address_phone", "/API_BUSINESS_PARTNER/A_AddressPhoneNumber"),
        _resource("address_email", "/API_BUSINESS_PARTNER/A_AddressEmailAddress"),
        _resource("company_code", "/API_COMPANYCODE_SRV/A_CompanyCode"),
        _resource("plant", "/API_PLANT_SRV/A_Plant"),
        _resource("cost_center", "/API_COSTCENTER_SRV/A_CostCenter"),
        _resource("gl_account", "/API_GLACCOUNTINCHARTOFACCOUNTS_SRV/A_GLAccountInChartOfAccounts"),
        _resource("product", "/API_PRODUCT_SRV/A_Product", filtered=True),
        _resource("product_unit", "/API_PRODUCT_SRV/A_ProductUnitsOfMeasure"),
        *(_resource(table, path, filtered=True) for table, path in DOCUMENT_PATHS.items()),
    ),
    tables=(
        SUPPLIER,
        SUPPLIER_BANK,
        SUPPLIER_ADDRESS,
        ADDRESS_PHONE,
        ADDRESS_EMAIL,
        COMPANY_CODE,
        PLANT,
        COST_CENTER,
        GL_ACCOUNT,
        PRODUCT,
        PRODUCT_UNIT,
        *DOCUMENTS,
    ),
    api_version="2.0",
    unpublished=(
        # Of the supplier the list keeps terms and currency per organization, and no time of change.
        *("supplier/LastChangeDateTime", "supplier/PaymentTerms", "supplier/Currency"),
        # Extension fields of the customer, under which Concord finds a supplier it created.
        *("supplier/DUNS", "supplier/ExternalReference"),
        # Times of change by which deltas are asked for; published, they are texts or on the header only.
        *("purchase_order/CreationDateTime", "purchase_order_item/LastChangeDateTime"),
        "supplier_invoice/LastChangeDateTime",
    ),
    connection_required=("url", "user", "password"),
    connection_optional=HTTPS_OPTIONAL,
)

"""The cloud ERP's entity sets: where each table is found, in which order it is read, how it is searched."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sandbox.servers.records import Collection, parse_time

CHANGED = "LastChangeDateTime"
MASTER_PAGE = 200
DOCUMENT_PAGE = 1_000
SUPPLIER = "A_Supplier"
SUPPLIER_COMPANY = "A_SupplierCompany"
JOURNAL = "A_JournalEntry"
JOURNAL_ITEM = "A_JournalEntryItemBasic"
GOODS_MOVEMENT = "A_MaterialDocumentItem"
_CHANGE = re.compile(rf"{CHANGED}\s+(ge|lt)\s+datetimeoffset'([^']+)'")
_EQUAL = re.compile(r"(\w+)\s+eq\s+'([^']*)'")


@dataclass(frozen=True)
class EntitySet:
    """A table as a service shows it; `lookup` is a column it can be searched by."""

    service: str
    name: str
    table: str
    sort_by: tuple[str, ...]
    page: int = MASTER_PAGE
    amount: str | None = None
    unit: str | None = None
    lookup: str | None = None

    @property
    def has_changes(self) -> bool:
        """Whether rows say when they changed."""
        return self.sort_by[0] == CHANGED


def _document(
    service: str, name: str, table: str, *key: str, amount: str | None = None, unit: str | None = None
) -> EntitySet:
    return EntitySet(service, name, table, (CHANGED, *key), DOCUMENT_PAGE, amount, unit)


ENTITY_SETS = (
    EntitySet(
        "API_BUSINESS_PARTNER", SUPPLIER, "supplier", (CHANGED, "Supplier"), lookup="ExternalReference"
    ),
    EntitySet(
        "API_BUSINESS_PARTNER",
        "A_BusinessPartnerBank",
        "supplier_bank",
        ("BusinessPartner", "BankIdentification"),
    ),
    EntitySet(
        "API_BUSINESS_PARTNER",
        SUPPLIER_COMPANY,
        "supplier_company",
        ("Supplier", "CompanyCode"),
        lookup="Supplier",
    ),
    EntitySet(
        "API_BUSINESS_PARTNER",
        "A_BusinessPartnerAddress",
        "supplier_address",
        ("BusinessPartner", "AddressID"),
    ),
    EntitySet(
        "API_BUSINESS_PARTNER", "A_AddressPhoneNumber", "address_phone", ("AddressID", "OrdinalNumber")
    ),
    EntitySet(
        "API_BUSINESS_PARTNER", "A_AddressEmailAddress", "address_email", ("AddressID", "OrdinalNumber")
    ),
    EntitySet("API_COMPANYCODE_SRV", "A_CompanyCode", "company_code", ("CompanyCode",)),
    EntitySet("API_PLANT_SRV", "A_Plant", "plant", ("Plant", "ValidityStartDate")),
    EntitySet("API_COSTCENTER_SRV", "A_CostCenter", "cost_center", ("CostCenter", "ValidityStartDate")),
    EntitySet(
        "API_GLACCOUNTINCHARTOFACCOUNTS_SRV",
        "A_GLAccountInChartOfAccounts",
        "gl_account",
        ("GLAccount", "ValidityStartDate"),
    ),
    EntitySet("API_PRODUCT_SRV", "A_Product", "product", (CHANGED, "Product"), unit="BaseUnit"),
    EntitySet(
        "API_PRODUCT_SRV",
        "A_ProductUnitsOfMeasure",
        "product_unit",
        ("Product", "AlternativeUnit", "ValidityStartDate"),
        amount="QuantityNumerator",
        unit="AlternativeUnit",
    ),
    _document("API_PURCHASEORDER_PROCESS_SRV", "A_PurchaseOrder", "purchase_order", "PurchaseOrder"),
    _document(
        "API_PURCHASEORDER_PROCESS_SRV",
        "A_PurchaseOrderItem",
        "purchase_order_item",
        "PurchaseOrder",
        "PurchaseOrderItem",
        amount="NetPriceAmount",
        unit="PurchaseOrderQuantityUnit",
    ),
    _document(
        "API_MATERIAL_DOCUMENT_SRV",
        GOODS_MOVEMENT,
        "material_document_item",
        "MaterialDocumentYear",
        "MaterialDocument",
        "MaterialDocumentItem",
        amount="QuantityInEntryUnit",
        unit="EntryUnit",
    ),
    _document(
        "API_SUPPLIERINVOICE_PROCESS_SRV",
        "A_SupplierInvoice",
        "supplier_invoice",
        "SupplierInvoice",
        "FiscalYear",
        amount="InvoiceGrossAmount",
    ),
    _document(
        "API_OPLACCTGDOCITEMCUBE_SRV",
        "A_OperationalAcctgDocItemCube",
        "ap_item",
        "CompanyCode",
        "FiscalYear",
        "AccountingDocument",
        "AccountingDocumentItem",
        amount="AmountInTransactionCurrency",
    ),
    _document(
        "API_JOURNALENTRYITEMBASIC_SRV",
        JOURNAL_ITEM,
        "journal_entry_item",
        "CompanyCode",
        "FiscalYear",
        "AccountingDocument",
        "LedgerGLLineItem",
        amount="AmountInTransactionCurrency",
    ),
    EntitySet("API_JOURNALENTRY_SRV", JOURNAL, "journal_entry", (CHANGED,), lookup="DocumentReferenceID"),
)


def open_collections(world: Path) -> dict[str, Collection]:
    """The tables of a world's ERP, by entity set."""
    return {
        entity.name: Collection(
            world / "erp_cloud",
            entity.table,
            sort_by=entity.sort_by,
            changed_at=CHANGED if entity.has_changes else None,
            amount_path=(entity.amount,) if entity.amount else (),
            unit_path=(entity.unit,) if entity.unit else (),
            odata_dates=True,
            added=(entity.lookup,) if entity.lookup else (),
        )
        for entity in ENTITY_SETS
    }


@dataclass(frozen=True)
class Condition:
    """What a `$filter` asks for: a window of changes, or values of the look-up column."""

    since: datetime | None = None
    before: datetime | None = None
    values: tuple[str, ...] = ()


def read_filter(entity: EntitySet, text: str | None) -> Condition:
    """The condition of a `$filter`; a ValueError says it cannot be had."""
    if not text:
        return Condition()
    equal = [_EQUAL.fullmatch(part.strip()) for part in text.split(" or ")]
    if all(match and match[1] == entity.lookup for match in equal):
        return Condition(values=tuple(match[2] for match in equal if match))
    changes = [_CHANGE.fullmatch(part.strip()) for part in text.split(" and ")]
    bounds = {match[1]: match[2] for match in changes if match}
    if not entity.has_changes or not all(changes) or len(bounds) < len(changes):
        raise ValueError(f"{entity.name} cannot filter by {text}")
    return Condition(parse_time(bounds.get("ge")), parse_time(bounds.get("lt")))

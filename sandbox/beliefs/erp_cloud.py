"""What the cloud ERP believes: suppliers and banks, organization, chart of accounts, products and units.

It is the record for units of measure; a unit drift therefore shows here first.
"""

from __future__ import annotations

from datetime import date

import numpy as np
import pyarrow as pa

from sandbox import columns, identifiers, names
from sandbox.banks import usual_accounts
from sandbox.beliefs.erp_cloud_sites import sites
from sandbox.beliefs.procurement import master_times
from sandbox.columns import WorldWriter
from sandbox.masters import UNITS, Masters

_VALID_FROM = date(2015, 1, 1)
_REGIONS = ("IL", "WI")


def write_masters(masters: Masters, writer: WorldWriter) -> int:
    """All masters of the finance system."""
    tables = {
        "supplier": _suppliers(masters),
        "supplier_company": _supplier_companies(masters),
        "supplier_bank": _banks(masters),
        **sites(masters),
        "company_code": _companies(),
        "plant": _plants(),
        "cost_center": _cost_centers(masters),
        "gl_account": _accounts(),
        "product": _products(masters),
        "product_unit": _product_units(masters),
    }
    return sum(writer.write(f"erp_cloud/{name}", table, 0) for name, table in tables.items())


def _always(count: int) -> dict[str, pa.Array]:
    return {
        "ValidityStartDate": columns.constant(_VALID_FROM, count),
        "ValidityEndDate": pa.nulls(count, pa.date32()),
    }


def _suppliers(masters: Masters) -> dict[str, pa.Array]:
    rows = masters.supplier_rows("erp_cloud")
    count = len(rows)
    no = columns.constant(False, count)
    return {
        "Supplier": pa.array([row.number for row in rows]),
        "SupplierName": pa.array([row.name[:35] for row in rows]),
        "SupplierFullName": pa.array([row.name for row in rows]),
        "SupplierAccountGroup": columns.constant("SUPL", count),
        "TaxNumber1": pa.array([row.tax_id for row in rows]),
        "TaxNumberType": columns.constant("US1", count),
        "PaymentIsBlockedForSupplier": no,
        "PostingIsBlocked": no,
        "PurchasingIsBlocked": no,
        "DeletionIndicator": no,
        "CreationDate": columns.constant(_VALID_FROM, count),
        "LastChangeDateTime": columns.timestamps(master_times(count)),
        "PaymentTerms": pa.array(masters.terms_of("erp_cloud")),
        "Currency": columns.constant("USD", count),
        "DUNS": pa.array([row.duns for row in rows], pa.string()),
    }


def _supplier_companies(masters: Masters) -> dict[str, pa.Array]:
    rows = masters.supplier_rows("erp_cloud")
    return {
        "Supplier": pa.array([row.number for row in rows]),
        "CompanyCode": columns.constant(names.ENTITIES[0].code, len(rows)),
        "PaymentBlockingReason": columns.constant("", len(rows)),
    }


def _banks(masters: Masters) -> dict[str, pa.Array]:
    """Extra records have an account only where a fault gave them one."""
    usual = len(masters.suppliers)
    owned = [
        (row, account)
        for n, row in enumerate(masters.supplier_rows("erp_cloud"))
        for account in masters.erp_banks.get(n) or (usual_accounts(n) if n < usual else [])
    ]
    rows, accounts = [row for row, _ in owned], [account for _, account in owned]
    return {
        "BusinessPartner": pa.array([row.number for row in rows]),
        "BankIdentification": pa.array([f"{account.place:04d}" for account in accounts]),
        "BankCountryKey": columns.constant("US", len(rows)),
        "BankNumber": pa.array([account.routing for account in accounts]),
        "BankAccount": pa.array([account.account for account in accounts]),
        "IBAN": columns.nulls(len(rows)),
        "BankAccountHolderName": pa.array([row.name for row in rows]),
        "ValidityStartDate": pa.array([account.valid_from for account in accounts]),
        "ValidityEndDate": pa.array([account.valid_to for account in accounts], pa.date32()),
    }


def _companies() -> dict[str, pa.Array]:
    count = len(names.ENTITIES)
    return {
        "CompanyCode": pa.array([entity.code for entity in names.ENTITIES]),
        "CompanyCodeName": pa.array([entity.name for entity in names.ENTITIES]),
        "Currency": columns.constant("USD", count),
        "Country": columns.constant("US", count),
        "Ledger": columns.constant("0L", count),
    }


def _plants() -> dict[str, pa.Array]:
    places, count = names.PLACES, len(names.PLACES)
    return {
        "Plant": pa.array([place.code for place in places]),
        "PlantName": pa.array([place.name for place in places]),
        "PlantCategory": pa.array([place.category for place in places]),
        "CompanyCode": pa.array([names.ENTITIES[place.entity].code for place in places]),
        "ParentPlant": pa.array([place.parent for place in places], pa.string()),
        "Region": pa.array([_REGIONS[place.entity] for place in places]),
        "TimeZone": columns.constant("America/Chicago", count),
        "GLN": pa.array([identifiers.gln(100 + n) for n in range(count)]),
        **_always(count),
    }


def _cost_centers(masters: Masters) -> dict[str, pa.Array]:
    rows, count = masters.cost_centers, len(masters.cost_centers)
    return {
        "ControllingArea": columns.constant("LH00", count),
        "CostCenter": pa.array([row.code for row in rows]),
        "CostCenterName": pa.array([row.name for row in rows]),
        "CompanyCode": pa.array([names.ENTITIES[names.PLACES[row.place].entity].code for row in rows]),
        "Plant": pa.array([names.PLACES[row.place].code for row in rows]),
        "Department": pa.array([row.service_line for row in rows]),
        **_always(count),
    }


def _accounts() -> dict[str, pa.Array]:
    count = len(names.ACCOUNTS)
    return {
        "ChartOfAccounts": columns.constant("LHCA", count),
        "GLAccount": pa.array([account[0] for account in names.ACCOUNTS]),
        "GLAccountName": pa.array([account[1] for account in names.ACCOUNTS]),
        "GLAccountGroup": pa.array([account[2] for account in names.ACCOUNTS]),
        "AccountIsBlockedForPosting": columns.constant(False, count),
        **_always(count),
    }


def _products(masters: Masters) -> dict[str, pa.Array]:
    rows, count = masters.items, len(masters.items)
    return {
        "Product": pa.array([row.number for row in rows]),
        "ProductDescription": pa.array([row.name.upper()[:40] for row in rows]),
        "BaseUnit": columns.constant("EA", count),
        "ProductGroup": pa.array([row.family.unspsc if row.family else "85000000" for row in rows]),
        "ManufacturerName": pa.array([row.manufacturer or None for row in rows]),
        "ManufacturerPartNumber": pa.array([row.manufacturer_part or None for row in rows]),
        "GTIN": pa.array([row.gtin or None for row in rows]),
        "IsMarkedForDeletion": columns.constant(False, count),
        "LastChangeDateTime": columns.timestamps(master_times(count)),
    }


def _product_units(masters: Masters) -> dict[str, pa.Array]:
    units = [
        unit for n in range(len(masters.items)) for unit in masters.erp_units.get(n) or masters.units_of(n)
    ]
    return {
        "Product": pa.array([masters.items[unit.item].number for unit in units]),
        "AlternativeUnit": pa.array([UNITS[unit.unit] for unit in units]),
        "QuantityNumerator": columns.quantities(np.array([unit.factor for unit in units], dtype=np.int64)),
        "QuantityDenominator": columns.quantities(np.ones(len(units), dtype=np.int64)),
        "BaseUnit": columns.constant("EA", len(units)),
        "ValidityStartDate": pa.array([unit.valid_from for unit in units]),
        "ValidityEndDate": pa.array([unit.valid_to for unit in units], pa.date32()),
    }

"""The supplier records of a sandbox world as the matcher takes them, and whose they are.

Columns are those that the staging models read (`stg_*__supplier`, `stg_*__site`); tax ids are normalized and
judged as ingestion does it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from ingestion.tokens import normalize, verdict
from matching.records import RECORD
from matching.yardstick.dress import Truth, token
from sandbox.faults.lookalike_families import FAMILIES

TRAPS = frozenset(family.code for family in FAMILIES)
Row = dict[str, Any]


def world_records(world: Path) -> tuple[pa.Table, list[Truth], dict[str, str]]:
    """Records in the shape of RECORD, their truth, and by key the way in which a record was added."""
    known = {(row["instance"], row["native_id"]): row for row in _read(world, "truth/supplier_record")}
    rows = [*_procurement(world), *_apauto(world), *_erp_cloud(world), *_erp_legacy(world)]
    truths, ways = [], {}
    for row in rows:
        whose = known[tuple(row["record_key"].split("|", 1))]
        trap = whose["way"] if whose["way"] in TRAPS else ""
        truths.append(Truth(row["record_key"], int(whose["supplier"]), trap, None))
        if whose["way"]:
            ways[row["record_key"]] = whose["way"]
    return pa.Table.from_pylist(rows, schema=RECORD), truths, ways


def _read(world: Path, table: str) -> list[Row]:
    found: list[Row] = pq.read_table(world / table).to_pylist()
    return found


def _record(instance: str, native_id: object, name: str, tax_id: str | None, **values: Any) -> Row:
    digits = normalize("tax_id", tax_id)
    return {
        **dict.fromkeys(RECORD.names),
        "record_key": f"{instance}|{native_id}",
        "legal_name": name,
        "tax_id": token("tax_id", digits) if digits else None,
        "tax_id_verdict": verdict("tax_id", digits) if digits else "MISSING",
        "tax_id_near": [token("tax_id", digits[:at] + digits[at + 1 :]) for at in range(len(digits))],
        **values,
    }


def _place(line1: str | None, city: str, region: str, postal_code: str) -> Row:
    return {
        "line1": line1,
        "line2": None,
        "city": city,
        "region": region,
        "postal_code": postal_code,
        "country": "US",
    }


def _procurement(world: Path) -> Iterator[Row]:
    for row in _read(world, "procurement/supplier"):
        other = row["display-name"] if row["display-name"] != row["name"] else None
        place = [row[f"primary-address.{name}"] for name in ("street1", "city", "state", "postal-code")]
        yield _record(
            "procurement",
            row["id"],
            row["name"],
            row["tax-id"],
            dba_name=other,
            duns=row["duns"],
            npi=row["custom-fields.npi"],
            lei=row["custom-fields.lei"],
            addresses=[_place(*place)],
        )


def _apauto(world: Path) -> Iterator[Row]:
    for row in _read(world, "apauto/vendor"):
        place = [row[f"remit_to.{name}"] for name in ("line1", "city", "region", "postal_code")]
        yield _record("apauto", row["vendor_id"], row["name"], row["tax_id"], addresses=[_place(*place)])


def _erp_cloud(world: Path) -> Iterator[Row]:
    places = {row["BusinessPartner"]: row for row in _read(world, "erp_cloud/supplier_address")}
    phones = {row["AddressID"]: row["PhoneNumber"] for row in _read(world, "erp_cloud/address_phone")}
    emails = {row["AddressID"]: row["EmailAddress"] for row in _read(world, "erp_cloud/address_email")}
    accounts: dict[str, list[str]] = defaultdict(list)
    for row in _read(world, "erp_cloud/supplier_bank"):
        account = f"{row['BankNumber']}:{row['BankAccount']}"
        accounts[row["BusinessPartner"]].append(token("bank", account))
    for row in _read(world, "erp_cloud/supplier"):
        place, short = places[row["Supplier"]], row["SupplierName"]
        street = f"{place['HouseNumber']} {place['StreetName']}".strip()
        line1 = f"PO Box {place['POBox']}" if place["POBox"] else street
        yield _record(
            "erp_cloud",
            row["Supplier"],
            row["SupplierFullName"],
            row["TaxNumber1"],
            dba_name=short if short != row["SupplierFullName"] else None,
            duns=row["DUNS"],
            addresses=[_place(line1, place["CityName"], place["Region"], place["PostalCode"])],
            phones=[number for number in [phones.get(place["AddressID"])] if number],
            emails=[mail for mail in [emails.get(place["AddressID"])] if mail],
            bank_accounts=sorted(set(accounts[row["Supplier"]])),
        )


def _erp_legacy(world: Path) -> Iterator[Row]:
    for row in _read(world, "erp_legacy/ps_vendor"):
        yield _record("erp_legacy", row["vendor_id"], row["name1"], row["tin"], duns=row["duns"])

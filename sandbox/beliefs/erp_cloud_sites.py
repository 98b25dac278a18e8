"""Where the cloud ERP's suppliers are: one address each, its telephone and e-mail where somebody knew."""

from __future__ import annotations

import pyarrow as pa

from sandbox import columns
from sandbox.masters import Masters

_BOX = "PO Box "


def sites(masters: Masters) -> dict[str, dict[str, pa.Array]]:
    """Tables by name; telephone and e-mail refer to the address."""
    rows = masters.supplier_rows("erp_cloud")
    ids = [f"{23_001 + n:010d}" for n in range(len(rows))]
    boxes = [row.street.removeprefix(_BOX) if row.street.startswith(_BOX) else None for row in rows]
    streets = [
        row.street.split(" ", 1) if not box else ("", "") for row, box in zip(rows, boxes, strict=True)
    ]
    return {
        "supplier_address": {
            "BusinessPartner": pa.array([row.number for row in rows]),
            "AddressID": pa.array(ids),
            "HouseNumber": pa.array([street[0] for street in streets]),
            "StreetName": pa.array([street[1] for street in streets]),
            "POBox": pa.array(boxes, pa.string()),
            "CityName": pa.array([row.city[0] for row in rows]),
            "Region": pa.array([row.city[1] for row in rows]),
            "PostalCode": pa.array([row.postal_code for row in rows]),
            "Country": columns.constant("US", len(rows)),
        },
        "address_phone": _reached(ids, "PhoneNumber", [row.phone for row in rows]),
        "address_email": _reached(ids, "EmailAddress", [row.email for row in rows]),
    }


def _reached(ids: list[str], name: str, values: list[str | None]) -> dict[str, pa.Array]:
    known = [(address, value) for address, value in zip(ids, values, strict=True) if value]
    return {
        "AddressID": pa.array([address for address, _ in known]),
        "Person": columns.constant("", len(known)),
        "OrdinalNumber": columns.constant("1", len(known)),
        name: pa.array([value for _, value in known]),
    }

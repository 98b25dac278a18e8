"""What the sourcing system publishes: contracts and their prices as dated files, full snapshots.

The files follow the same rules as inventory's: header, rows, trailer, marker.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa

from sandbox import clock, columns
from sandbox.beliefs.inventory import iso, write_file
from sandbox.beliefs.procurement import master_times
from sandbox.contracts import GPO, GPO_CODE, contracts, prices
from sandbox.masters import UNITS, Masters

FOLDER = "sourcing/outbound"


def write_contracts(masters: Masters, folder: Path) -> int:
    """Both files of the last day."""
    deals = contracts(masters)
    count = len(deals)
    heads = pa.table(
        {
            "ContractNumber": pa.array([deal.number for deal in deals]),
            "ContractType": pa.array([deal.kind for deal in deals]),
            "SupplierNumber": pa.array([masters.suppliers[deal.supplier].number for deal in deals]),
            "GpoCode": pa.array([GPO_CODE if deal.kind == GPO else None for deal in deals], pa.string()),
            "PriceBasis": columns.constant("ORDER", count),
            "Markup": pa.array([f"0.{deal.markup:02d}" for deal in deals]),
            "Status": columns.constant("ACTIVE", count),
            "PaymentTerms": pa.array([masters.terms_of("sourcing")[deal.supplier] for deal in deals]),
            "ValidFrom": columns.constant("2025-01-01", count),
            "ValidTo": columns.constant("2027-01-01", count),
            "UpdatedAt": iso(master_times(count)),
        }
    )
    rows = prices(masters)
    lines = pa.table(
        {
            "ContractNumber": pa.array([row.contract.number for row in rows]),
            "ItemNumber": pa.array([masters.items[row.item].number for row in rows]),
            "ManufacturerPart": pa.array([masters.items[row.item].manufacturer_part for row in rows]),
            "Uom": pa.array([UNITS[row.unit] for row in rows]),
            "Tier": pa.array([row.tier for row in rows], pa.string()),
            "MinQuantity": columns.constant("0", len(rows)),
            "UnitPrice": columns.prices(np.array([row.price for row in rows], dtype=np.int64)).cast(
                pa.string()
            ),
            "Currency": columns.constant("USD", len(rows)),
            "ValidFrom": pa.array([row.valid_from.isoformat() for row in rows]),
            "ValidTo": pa.array([row.valid_to.isoformat() for row in rows]),
            "PublishedAt": iso(np.array([row.published_at for row in rows], dtype=np.int64)),
        }
    )
    day = clock.AS_OF.strftime("%Y%m%d")
    write_file(folder, f"contracts_{day}.csv", heads, "0")
    write_file(folder, f"prices_{day}.csv", lines, "0")
    return int(heads.num_rows + lines.num_rows)

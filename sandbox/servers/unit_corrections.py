"""What a corrected unit conversion means to inventory: new validity intervals, restated receipts.

Pure functions over the rows of its files; dates are ISO text, which sorts by time, and "" is no end.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation

Row = dict[str, str]
HEADER = ("ItemNumber", "Uom", "Factor", "ValidFrom", "ValidTo", "Reference")
_SIX = Decimal("0.000001")
_EIGHT = Decimal("0.00000001")


@dataclass(frozen=True)
class Correction:
    """Base units in one `unit` of an item from a day on, until before another."""

    item: str
    unit: str
    factor: Decimal
    valid_from: str
    valid_to: str
    reference: str

    def covers(self, day: str) -> bool:
        """Whether it holds on a day."""
        return self.valid_from <= day and (not self.valid_to or day < self.valid_to)


def read_correction(row: Row, units: Iterable[Row]) -> Correction:
    """The correction of a file's row; a ValueError says why it is refused."""
    if any(row.get(name) is None for name in HEADER) or not row["Reference"]:
        raise ValueError("REFERENCE_MISSING: the row is not complete")
    known = [unit for unit in units if unit["ItemNumber"] == row["ItemNumber"]]
    if not known:
        raise ValueError(f"UNKNOWN_ITEM: {row['ItemNumber']}")
    if row["Uom"] not in {unit["Uom"] for unit in known}:
        raise ValueError(f"UNKNOWN_UNIT: {row['Uom']} of item {row['ItemNumber']}")
    try:
        factor = Decimal(row["Factor"])
        days = [date.fromisoformat(row[name]).isoformat() for name in ("ValidFrom", "ValidTo") if row[name]]
    except (InvalidOperation, ValueError):
        raise ValueError("INVALID_VALUE: factor or validity cannot be read") from None
    if not factor.is_finite() or factor <= 0:
        raise ValueError(f"INVALID_VALUE: factor {row['Factor']}")
    if not row["ValidFrom"] or (row["ValidTo"] and days[1] <= days[0]):
        raise ValueError("INVALID_VALUE: the validity is empty")
    valid_to = days[1] if row["ValidTo"] else ""
    return Correction(row["ItemNumber"], row["Uom"], factor, days[0], valid_to, row["Reference"])


def corrected_units(units: Iterable[Row], correction: Correction, now: str) -> list[Row]:
    """The conversions with the correction cut into the intervals it overlaps."""
    rows: list[Row] = []
    for unit in units:
        mine = (unit["ItemNumber"], unit["Uom"]) == (correction.item, correction.unit)
        start, end = unit["ValidFrom"], unit["ValidTo"]
        apart = (end and end <= correction.valid_from) or (
            correction.valid_to and start >= correction.valid_to
        )
        if not mine or apart:
            rows.append(unit)
            continue
        if start < correction.valid_from:
            rows.append({**unit, "ValidTo": correction.valid_from, "UpdatedAt": now})
        if correction.valid_to and (not end or end > correction.valid_to):
            rows.append({**unit, "ValidFrom": correction.valid_to, "UpdatedAt": now})
    rows.append(
        {
            "ItemNumber": correction.item,
            "Uom": correction.unit,
            "Factor": str(correction.factor.quantize(_EIGHT)),
            "ValidFrom": correction.valid_from,
            "ValidTo": correction.valid_to,
            "UpdatedAt": now,
        }
    )
    return sorted(rows, key=lambda row: (row["ItemNumber"], row["Uom"], row["ValidFrom"]))


def factor_on(units: Iterable[Row], item: str, unit: str, day: str) -> Decimal | None:
    """The conversion in force on a day."""
    for row in units:
        if (row["ItemNumber"], row["Uom"]) != (item, unit) or day < row["ValidFrom"]:
            continue
        if not row["ValidTo"] or day < row["ValidTo"]:
            return Decimal(row["Factor"])
    return None


def restated(receipts: Iterable[Row], units: list[Row], correction: Correction, now: str) -> list[Row]:
    """The receipts whose stock quantity came of the old factor, as they are under the correction."""
    rows = []
    for receipt in receipts:
        day = receipt["ReceiptDate"]
        if (receipt["ItemNumber"], receipt["Uom"]) != (correction.item, correction.unit):
            continue
        old = factor_on(units, correction.item, correction.unit, day)
        counted, stock = Decimal(receipt["Quantity"]), Decimal(receipt["StockQuantity"])
        if not correction.covers(day) or old is None or stock != (counted * old).quantize(_SIX):
            continue
        new = (counted * correction.factor).quantize(_SIX)
        if new != stock:
            rows.append({**receipt, "StockQuantity": str(new), "RecordedAt": now})
    return rows

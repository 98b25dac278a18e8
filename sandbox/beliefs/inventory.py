"""What the inventory system believes, as the files it drops: item snapshot, item units, receipts.

Receipts carry the quantity as counted and the stock quantity by inventory's own factors. History is one file
a month, the last seven days one file per four hours; every file ends in a trailer and has a `.done` marker.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv

from sandbox import clock, columns, names
from sandbox.beliefs.identity import Chunk
from sandbox.beliefs.procurement import master_times
from sandbox.clock import Ints
from sandbox.documents import RECEIPT, RETURN
from sandbox.masters import UNITS, Masters

FOLDER = "inventory/outbound"
_FRESH_DAYS = 7
_FOUR_HOURS = 14_400


def iso(seconds: Ints) -> pa.Array:
    """UTC seconds as text, for files."""
    return pc.strftime(columns.timestamps(seconds), format="%Y-%m-%dT%H:%M:%SZ")


def write_file(
    folder: Path, name: str, table: pa.Table, quantity_total: str, *, quoted: bool = False
) -> None:
    """One complete file: header, rows, trailer, then its marker; free text needs `quoted`."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / name).open("wb") as sink:
        sink.write((",".join(table.column_names) + "\n").encode())
        options = pa_csv.WriteOptions(include_header=False, quoting_style="needed" if quoted else "none")
        pa_csv.write_csv(table, sink, options)
        sink.write(f"TRL,{table.num_rows},{quantity_total}\n".encode())
    (folder / f"{name}.done").write_bytes(b"")


def write_items(masters: Masters, folder: Path) -> int:
    """Full snapshots of items and their units on the last day."""
    goods = [(n, row) for n, row in enumerate(masters.items) if row.family]
    touched = iso(master_times(len(goods)))
    items = pa.table(
        {
            "ItemNumber": pa.array([row.number for _, row in goods]),
            "Description": pa.array([row.name for _, row in goods]),
            "BaseUom": columns.constant("EA", len(goods)),
            "Manufacturer": pa.array([row.manufacturer for _, row in goods]),
            "ManufacturerPart": pa.array([row.manufacturer_part for _, row in goods]),
            "GTIN": pa.array([row.gtin for _, row in goods]),
            "Active": columns.constant("true", len(goods)),
            "UpdatedAt": touched,
        }
    )
    units = [unit for n, _ in goods for unit in masters.inventory_units.get(n) or masters.units_of(n)]
    factors = np.array([unit.factor for unit in units], dtype=np.int64)
    conversions = pa.table(
        {
            "ItemNumber": pa.array([masters.items[unit.item].number for unit in units]),
            "Uom": pa.array([UNITS[unit.unit] for unit in units]),
            "Factor": columns.decimals(factors * 100_000_000, 8).cast(pa.string()),
            "ValidFrom": pa.array([unit.valid_from.isoformat() for unit in units]),
            "ValidTo": pa.array(
                [unit.valid_to.isoformat() if unit.valid_to else None for unit in units], pa.string()
            ),
            "UpdatedAt": iso(master_times(len(units))),
        }
    )
    day = clock.AS_OF.strftime("%Y%m%d")
    write_file(folder, f"items_{day}.csv", items, "0", quoted=True)
    write_file(folder, f"item_units_{day}.csv", conversions, "0")
    return int(items.num_rows + conversions.num_rows)


def _receipt_table(chunk: Chunk, rows: Ints) -> pa.Table:
    """The rows of receipts in order of recording, numbered by document."""
    orders, receipts, masters = chunk.documents.orders, chunk.documents.receipts, chunk.masters
    receipt_number, line_number = chunk.receipt_numbers, chunk.receipt_line_numbers
    line, kind = receipts.line[rows], receipts.kind[rows]
    po, item = orders.po[line], orders.item[line]
    refers = receipts.original[rows] >= 0
    original = np.where(refers, receipts.original[rows], 0)
    lots = np.array([row.spend_type in ("IMPLANT", "DRUG") for row in masters.items])[item]
    final = (kind == RECEIPT) & chunk.delivery_complete[line] & (rows == _last_of_line(chunk)[line])
    return pa.table(
        {
            "ReceiptNumber": columns.numbered("GR", receipt_number[rows], 9),
            "LineNumber": columns.numbered("", line_number[rows]),
            "TransactionType": columns.pick(("RECEIPT", "RETURN", "VOID"), kind),
            "PoNumber": chunk.po_numbers.take(pa.array(po)),
            "PoLine": columns.numbered("", orders.number[line]),
            "ItemNumber": columns.pick([row.number for row in masters.items], item),
            "Quantity": columns.quantities(receipts.counted[rows]).cast(pa.string()),
            "Uom": columns.pick(UNITS, receipts.counted_unit[rows]),
            "StockQuantity": columns.quantities(receipts.stock[rows]).cast(pa.string()),
            "StockUom": columns.constant("EA", len(rows)),
            "ReceiptDate": columns.dates(receipts.day[rows]).cast(pa.string()),
            "PostingDate": columns.dates(receipts.posting_day[rows]).cast(pa.string()),
            "RecordedAt": iso(receipts.recorded_at[rows]),
            "Facility": columns.pick([place.code for place in names.PLACES], orders.po_place[po]),
            "Lot": columns.where(lots, columns.numbered("L", receipt_number[rows] * 31 % 999_983, 6)),
            "OriginalReceipt": columns.where(refers, columns.numbered("GR", receipt_number[original], 9)),
            "OriginalLine": columns.where(refers, columns.numbered("", line_number[original])),
            "CreditExpected": columns.flag_words(kind == RETURN),
            "DeliveryComplete": columns.flag_words(final),
        }
    )  # fmt: skip


def _last_of_line(chunk: Chunk) -> Ints:
    receipts = chunk.documents.receipts
    rows = np.flatnonzero(receipts.alive & (receipts.kind == RECEIPT))
    rows = rows[np.argsort(receipts.recorded_at[rows], kind="stable")]
    last = np.full(len(chunk.documents.orders.po), -1)
    last[receipts.line[rows]] = rows
    return last


def write_receipts(chunk: Chunk, folder: Path) -> int:
    """The receipt files of a chunk; the file's time is the end of the period it covers."""
    receipts = chunk.documents.receipts
    rows = np.flatnonzero(receipts.alive)
    rows = rows[np.argsort(receipts.recorded_at[rows], kind="stable")]
    if not len(rows):
        return 0
    recorded = receipts.recorded_at[rows]
    fresh_from = (clock.LAST_DAY - _FRESH_DAYS + 1) * clock.SECONDS_A_DAY
    month = recorded.astype("datetime64[s]").astype("datetime64[M]")
    month_end = (month + 1).astype("datetime64[D]").astype(np.int64) * clock.SECONDS_A_DAY - 60
    month_end = np.minimum(month_end, fresh_from - 60)
    slot_end = (recorded // _FOUR_HOURS + 1) * _FOUR_HOURS
    period = np.where(recorded >= fresh_from, slot_end, month_end)
    table = _receipt_table(chunk, rows)
    counted = receipts.counted[rows]
    starts = np.flatnonzero(np.concatenate([[True], period[1:] != period[:-1]]))
    for start, stop in zip(starts, [*starts[1:], len(rows)], strict=True):
        stamp = np.datetime64(int(period[start]), "s").item().strftime("%Y%m%dT%H%M")
        part = table.slice(start, stop - start)
        total = f"{int(counted[start:stop].sum())}.000000"
        write_file(folder, f"receipts_{stamp}_{chunk.number + 1:03d}.csv", part, total)
    return int(table.num_rows)

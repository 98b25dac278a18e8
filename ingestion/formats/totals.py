"""Lines at the end of a file that are no rows: totals, which must add up, and words such as "End of report".

A total proves that the file is whole; one that does not add up refuses it. Only what the format declares is
taken for such a line: anything else is a row, and rejected if it is none.
"""

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal

import pyarrow as pa

from ingestion.formats.numbers import number_of
from ingestion.formats.text_files import Cells, FileRefusedError
from ingestion.spec import ColumnSpec, FileFormat, TableSpec


def without_total(
    name: str, cells: Cells, places: Mapping[str, int], table: TableSpec, format: FileFormat
) -> Cells:
    """The cells without their closing lines. `places` says where each column of the table stands.

    A closing line begins with one of the declared footers, or holds nothing but the sum of `total_of`.
    """
    if not (format.footers or format.total_of):
        return cells
    summed = next((column for column in table.columns if column.name == format.total_of), None)
    at = places.get(summed.path) if summed else None
    kept, promised = cells.table.num_rows, None
    while kept:
        row = {
            place: text for place in range(cells.table.num_columns) if (text := _text(cells, place, kept - 1))
        }
        first = row[min(row)] if row else ""
        if not (first.startswith(format.footers or "\0") or (at is not None and set(row) == {at})):
            break
        if at is not None and at in row and promised is None:
            promised = row[at]
        kept -= 1
    closed = replace(cells, table=cells.table.slice(0, kept), lines=cells.lines[:kept])
    if summed is not None and at is not None and promised is not None:
        _check_sum(name, closed.table.column(at), summed, promised)
    return closed


def _text(cells: Cells, place: int, row: int) -> str:
    return (cells.table.column(place)[row].as_py() or "").strip()


def _check_sum(name: str, column: pa.ChunkedArray, spec: ColumnSpec, promised: str) -> None:
    """A row that says no number will be rejected by itself; then the total proves nothing."""
    written = spec.format if isinstance(spec.format, str) else None
    values = [number_of(cell or "", written) for cell in column.to_pylist()]
    total = sum((value for value in values if value is not None), Decimal(0))
    if None not in values and number_of(promised, written) != total:
        raise FileRefusedError(
            name,
            f"its {spec.name} adds up to {total}, its last line says {promised}",
            "have the file written and delivered again",
            "TRUNCATED",
        )

"""Parquet files as text cells, portion by portion: values as a CSV would have held them."""

from collections.abc import Iterator

import pyarrow as pa
import pyarrow.parquet as pq

from ingestion.formats.content import Content, Opened
from ingestion.formats.sheets import cell_text
from ingestion.formats.text_files import Cells
from ingestion.raw.scratch import PORTION


def parquet_columns(content: Content | Opened) -> tuple[str, ...]:
    """The columns of a file, every page of which was read; none when a name stands twice."""
    with content.open() as stream, pq.ParquetFile(stream, pre_buffer=False) as file:
        for batch in file.iter_batches(PORTION, use_threads=False):
            # A damaged file can say lengths beyond its end, which a later reader would follow.
            batch.validate(full=True)
        return _names(file)


def parquet_cells(content: Content | Opened) -> Iterator[Cells]:
    """The rows in portions, at least one; the first has the number 2, as below a header."""
    number = 2
    with content.open() as stream, pq.ParquetFile(stream, pre_buffer=False) as file:
        names = _names(file)
        yield Cells(pa.table({name: pa.array([], pa.string()) for name in names}), [])
        for batch in file.iter_batches(PORTION, use_threads=False):
            batch.validate(full=True)
            table = pa.table([text_cells(column) for column in batch.columns] if names else [], names=names)
            yield Cells(table, list(range(number, number + table.num_rows)))
            number += table.num_rows


def _names(file: pq.ParquetFile) -> tuple[str, ...]:
    names = tuple(file.schema_arrow.names)
    return names if len(set(names)) == len(names) else ()


def text_cells(array: pa.Array | pa.ChunkedArray) -> pa.Array | pa.ChunkedArray:
    """The values as a CSV would have held them."""
    kind = array.type
    if pa.types.is_nested(kind) or pa.types.is_floating(kind) or pa.types.is_dictionary(kind):
        return pa.array([cell_text(cell) for cell in array.to_pylist()], pa.string())
    if pa.types.is_timestamp(kind) and kind.tz:
        # Without its zone the array holds UTC; a cast that keeps it would need the machine's zone files.
        plain = array.cast(pa.timestamp(kind.unit)).cast(pa.string())
        return pa.compute.binary_join_element_wise(plain, "Z", "")
    return array.cast(pa.string())

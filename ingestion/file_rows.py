"""Files as text columns: csv (also gzipped), parquet, xlsx and jsonl, by what the spec declares.

A file that cannot be read as a whole (cut off, wrong encoding, a required column missing) is a
`FileRefusedError` with the remedy; a single line that cannot be read travels along and is rejected alone.
"""

import csv
import gzip
import io
import json
import re
import zlib
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import PurePath
from typing import Any

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

from ingestion.extensions import extension_text
from ingestion.json_rows import load_json, rows_of_records
from ingestion.raw_rows import META, RawRows, Unreadable
from ingestion.spec import FileFormat, TableSpec

SUFFIXES = (".csv", ".csv.gz", ".parquet", ".xlsx", ".jsonl")


class FileRefusedError(Exception):
    """A file that must not be loaded, with what a person can do about it."""

    def __init__(self, file: str, reason: str, remedy: str) -> None:
        self.file, self.reason, self.remedy = file, reason, remedy
        super().__init__(f"{file}: {reason}; {remedy}")


def file_kind(name: str) -> str:
    """`csv`, `parquet`, `xlsx` or `jsonl`; empty for a file that no reader knows."""
    for suffix in SUFFIXES:
        if name.lower().endswith(suffix):
            return suffix.strip(".").removesuffix(".gz")
    return ""


def plain_bytes(name: str, payload: bytes) -> bytes:
    """The uncompressed content of a source file."""
    if not name.lower().endswith(".gz"):
        return payload
    try:
        return gzip.decompress(payload)
    except (EOFError, OSError, zlib.error):
        raise FileRefusedError(
            name, "the gzip file is cut off or damaged", "transfer the file again"
        ) from None


def check_header(name: str, payload: bytes, table: TableSpec, format: FileFormat) -> None:
    """Refuses a file early, before it is landed, when its header cannot serve the table."""
    kind = file_kind(name)
    content = plain_bytes(name, payload)
    if kind == "jsonl":
        _jsonl(name, content)
    elif kind == "csv":
        text = _decoded(name, content, format)
        first = next(csv.reader(io.StringIO(text), delimiter=format.delimiter), [])
        _column_map(name, first, table)
    else:
        _column_map(name, _strings(name, kind, content, format)[0].column_names, table)


def read_rows(name: str, payload: bytes, table: TableSpec, format: FileFormat) -> RawRows:
    """All rows of one file in the columns of a table; `_line_number` counts records, the header is 1."""
    kind = file_kind(name)
    content = plain_bytes(name, payload)
    if kind == "jsonl":
        return rows_of_records(_jsonl(name, content), [table], file_name=name)[table.name]
    cells, lines, broken = _strings(name, kind, content, format)
    places = _column_map(name, cells.column_names, table)
    used = set(places.values())
    empty = pa.nulls(cells.num_rows, pa.string())

    def place(path: str) -> pa.Array:
        at = places.get(path)
        return empty if at is None else cells.column(at).combine_chunks()

    arrays = {column.name: place(column.path) for column in table.columns}
    sources = (table.source_version, table.source_updated_at, table.is_deleted)
    for meta, paths in zip(META, sources, strict=True):
        arrays[meta] = _coalesced([place(path) for path in paths], empty)
    arrays["_file_name"] = pa.array([name] * cells.num_rows, pa.string())
    arrays["_line_number"] = pa.array(lines, pa.int64())
    unknown = [at for at in range(cells.num_columns) if at not in used]
    arrays["_extension"] = _extension(cells, unknown)
    return RawRows(table, pa.table(arrays), broken)


def _coalesced(arrays: list[pa.Array], empty: pa.Array) -> pa.Array:
    if not arrays:
        return empty
    columns = [array.to_pylist() for array in arrays]
    return pa.array(
        [next((cell for cell in row if cell), None) for row in zip(*columns, strict=True)], pa.string()
    )


def _extension(cells: pa.Table, unknown: list[int]) -> pa.Array:
    if not unknown:
        return pa.array(["{}"] * cells.num_rows, pa.string())
    names = [cells.column_names[at].strip() for at in unknown]
    columns = [cells.column(at).to_pylist() for at in unknown]
    return pa.array(
        [
            extension_text({name: cell for name, cell in zip(names, row, strict=True) if cell})
            for row in zip(*columns, strict=True)
        ],
        pa.string(),
    )


def _normalized(header: str) -> str:
    return re.sub(r"[^a-z0-9]+", "", header.lower())


def _column_map(name: str, header: list[str], table: TableSpec) -> dict[str, int]:
    """Which place of the file serves each path of the spec; refuses a missing or doubled column."""
    places: dict[str, int] = {}
    doubled: set[str] = set()
    for at, text in enumerate(header):
        key = _normalized(text)
        if key in places:
            doubled.add(key)
        places.setdefault(key, at)
    found: dict[str, int] = {}
    for column in table.columns:
        for variant in (column.path, *column.aliases):
            key = _normalized(variant)
            if key in doubled:
                raise FileRefusedError(
                    name, f"column {variant!r} stands twice in the header", "keep one of them"
                )
            if key in places:
                found[column.path] = places[key]
                break
        else:
            if column.required:
                variants = " or ".join(repr(text) for text in (column.path, *column.aliases))
                raise FileRefusedError(
                    name,
                    f"required column {column.name!r} is missing",
                    f"add a column with the header {variants}; found: {', '.join(header) or 'nothing'}",
                )
    for path in (*table.source_version, *table.source_updated_at, *table.is_deleted):
        if _normalized(path) in places:
            found.setdefault(path, places[_normalized(path)])
    return found


def _strings(
    name: str, kind: str, content: bytes, format: FileFormat
) -> tuple[pa.Table, list[int], tuple[Unreadable, ...]]:
    """All cells as text, the record number of each row, and lines that could not be split."""
    try:
        if kind == "csv":
            return _csv(name, content, format)
        table = _parquet(content) if kind == "parquet" else _xlsx(content)
    except (pa.ArrowInvalid, KeyError, ValueError, OSError) as error:
        raise FileRefusedError(
            name, f"cannot be read as {kind}: {error}", "export or transfer it again"
        ) from None
    return table, list(range(2, table.num_rows + 2)), ()


def _csv(name: str, content: bytes, format: FileFormat) -> tuple[pa.Table, list[int], tuple[Unreadable, ...]]:
    body = _decoded(name, content, format)
    if format.trailer:
        lines = body.rstrip("\r\n").rsplit("\n", 1)
        body = lines[0] + "\n" if lines[-1].startswith(f"{format.trailer}{format.delimiter}") else body
    encoded = body.encode()
    header = next(csv.reader(io.StringIO(body), delimiter=format.delimiter), [])
    invalid: list[tuple[int, str, str]] = []

    def keep_aside(row: Any) -> str:
        reason = f"has {row.actual_columns} values for {row.expected_columns} columns"
        invalid.append((row.number or 0, reason, row.text))
        return "skip"

    # Columns by position: a doubled header must reach the header check, not fail in the reader.
    positions = [str(at) for at in range(len(header))]
    table = pyarrow.csv.read_csv(
        io.BytesIO(encoded),
        read_options=pyarrow.csv.ReadOptions(
            use_threads=False, column_names=positions, skip_rows_after_names=1
        ),
        parse_options=pyarrow.csv.ParseOptions(
            delimiter=format.delimiter, newlines_in_values='"' in body, invalid_row_handler=keep_aside
        ),
        convert_options=pyarrow.csv.ConvertOptions(
            column_types={at: pa.string() for at in positions}, strings_can_be_null=False
        ),
    )
    table = table.rename_columns([text.strip() for text in header])
    skipped = {number for number, _, _ in invalid}
    numbers = [at for at in range(2, table.num_rows + len(skipped) + 2) if at not in skipped]
    table, numbers = _without_blank_rows(table, numbers)
    broken = tuple(Unreadable(reason, text, name, number) for number, reason, text in invalid)
    return table, numbers, broken


def _without_blank_rows(table: pa.Table, numbers: list[int]) -> tuple[pa.Table, list[int]]:
    """Spreadsheets saved as CSV end in lines of commas: no row of anything."""
    if table.num_rows == 0 or table.num_columns == 0:
        return table, numbers
    lengths = sum(
        (pa.compute.binary_length(column).fill_null(0).to_numpy() for column in table.columns),
        start=0,
    )
    filled = lengths > 0
    if filled.all():
        return table, numbers
    return table.filter(pa.array(filled)), [at for at, is_row in zip(numbers, filled, strict=True) if is_row]


def _decoded(name: str, content: bytes, format: FileFormat) -> str:
    if not content.strip():
        raise FileRefusedError(name, "the file is empty", "export or transfer it again")
    for encoding in format.encodings:
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise FileRefusedError(
        name, f"is not encoded as {' or '.join(format.encodings)}", "save it as UTF-8 and deliver it again"
    )


def _jsonl(name: str, content: bytes) -> list[Any]:
    records = []
    for number, line in enumerate(content.decode("utf-8-sig").splitlines(), start=1):
        if line.strip():
            try:
                records.append(load_json(line))
            except json.JSONDecodeError:
                raise FileRefusedError(name, f"line {number} is not JSON", "deliver the file again") from None
    return records


def _parquet(content: bytes) -> pa.Table:
    table = pyarrow.parquet.read_table(io.BytesIO(content))
    return pa.table(
        {field.name: _texts(table.column(at)) for at, field in enumerate(table.schema)}
        if len(set(table.column_names)) == table.num_columns
        else {}
    )


def _texts(column: pa.ChunkedArray) -> pa.Array:
    array = column.combine_chunks()
    if (
        pa.types.is_nested(array.type)
        or pa.types.is_floating(array.type)
        or pa.types.is_dictionary(array.type)
    ):
        return pa.array([cell_text(cell) for cell in array.to_pylist()], pa.string())
    if pa.types.is_timestamp(array.type) and array.type.tz:
        # Without its zone the array holds UTC; a cast that keeps it would need the machine's zone files.
        plain = array.cast(pa.timestamp(array.type.unit)).cast(pa.string())
        return pa.compute.binary_join_element_wise(plain, "Z", "")
    return array.cast(pa.string())


def _xlsx(content: bytes) -> pa.Table:
    import openpyxl  # slow to import, and rarely needed

    sheet = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=True).worksheets[0]
    rows = [[cell_text(cell) for cell in row] for row in sheet.iter_rows(values_only=True)]
    header = [text or "" for text in rows[0]] if rows else []
    while header and not header[-1]:
        header.pop()
    body = [row for row in rows[1:] if any(row)]
    columns = [[row[at] if at < len(row) else None for row in body] for at in range(len(header))]
    return pa.Table.from_arrays([pa.array(column, pa.string()) for column in columns], names=header)


def cell_text(cell: Any) -> str | None:
    """A typed cell as the text a CSV would have held; whole numbers without a decimal point."""
    if cell is None:
        return None
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() else format(Decimal(repr(cell)), "f")
    if isinstance(cell, datetime):
        return cell.date().isoformat() if cell.time() == time() else cell.isoformat()
    if isinstance(cell, date):
        return cell.isoformat()
    if isinstance(cell, dict | list):
        return json.dumps(cell, default=str)
    return str(cell)


def stem(name: str) -> str:
    """The entity a feed file is named after: `supplier.csv.gz` -> supplier."""
    return PurePath(name).name.split(".")[0]

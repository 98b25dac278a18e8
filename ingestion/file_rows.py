"""Files as text columns: csv (also gzipped), parquet, xlsx, xls, json and jsonl, by what the spec declares.

A file that cannot be read as a whole (cut off, wrong encoding, a required column missing) is a
`FileRefusedError` with the remedy; a single line that cannot be read travels along and is rejected alone.
"""

import hashlib
import io
import re
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePath
from zipfile import BadZipFile

import pyarrow as pa
import pyarrow.parquet

from ingestion.extensions import extension_text
from ingestion.json_files import file_records, rows_of_file
from ingestion.raw_rows import META, RawRows
from ingestion.sheets import cell_text, sheet_cells
from ingestion.spec import FileFormat, TableSpec
from ingestion.text_files import (
    LONGEST_VALUE,
    UNCLOSED,
    Cells,
    FileRefusedError,
    HeaderScore,
    csv_cells,
    csv_header,
)
from ingestion.totals import without_total

# A file that unpacks to more than both is made to fill the memory.
UNPACKED_ALWAYS, UNPACKED_TIMES = 256_000_000, 250
# What the readers of other people's formats raise at damaged content.
UNREADABLE = (
    *(pa.ArrowException, BadZipFile, zlib.error, SyntaxError, LookupError, ValueError, TypeError),
    *(AttributeError, ArithmeticError, OSError, EOFError, RuntimeError),
)
MOST_WORDS = 300
SUFFIXES = (".csv", ".csv.gz", ".parquet", ".xlsx", ".xls", ".jsonl", ".json")
RECORDS = ("jsonl", "json")


def file_kind(name: str) -> str:
    """`csv`, `parquet`, `xlsx`, `xls`, `jsonl` or `json`; empty for a file that no reader knows."""
    for suffix in SUFFIXES:
        if name.lower().endswith(suffix):
            return suffix.strip(".").removesuffix(".gz")
    return ""


def plain_bytes(name: str, payload: bytes) -> bytes:
    """The uncompressed content of a source file."""
    if not name.lower().endswith(".gz"):
        return payload
    most = max(UNPACKED_ALWAYS, UNPACKED_TIMES * len(payload))
    parts: list[bytes] = []
    try:
        while payload and most > 0:
            member = zlib.decompressobj(wbits=31)
            parts.append(member.decompress(payload, most))
            most -= len(parts[-1])
            if not member.eof and most > 0:
                raise zlib.error("cut off")
            payload = member.unused_data.lstrip(b"\0") or member.unconsumed_tail
    except zlib.error:
        raise FileRefusedError(
            name, "the gzip file is cut off or damaged", "transfer the file again", "TRUNCATED"
        ) from None
    if most <= 0:
        raise FileRefusedError(
            name,
            f"unpacks to more than {UNPACKED_TIMES} times its size, as no data does",
            "find out what the file is; deliver its rows unpacked",
        )
    return b"".join(parts)


@dataclass(frozen=True)
class FileFacts:
    """What a file is seen to be before it is landed: its encoding, header and column set."""

    encoding: str = ""
    columns: tuple[str, ...] = ()

    @property
    def columns_hash(self) -> str:
        """Equal for files with the same columns, whatever their order, case and punctuation."""
        names = "|".join(sorted(_normalized(name) for name in self.columns if name.strip()))
        return hashlib.sha256(names.encode()).hexdigest()[:12] if names else ""


def check_file(name: str, payload: bytes, table: TableSpec, format: FileFormat) -> FileFacts:
    """Refuses a file early, before it is landed, when it cannot serve the table as a whole."""
    content = plain_bytes(name, payload)
    if file_kind(name) in RECORDS:
        file_records(name, content, format)
        return FileFacts("utf-8")
    if file_kind(name) == "csv" and not (format.footers or format.total_of or b'"' in content):
        header, encoding = csv_header(name, content, format, _score(table))
        _column_map(name, list(header), table)
        return FileFacts(encoding, header)
    cells = _cells(name, content, table, format)
    return FileFacts(cells.encoding, tuple(cells.table.column_names))


def read_rows(name: str, payload: bytes, table: TableSpec, format: FileFormat) -> RawRows:
    """All rows of one file in the columns of a table; `_line_number` counts records, the first is 1."""
    content = plain_bytes(name, payload)
    if file_kind(name) in RECORDS:
        return rows_of_file(name, file_records(name, content, format), table)
    read = _cells(name, content, table, format)
    cells = read.table
    places = _column_map(name, cells.column_names, table)
    used = set(places.values())
    empty = pa.nulls(cells.num_rows, pa.string())

    def place(path: str) -> pa.Array:
        at = places.get(path)
        return empty if at is None else cells.column(at).combine_chunks()

    arrays = {column.name: place(column.path) for column in table.columns}
    for column in table.columns:
        if column.constant and column.path not in places:
            arrays[column.name] = pa.array([column.constant] * cells.num_rows, pa.string())
    sources = (table.source_version, table.source_updated_at, table.is_deleted)
    for meta, paths in zip(META, sources, strict=True):
        arrays[meta] = _coalesced([place(path) for path in paths], empty)
    arrays["_file_name"] = pa.array([name] * cells.num_rows, pa.string())
    arrays["_line_number"] = pa.array(read.lines, pa.int64())
    unknown = [at for at in range(cells.num_columns) if at not in used]
    arrays["_extension"] = _extension(cells, unknown)
    return RawRows(table, pa.table(arrays), read.broken)


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
        for variant in column.names:
            key = _normalized(variant)
            if key in doubled:
                raise FileRefusedError(
                    name, f"column {variant!r} stands twice in the header", "keep one of them", "SCHEMA_DRIFT"
                )
            if key in places:
                found[column.path] = places[key]
                break
        else:
            if column.required and not column.constant:
                variants = " or ".join(repr(text) for text in column.names)
                found_there = ", ".join(header)[:MOST_WORDS] or "nothing"
                raise FileRefusedError(
                    name,
                    f"required column {column.name!r} is missing",
                    f"add a column with the header {variants}; found: {found_there}",
                    "SCHEMA_DRIFT",
                )
    for path in (*table.source_version, *table.source_updated_at, *table.is_deleted):
        if _normalized(path) in places:
            found.setdefault(path, places[_normalized(path)])
    return found


def file_cells(name: str, content: bytes, score: HeaderScore, format: FileFormat) -> Cells:
    """All cells of an uncompressed file as text, below the header that `score` tells from other lines."""
    kind = file_kind(name)
    try:
        if kind == "csv":
            return csv_cells(name, content, format, score)
        if kind == "parquet":
            parquet = _parquet(content)
            return Cells(parquet, list(range(2, parquet.num_rows + 2)))
        return sheet_cells(name, content, format, score)
    except UNREADABLE as error:
        why = " ".join(str(error).split())[:MOST_WORDS] or type(error).__name__
        if "straddl" in why:
            why = f"a value is longer than {LONGEST_VALUE:,} bytes, or {UNCLOSED}"
        raise FileRefusedError(
            name, f"cannot be read as {kind}: {why}", "export or transfer it again", "TRUNCATED"
        ) from None


def _cells(name: str, content: bytes, table: TableSpec, format: FileFormat) -> Cells:
    """The cells of a file; the rows at the end that are no rows of the table are checked and taken off."""
    cells = file_cells(name, content, _score(table), format)
    return without_total(name, cells, _column_map(name, cells.table.column_names, table), table, format)


def _score(table: TableSpec) -> HeaderScore:
    def score(record: Sequence[str]) -> tuple[bool, int]:
        keys = {_normalized(text) for text in record}
        named = [any(_normalized(text) in keys for text in column.names) for column in table.columns]
        missing = any(
            column.required and not column.constant and not at
            for column, at in zip(table.columns, named, strict=True)
        )
        return not missing, sum(named)

    return score


def _parquet(content: bytes) -> pa.Table:
    table = pyarrow.parquet.read_table(io.BytesIO(content))
    # A damaged file can say lengths beyond its end, which a later reader would follow.
    table.validate(full=True)
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


def stem(name: str) -> str:
    """The entity a feed file is named after: `supplier.csv.gz` -> supplier."""
    return PurePath(name).name.split(".")[0]

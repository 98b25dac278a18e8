"""Files as text columns: csv (also gzipped), parquet, xlsx, xls, json and jsonl, by what the spec declares.

A file that cannot be read as a whole (cut off, wrong encoding, a required column missing) is a
`FileRefusedError` with the remedy; a single line that cannot be read travels along and is rejected alone.
"""

import hashlib
import re
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import PurePath
from zipfile import BadZipFile

import pyarrow as pa

from ingestion.formats.content import (
    DAMAGED,
    WHOLE,
    Content,
    InMemory,
    Opened,
    TooLargeError,
    unpacked,
    whole,
)
from ingestion.formats.extensions import extension_text
from ingestion.formats.json_files import file_records, rows_of_file
from ingestion.formats.parquet_files import parquet_cells, parquet_columns
from ingestion.formats.raw_rows import META, RawRows, joined
from ingestion.formats.sheets import failed_cells, sheet_cells
from ingestion.formats.text_files import (
    LONGEST_VALUE,
    UNCLOSED,
    Cells,
    FileRefusedError,
    HeaderScore,
    csv_cells,
    csv_header,
)
from ingestion.formats.text_stream import can_stream, cells_of, header_of, look
from ingestion.formats.totals import without_total
from ingestion.spec import FileFormat, TableSpec

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


def plain(name: str, content: Content | Opened) -> Content | Opened:
    """The uncompressed content of a source file; what is damaged, or a bomb, shows while it is read."""
    if not name.lower().endswith(".gz"):
        return content
    most = None if isinstance(content, Opened) else max(UNPACKED_ALWAYS, UNPACKED_TIMES * content.size)
    return Opened(lambda: unpacked(content.open(), most))


def plain_bytes(name: str, payload: bytes) -> bytes:
    """The uncompressed content of a source file."""
    with readable(name):
        return whole(plain(name, InMemory(payload)))


@contextmanager
def readable(name: str) -> Iterator[None]:
    """Refuses a compressed file that turns out to be damaged, or to be made to fill the memory."""
    try:
        yield
    except TooLargeError:
        raise FileRefusedError(
            name,
            f"unpacks to more than {UNPACKED_TIMES} times its size, as no data does",
            "find out what the file is; deliver its rows unpacked",
        ) from None
    except DAMAGED:
        if not name.lower().endswith(".gz"):
            raise
        raise FileRefusedError(
            name, "the gzip file is cut off or damaged", "transfer the file again", "TRUNCATED"
        ) from None


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


def check_file(name: str, content: Content, table: TableSpec, format: FileFormat) -> FileFacts:
    """Refuses a file early, before it is landed, when it cannot serve the table as a whole."""
    kind, source = file_kind(name), plain(name, content)
    if kind == "parquet" and not _has_closing_lines(format):
        with _as_kind(name, kind):
            columns = parquet_columns(source)
        column_places(name, columns, table)
        return FileFacts("", columns)
    with readable(name):
        if kind == "csv" and can_stream(format) and _is_large(source):
            found = look(name, source, format)
            if found.has_quotes:
                for _ in _streamed(name, source, table, format):
                    pass
            header = tuple(
                text.strip() for text in header_of(name, source, found, format, header_score(table))[0]
            )
            column_places(name, header, table)
            return FileFacts(found.encoding, header)
        payload = whole(source)
    if kind in RECORDS:
        file_records(name, payload, format)
        return FileFacts("utf-8")
    if file_kind(name) == "csv" and not (_has_closing_lines(format) or b'"' in payload):
        header, encoding = csv_header(name, payload, format, header_score(table))
        column_places(name, list(header), table)
        return FileFacts(encoding, header)
    cells = _cells(name, payload, table, format)
    return FileFacts(cells.encoding, tuple(cells.table.column_names))


def read_portions(
    name: str, content: Content | Opened, table: TableSpec, format: FileFormat
) -> Iterator[RawRows]:
    """The rows of one file in the columns of a table; `_line_number` counts records, the first is 1.

    Parquet and large delimited files come in portions, everything else whole.
    """
    kind, source = file_kind(name), plain(name, content)
    if kind == "parquet" and not _has_closing_lines(format):
        with _as_kind(name, kind):
            for cells in parquet_cells(source):
                yield _rows(name, cells, table)
        return
    with readable(name):
        if kind == "csv" and can_stream(format) and _is_large(source):
            for cells in _streamed(name, source, table, format):
                yield _rows(name, cells, table)
            return
        payload = whole(source)
    if kind in RECORDS:
        yield rows_of_file(name, file_records(name, payload, format), table)
    else:
        yield _rows(name, _cells(name, payload, table, format), table)


def read_rows(name: str, payload: bytes, table: TableSpec, format: FileFormat) -> RawRows:
    """All rows of one file at once."""
    return joined(list(read_portions(name, InMemory(payload), table, format)))


def _streamed(name: str, content: Content | Opened, table: TableSpec, format: FileFormat) -> Iterator[Cells]:
    with _as_kind(name, "csv"):
        yield from cells_of(name, content, look(name, content, format), format, header_score(table))


def _has_closing_lines(format: FileFormat) -> bool:
    return bool(format.footers or format.total_of)


def _is_large(content: Content | Opened) -> bool:
    with content.open() as stream:
        return len(stream.read(WHOLE + 1)) > WHOLE


def _rows(name: str, read: Cells, table: TableSpec) -> RawRows:
    cells = read.table
    places = column_places(name, cells.column_names, table)
    count = cells.num_rows
    empty = pa.nulls(count, pa.string())

    def place(path: str) -> pa.Array:
        at = places.get(path)
        return empty if at is None else cells.column(at).combine_chunks()

    arrays = {column.name: place(column.path) for column in table.columns}
    for column in table.columns:
        if column.constant and column.path not in places:
            arrays[column.name] = pa.repeat(column.constant, count)
    sources = (table.source_version, table.source_updated_at, table.is_deleted)
    for meta, paths in zip(META, sources, strict=True):
        arrays[meta] = _coalesced([place(path) for path in paths if path in places], empty)
    arrays["_file_name"] = pa.repeat(name, count)
    arrays["_line_number"] = pa.array(read.lines, pa.int64())
    used = set(places.values())
    unknown = [at for at in range(cells.num_columns) if at not in used]
    arrays["_extension"] = _extension(cells, unknown)
    rows = pa.table(arrays)
    is_sheet = file_kind(name) == "xlsx"
    failed = failed_cells(rows, [column.name for column in table.columns]) if is_sheet else ()
    return RawRows(table, rows, (*read.broken, *failed))


def _coalesced(arrays: list[pa.Array], empty: pa.Array) -> pa.Array:
    """Row by row the first cell that has a value."""
    none = pa.scalar(None, pa.string())
    filled = [pa.compute.if_else(pa.compute.equal(array, ""), none, array) for array in arrays]
    return pa.compute.coalesce(*filled) if filled else empty


def _extension(cells: pa.Table, unknown: list[int]) -> pa.Array:
    if not unknown:
        return pa.repeat("{}", cells.num_rows)
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


def column_places(name: str, header: Sequence[str], table: TableSpec) -> dict[str, int]:
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
    with _as_kind(name, kind):
        if kind == "csv":
            return csv_cells(name, content, format, score)
        if kind == "parquet":
            portions = list(parquet_cells(InMemory(content)))
            lines = [number for cells in portions for number in cells.lines]
            return Cells(pa.concat_tables([cells.table for cells in portions]), lines)
        return sheet_cells(name, content, format, score)


@contextmanager
def _as_kind(name: str, kind: str) -> Iterator[None]:
    """Refuses a file that is not what its name says."""
    try:
        yield
    except FileRefusedError:
        raise
    except UNREADABLE as error:
        why = " ".join(str(error).split())[:MOST_WORDS] or type(error).__name__
        if "straddl" in why:
            why = f"a value is longer than {LONGEST_VALUE:,} bytes, or {UNCLOSED}"
        raise FileRefusedError(
            name, f"cannot be read as {kind}: {why}", "export or transfer it again", "TRUNCATED"
        ) from None


def _cells(name: str, content: bytes, table: TableSpec, format: FileFormat) -> Cells:
    """The cells of a file; the rows at the end that are no rows of the table are checked and taken off."""
    cells = file_cells(name, content, header_score(table), format)
    return without_total(name, cells, column_places(name, cells.table.column_names, table), table, format)


def header_score(table: TableSpec) -> HeaderScore:
    """How well a record serves as the header of a table."""

    def score(record: Sequence[str]) -> tuple[bool, int]:
        keys = {_normalized(text) for text in record}
        named = [any(_normalized(text) in keys for text in column.names) for column in table.columns]
        missing = any(
            column.required and not column.constant and not at
            for column, at in zip(table.columns, named, strict=True)
        )
        return not missing, sum(named)

    return score


def stem(name: str) -> str:
    """The entity a feed file is named after: `supplier.csv.gz` -> supplier."""
    return PurePath(name).name.split(".")[0]

"""Text files as cells: which encoding, where the header stands, which lines at the end are no rows.

Only what the format declares is tried, in its order and strictly; what was found is told, so that the
manifest can say it. Lines that cannot be split travel along and are rejected alone.
"""

import codecs
import csv
import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np
import pyarrow as pa
import pyarrow.csv

from ingestion.formats.raw_rows import Unreadable
from ingestion.spec import FileFormat

# The longest value of a text file in bytes: what pyarrow reads a file by, and so for both readers.
LONGEST_VALUE = 1 << 20
csv.field_size_limit(LONGEST_VALUE)
UNCLOSED = "a quotation mark does not close"

# How many columns of a table a line names as a header, and whether every required one is among them.
HeaderScore = Callable[[Sequence[str]], tuple[bool, int]]


class FileRefusedError(Exception):
    """A file that must not be loaded, with what a person can do about it; `status` is the manifest's word."""

    def __init__(self, file: str, reason: str, remedy: str, status: str = "REFUSED") -> None:
        self.file, self.reason, self.remedy, self.status = file, reason, remedy, status
        super().__init__(f"{file}: {reason}; {remedy}")


@dataclass(frozen=True)
class Cells:
    """A file as text: columns under their headers (which may repeat), the record number of each row.

    Records are counted from 1, lines before the header included.
    """

    table: pa.Table
    lines: list[int]
    broken: tuple[Unreadable, ...] = ()
    encoding: str = ""


def decoded(name: str, content: bytes, format: FileFormat) -> tuple[str, str]:
    """The text and the encoding it was read by, the first that fits the whole file.

    Encodings of one byte a character read anything, so `characters` says which beyond ASCII this source
    writes: an encoding that yields others is not it. A file pasted together from several is read line by
    line. UTF-8 proves itself.
    """
    if not content.strip():
        raise FileRefusedError(name, "the file is empty", "export or transfer it again", "TRUNCATED")
    refuse_utf16(name, content, format)
    for encoding in format.encodings:
        text = _fitting(content, encoding, format.characters)
        if text is not None:
            return text, encoding
    if format.characters:
        found = [_line(line, format) for line in content.splitlines(keepends=True)]
        if all(line is not None for line in found):
            names = dict.fromkeys(line[1] for line in found if line)
            return "".join(line[0] for line in found if line), "+".join(names)
    tried = " or ".join(format.encodings)
    strange = f" with no other characters than {format.characters!r}" if format.characters else ""
    raise FileRefusedError(
        name, f"is not encoded as {tried}{strange}", "save it as UTF-8 and deliver it again"
    )


def refuse_utf16(name: str, start: bytes, format: FileFormat) -> None:
    """Refuses a file that says by its first bytes that it is UTF-16, where that is not declared.

    An encoding of one byte a character would read it as other text.
    """
    declares = any(encoding.lower().replace("_", "-").startswith("utf-16") for encoding in format.encodings)
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) and not declares:
        raise FileRefusedError(
            name,
            "is encoded as UTF-16, as its first bytes say",
            "save it as UTF-8, or name utf-16 among the encodings of the instance's format",
        )


def _line(line: bytes, format: FileFormat) -> tuple[str, str] | None:
    for encoding in format.encodings:
        text = _fitting(line, encoding, format.characters)
        if text is not None:
            return text, encoding
    return None


def _fitting(content: bytes, encoding: str, characters: str) -> str | None:
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError:
        return None
    if not characters or encoding.startswith("utf") or set(text) <= _ASCII | set(characters):
        return text
    return None


_ASCII = {chr(code) for code in range(128)}


def csv_header(
    name: str, content: bytes, format: FileFormat, score: HeaderScore
) -> tuple[tuple[str, ...], str]:
    """Only the header and the encoding, for a look before a file is landed."""
    body, encoding = decoded(name, content, format)
    header, _, _ = from_header(name, _delimited(body, format) if format.widths else body, format, score)
    return tuple(text.strip() for text in header), encoding


def csv_cells(name: str, content: bytes, format: FileFormat, score: HeaderScore) -> Cells:
    """Delimited or fixed-width text as cells."""
    body, encoding = decoded(name, content, format)
    if format.widths:
        body = _delimited(body, format)
    if format.trailer:
        ended = body.rstrip("\r\n")
        start = max(ended.rfind("\n"), ended.rfind("\r")) + 1
        body = body[:start] if start and body.startswith(trailer_starts(format), start) else body
    header, before, body = from_header(name, body, format, score)
    records = Lines(name, before)
    table = pyarrow.csv.read_csv(
        io.BytesIO(body.encode()), **read_options(header, format, records, has_quotes='"' in body)
    )
    marks = Marks()
    marks.count(body.encode())
    if marks.may_hide(1 + table.num_rows + records.kept_aside):
        check_quotes(name, _lines(body), format, before)
    return records.cells(table.rename_columns([text.strip() for text in header]), encoding, format.footers)


def read_options(
    header: Sequence[str], format: FileFormat, lines: "Lines", *, has_quotes: bool
) -> dict[str, object]:
    """How a delimited text is read: every cell as text, lines of another width kept aside in `lines`."""
    # Columns by position: a doubled header must reach the header check, not fail in the reader.
    positions = [str(at) for at in range(len(header))]
    return {
        "read_options": pyarrow.csv.ReadOptions(
            use_threads=False, column_names=positions, skip_rows_after_names=1
        ),
        "parse_options": pyarrow.csv.ParseOptions(
            delimiter=format.delimiter, newlines_in_values=has_quotes, invalid_row_handler=lines.keep_aside
        ),
        "convert_options": pyarrow.csv.ConvertOptions(
            column_types={at: pa.string() for at in positions}, strings_can_be_null=False
        ),
    }


def trailer_starts(format: FileFormat) -> tuple[str, str]:
    """What a trailer line begins with: its word, plain or in quotation marks."""
    return f"{format.trailer}{format.delimiter}", f'"{format.trailer}"{format.delimiter}'


class Lines:
    """Numbers the records of a file while it is read, and keeps those of another width."""

    def __init__(self, name: str, before: int) -> None:
        self._name, self._before = name, before
        self._next = 2
        self.kept_aside = 0
        self._invalid: dict[int, tuple[str, str]] = {}

    def keep_aside(self, row: pyarrow.csv.InvalidRow) -> str:
        reason = f"has {row.actual_columns} values for {row.expected_columns} columns"
        self._invalid[row.number or 0] = (reason, row.text)
        self.kept_aside += 1
        return "skip"

    def cells(
        self, table: pa.Table, encoding: str, footers: tuple[str, ...] = (), *, is_last: bool = True
    ) -> Cells:
        """The next rows with their numbers, and the lines among them that were kept aside."""
        numbers = np.arange(self._next, self._next + table.num_rows + len(self._invalid))
        numbers = numbers[~np.isin(numbers, list(self._invalid))][: table.num_rows]
        self._next = int(numbers[-1]) + 1 if len(numbers) else self._next
        table, numbers = _without_blank_rows(table, numbers)
        last = numbers[-1] if len(numbers) else 1
        told = sorted(number for number in self._invalid if is_last or number < self._next)
        broken = []
        for number in told:
            reason, text = self._invalid.pop(number)
            if not (number > last and text.lstrip().startswith(footers or "\0")):
                broken.append(Unreadable(reason, text, self._name, number + self._before))
        return Cells(table, (numbers + self._before).tolist(), tuple(broken), encoding)


def header_place(records: Sequence[Sequence[str]], score: HeaderScore) -> int:
    """The first record that names every required column, else the one that names most."""
    scores = [score(record) for record in records]
    complete = next((at for at, (is_complete, _) in enumerate(scores) if is_complete), None)
    if complete is not None:
        return complete
    return max(range(len(scores)), key=lambda at: scores[at][1], default=0)


def from_header(name: str, body: str, format: FileFormat, score: HeaderScore) -> tuple[list[str], int, str]:
    """The header, how many records stand before it, and the text from it on."""
    try:
        first = list(islice(_records(body, format.delimiter), format.preamble + 1))
    except csv.Error:
        raise FileRefusedError(
            name, f"its header cannot be read: {UNCLOSED}", "have the file written again", "TRUNCATED"
        ) from None
    if not first:
        return [], 0, body
    if not any(end in body for end in "\r\n"):
        raise FileRefusedError(
            name, "is cut off within its first line", "transfer the file again", "TRUNCATED"
        )
    at = header_place([record for record, _ in first], score) if format.preamble else 0
    header, start = first[at]
    return header, at, body if at == 0 else "".join(islice(_lines(body), start, None))


def _lines(body: str) -> io.StringIO:
    """Lines end with CR, LF or both: other characters that Python takes for an end are text."""
    return io.StringIO(body, newline="")


class Marks:
    """Counts quotation marks and ends of lines, which are CR, LF or both, piece by piece."""

    def __init__(self) -> None:
        self._quotes = self._ends = 0
        self._last = b""

    def count(self, piece: bytes) -> None:
        self._quotes += piece.count(b'"')
        self._ends += piece.count(b"\n") + piece.count(b"\r") - (self._last + piece).count(b"\r\n")
        self._last = piece[-1:] or self._last

    def may_hide(self, records: int) -> bool:
        """Whether rows may hide in a value: there are more lines than `records`, or an odd mark."""
        lines = self._ends + (self._last not in (b"\n", b"\r"))
        return self._quotes > 0 and (self._quotes % 2 == 1 or lines > records)


def check_quotes(name: str, lines: Iterable[str], format: FileFormat, before: int) -> None:
    """Refuses a file in which rows hide in a value: a quotation mark that closes lines below, or never.

    Values of several lines are fine; a mark in the midst of a line (5" pipe) moves no row.
    """
    reader = csv.reader(lines, delimiter=format.delimiter, strict=True)
    start = 0
    while True:
        start = reader.line_num
        try:
            next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            if reader.line_num - start > 1 or "end of data" in str(error):
                raise FileRefusedError(
                    name,
                    f"{UNCLOSED}: it opens in line {start + 1 + before}, and rows below are unknown",
                    "have the file written again with quotation marks within values doubled",
                    "TRUNCATED",
                ) from None


def _records(body: str, delimiter: str) -> Iterator[tuple[list[str], int]]:
    """Each record and the number of text lines before it."""
    reader = csv.reader(_lines(body), delimiter=delimiter)
    start = 0
    for record in reader:
        yield record, start
        start = reader.line_num


def _delimited(body: str, format: FileFormat) -> str:
    """Columns of fixed width as delimited text; what stands beyond the last width is one more cell."""
    written = io.StringIO()
    writer = csv.writer(written, delimiter=format.delimiter, lineterminator="\n")
    for line in (each.rstrip("\r\n") for each in _lines(body)):
        if not line.strip():
            continue
        cells, start = [], 0
        for width in format.widths:
            cells.append(line[start : start + width].strip())
            start += width
        writer.writerow([*cells, *([line[start:].strip()] if line[start:].strip() else [])])
    return written.getvalue()


def _without_blank_rows(table: pa.Table, numbers: np.ndarray) -> tuple[pa.Table, np.ndarray]:
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
    return table.filter(pa.array(filled)), numbers[filled]

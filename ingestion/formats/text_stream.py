"""Large delimited files, block by block: what one look finds out, then the cells in portions.

Gives what `text_files` gives for the whole file. Formats that need the whole file at hand (fixed widths,
closing lines, files pasted together from several encodings) are not read here.
"""

import codecs
import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

import pyarrow as pa
import pyarrow.csv

from ingestion.formats.content import BLOCK, Content, Opened, blocks
from ingestion.formats.text_files import (
    Cells,
    FileRefusedError,
    HeaderScore,
    Lines,
    Marks,
    check_quotes,
    from_header,
    read_options,
    refuse_utf16,
    trailer_starts,
)
from ingestion.spec import FileFormat

HEAD = 1 << 20
_BOM = {"utf-8-sig": codecs.BOM_UTF8}


@dataclass(frozen=True)
class Look:
    """What one pass over a file found; `size` is where its rows end, in bytes as stored."""

    encoding: str
    size: int
    has_quotes: bool


def can_stream(format: FileFormat) -> bool:
    needs_all = format.widths or format.footers or format.total_of or format.characters
    return not needs_all and all(_is_like_ascii(encoding) for encoding in format.encodings)


def look(name: str, content: Content | Opened, format: FileFormat) -> Look:
    """Reads all of a file once. Refuses it when it fits none of the declared encodings."""
    with content.open() as stream:
        refuse_utf16(name, stream.read(2), format)
    for encoding in format.encodings:
        decoder = codecs.getincrementaldecoder(encoding)()
        size, has_quotes, tail = 0, False, b""
        try:
            with content.open() as stream:
                for block in blocks(stream):
                    decoder.decode(block)
                    size += len(block)
                    has_quotes = has_quotes or b'"' in block
                    tail = (tail + block)[-HEAD:]
                decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            continue
        return Look(encoding, size - _trailer(tail, encoding, format), has_quotes)
    tried = " or ".join(format.encodings)
    raise FileRefusedError(name, f"is not encoded as {tried}", "save it as UTF-8 and deliver it again")


def header_of(
    name: str, content: Content | Opened, found: Look, format: FileFormat, score: HeaderScore
) -> tuple[tuple[str, ...], int, int]:
    """The header, the number of records before it, and the bytes of UTF-8 before it."""
    with content.open() as stream:
        head = _Utf8(stream, found).read(HEAD).decode("utf-8", "ignore")
    header, before, rest = from_header(name, head, format, score)
    return tuple(header), before, len(head.encode()) - len(rest.encode())


def cells_of(
    name: str, content: Content | Opened, found: Look, format: FileFormat, score: HeaderScore
) -> Iterator[Cells]:
    """The cells in portions; the last one tells the lines that no row followed."""
    header, before, skipped = header_of(name, content, found, format, score)
    lines = Lines(name, before)
    options = read_options(header, format, lines, has_quotes=found.has_quotes)
    names = [text.strip() for text in header]
    with content.open() as stream:
        text = _Utf8(stream, found)
        text.read(skipped)
        text.marks = Marks()
        reader = pyarrow.csv.open_csv(pa.PythonFile(text, "r"), **options)
        schema = pa.schema([(name, pa.string()) for name in names])
        records = 0
        for batch in reader:
            records += batch.num_rows
            yield lines.cells(
                pa.Table.from_batches([batch]).rename_columns(names), found.encoding, is_last=False
            )
        yield lines.cells(schema.empty_table(), found.encoding)
    if text.marks.may_hide(1 + records + lines.kept_aside):
        with content.open() as stream:
            text = _Utf8(stream, found)
            text.read(skipped)
            check_quotes(name, io.TextIOWrapper(io.BufferedReader(text), "utf-8", newline=""), format, before)


class _Utf8(io.RawIOBase):
    """A text stream as UTF-8 without a byte order mark, up to where its rows end."""

    def __init__(self, stream: BinaryIO, found: Look) -> None:
        self._stream, self._left = stream, found.size
        self._is_utf8 = found.encoding in ("utf-8", "utf-8-sig", "ascii")
        self._decoder = codecs.getincrementaldecoder(found.encoding)()
        self._ready = b""
        self.marks = Marks()
        mark = _BOM.get(found.encoding, b"")
        if mark and self._is_utf8:
            start = self._raw(len(mark))
            self._ready = b"" if start == mark else start

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1, /) -> bytes:
        parts, count = [], 0
        while count < size:
            if not self._ready:
                block = self._raw(max(BLOCK, size - count))
                if not block:
                    break
                self._ready = block if self._is_utf8 else self._decoder.decode(block).encode()
            parts.append(self._ready[: size - count])
            self._ready = self._ready[size - count :]
            count += len(parts[-1])
            self.marks.count(parts[-1])
        return b"".join(parts)

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        found = self.read(len(buffer))
        buffer[: len(found)] = found
        return len(found)

    def _raw(self, size: int) -> bytes:
        block = self._stream.read(min(size, self._left))
        self._left -= len(block)
        return block


def _trailer(tail: bytes, encoding: str, format: FileFormat) -> int:
    """How many bytes at the end are the trailer line."""
    ended = tail.rstrip(b"\r\n")
    start = max(ended.rfind(b"\n"), ended.rfind(b"\r")) + 1
    plain = "utf-8" if encoding == "utf-8-sig" else encoding
    starts = tuple(word.encode(plain) for word in trailer_starts(format))
    is_trailer = format.trailer and start and tail.startswith(starts, start)
    return len(tail) - start if is_trailer else 0


def _is_like_ascii(encoding: str) -> bool:
    plain = 'a"\n,'
    return plain.encode(encoding).removeprefix(codecs.BOM_UTF8) == plain.encode()

"""The bytes of a payload, wherever they are; each opening reads them from the start.

Few are in memory, many in a nameless file of the scratch folder, those of a batch in the landing copy.

A nameless file cannot be copied, is gone with its process, and is therefore as private as memory.
"""

import gzip
import hashlib
import io
import os
import tempfile
import zlib
from collections.abc import Callable, Iterator
from functools import cached_property
from pathlib import Path
from typing import BinaryIO, Protocol

BLOCK = 1 << 20
# A payload up to this size is handled whole, as most are.
WHOLE = 8 << 20


class Content(Protocol):
    """Bytes that can be read as often as needed."""

    @property
    def size(self) -> int: ...

    @property
    def sha256(self) -> str: ...

    def open(self) -> BinaryIO: ...


class Readable(Protocol):
    def read(self, size: int, /) -> bytes: ...


class InMemory:
    """Bytes as they are."""

    def __init__(self, content: bytes) -> None:
        self._content = content

    @property
    def size(self) -> int:
        return len(self._content)

    @cached_property
    def sha256(self) -> str:
        return hashlib.sha256(self._content).hexdigest()

    def open(self) -> BinaryIO:
        return io.BytesIO(self._content)


class Kept:
    """Bytes in a piece of a file that has no name any more."""

    def __init__(self, file: BinaryIO, start: int, size: int, sha256: str) -> None:
        self._file, self._start = file, start
        self.size, self.sha256 = size, sha256

    def open(self) -> BinaryIO:
        return io.BufferedReader(Placed(self.size, self._at), BLOCK)

    def _at(self, start: int, count: int) -> bytes:
        return os.pread(self._file.fileno(), count, self._start + start)


class Shelf:
    """One nameless file for many payloads: neither memory nor the number of open files grows with them."""

    def __init__(self, folder: Callable[[], Path]) -> None:
        self._folder = folder

    @cached_property
    def _file(self) -> BinaryIO:
        return tempfile.TemporaryFile(dir=self._folder())

    def put(self, source: Readable) -> Kept:
        """The rest of a stream, counted and hashed while it is written."""
        start, digest = self._file.tell(), hashlib.sha256()
        for block in blocks(source):
            digest.update(block)
            self._file.write(block)
        self._file.flush()
        return Kept(self._file, start, self._file.tell() - start, digest.hexdigest())


class Opened:
    """Bytes behind any function that opens them; only read, never counted or hashed."""

    def __init__(self, open: Callable[[], BinaryIO]) -> None:
        self.open = open


class Placed(io.RawIOBase):
    """A readable, seekable stream over a function from place and count to bytes."""

    def __init__(self, size: int, at: Callable[[int, int], bytes]) -> None:
        self._size, self._at, self._place = size, at, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._place

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._place, io.SEEK_END: self._size}[whence]
        self._place = max(0, base + offset)
        return self._place

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        count = min(len(buffer), max(self._size - self._place, 0))
        found = self._at(self._place, count) if count else b""
        buffer[: len(found)] = found
        self._place += len(found)
        return len(found)


def kept(source: BinaryIO, folder: Callable[[], Path]) -> Content:
    """The rest of a stream: in memory when it is small, else in a nameless file of the folder."""
    start = source.read(WHOLE + 1)
    if len(start) <= WHOLE:
        return InMemory(start)
    return Shelf(folder).put(_Chained(start, source))


class _Chained:
    """Some bytes, then a stream."""

    def __init__(self, start: bytes, rest: BinaryIO) -> None:
        self._start, self._rest = io.BytesIO(start), rest

    def read(self, size: int, /) -> bytes:
        return self._start.read(size) or self._rest.read(size)


def blocks(stream: Readable) -> Iterator[bytes]:
    while block := stream.read(BLOCK):
        yield block


def whole(content: "Content | Opened") -> bytes:
    """All bytes at once, for what cannot be read otherwise."""
    with content.open() as stream:
        return stream.read()


class TooLargeError(Exception):
    """A stream that unpacks to more than it may."""


class _Limited(io.RawIOBase):
    """A stream that must not have more than so many bytes."""

    def __init__(self, stream: BinaryIO, most: int) -> None:
        self._stream, self._left = stream, most

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        found = self._stream.read(len(buffer))
        self._left -= len(found)
        if self._left < 0:
            raise TooLargeError
        buffer[: len(found)] = found
        return len(found)


def unpacked(stream: BinaryIO, most: int | None = None) -> BinaryIO:
    """The uncompressed bytes of a gzip stream; `DAMAGED` and `TooLargeError` come while reading."""
    plain: BinaryIO = gzip.GzipFile(fileobj=stream, mode="rb")  # type: ignore[assignment]
    return plain if most is None else io.BufferedReader(_Limited(plain, most), BLOCK)


DAMAGED = (EOFError, OSError, zlib.error)

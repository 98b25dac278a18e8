"""Encryption of the landing copy at rest: AES-256-GCM in pieces, with the key's id in front, never the key.

Each piece is bound to its file and its place, so that a file that was cut, mixed or moved into another batch
is refused. Without a key everything stays plain. Keys come from the settings only.
"""

import hashlib
import io
import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from ingestion.formats.content import Placed

MAGIC = b"CONCORD-SEALED-1"
PIECE = 1 << 20
_TAG, _ID, _NONCE = 16, 8, 7
HEAD = len(MAGIC) + _ID + _NONCE
# From a place and a count to the bytes there.
At = Callable[[int, int], bytes]


class SealError(Exception):
    """A sealed file that cannot be opened, worded for the person who has the key."""


class Seal:
    """The first key seals, every key opens: so a key is replaced by writing the new one in front."""

    def __init__(self, configured: str | None = None) -> None:
        self._keys = {_key_id(key): _derived(key) for key in (configured or "").split()}

    @property
    def key_id(self) -> str:
        """Of the key that seals; empty when nothing is sealed."""
        return next(iter(self._keys), "")

    def close(self, content: bytes, about: str) -> bytes:
        """The content sealed for the file named `about`; unchanged without a key."""
        target = io.BytesIO()
        with self.closing(target, about) as sealed:
            sealed.write(content)
        return target.getvalue()

    @contextmanager
    def closing(self, target: BinaryIO, about: str) -> Iterator[BinaryIO]:
        """Seals what is written to it on its way to `target`."""
        if not self._keys:
            yield target
            return
        head = MAGIC + self.key_id.encode() + secrets.token_bytes(_NONCE)
        sealing = _Sealing(target, AESGCM(self._keys[self.key_id]), head, about)
        yield sealing  # type: ignore[misc]
        sealing.finish()

    def open(self, stored: bytes, about: str) -> bytes:
        """The plain content; what was never sealed is returned as it is."""
        if not is_sealed(stored):
            return stored
        at = partial(_in_bytes, stored)
        with self._unsealed(len(stored), at, lambda: None, about) as plain:
            return plain.read()

    def opened(self, path: Path, about: str) -> BinaryIO:
        """The plain content of a file, piece by piece; what was never sealed is read as it is."""
        file = path.open("rb")
        start = file.read(len(MAGIC))
        file.seek(0)
        if start != MAGIC:
            return file
        size = os.fstat(file.fileno()).st_size
        return self._unsealed(size, partial(_in_file, file), file.close, about)

    def _unsealed(self, size: int, at: At, close: Callable[[], None], about: str) -> BinaryIO:
        head = at(0, HEAD)
        key_id = sealed_with(head)
        if key_id not in self._keys:
            close()
            given = f"holds the keys {', '.join(self._keys)}" if self._keys else "is not set"
            raise SealError(
                f"{about} is sealed with landing key {key_id}, and CONCORD_LANDING_KEY {given};"
                " add the key it was sealed with"
            )
        opening = _Opening(size - HEAD, at, AESGCM(self._keys[key_id]), head, about)
        return io.BufferedReader(Placed(opening.size, opening.at), PIECE)


class _Sealing(io.RawIOBase):
    """Writes pieces; the last is known as such when `finish` is called."""

    def __init__(self, target: BinaryIO, cipher: AESGCM, head: bytes, about: str) -> None:
        self._target, self._cipher, self._head, self._about = target, cipher, head, about
        self._waiting, self._count = bytearray(), 0
        target.write(head)

    def writable(self) -> bool:
        return True

    def write(self, content: Any, /) -> int:
        self._waiting += content
        while len(self._waiting) > PIECE:
            self._write(bytes(self._waiting[:PIECE]), is_last=False)
            del self._waiting[:PIECE]
        return len(content)

    def finish(self) -> None:
        self._write(bytes(self._waiting), is_last=True)

    def _write(self, piece: bytes, *, is_last: bool) -> None:
        nonce = _nonce(self._head, self._count, is_last)
        self._target.write(self._cipher.encrypt(nonce, piece, self._head + self._about.encode()))
        self._count += 1


class _Opening:
    """Plain bytes at any place: the piece that holds it is opened, and kept until another is asked for."""

    def __init__(self, stored: int, at: At, cipher: AESGCM, head: bytes, about: str) -> None:
        self._stored, self._at, self._cipher = stored, at, cipher
        self._head, self._about = head, about
        # An empty content is one empty piece.
        self._pieces = max(1, -(-stored // (PIECE + _TAG)))
        self.size = max(0, stored - self._pieces * _TAG)
        self._number, self._piece = -1, b""
        self._plain(self._pieces - 1)

    def at(self, start: int, count: int) -> bytes:
        number, place = divmod(start, PIECE)
        return self._plain(number)[place : place + count]

    def _plain(self, number: int) -> bytes:
        if number != self._number:
            sealed = self._at(HEAD + number * (PIECE + _TAG), PIECE + _TAG)
            nonce = _nonce(self._head, number, number == self._pieces - 1)
            try:
                self._piece = self._cipher.decrypt(nonce, sealed, self._head + self._about.encode())
            except InvalidTag:
                raise SealError(
                    f"{self._about} was changed, cut off or taken from another place after it was sealed;"
                    " put the landing copy back from a backup"
                ) from None
            self._number = number
        return self._piece


PLAIN = Seal()


def is_sealed(stored: bytes) -> bool:
    return stored.startswith(MAGIC)


def sealed_with(stored: bytes) -> str:
    """The id of the key that a sealed file names; empty for a plain one. Its beginning is enough."""
    return stored[len(MAGIC) :][:_ID].decode("ascii", "replace") if is_sealed(stored) else ""


def _in_bytes(stored: bytes, start: int, count: int) -> bytes:
    return stored[start : start + count]


def _in_file(file: BinaryIO, start: int, count: int) -> bytes:
    return os.pread(file.fileno(), count, start)


def _nonce(head: bytes, at: int, is_last: bool) -> bytes:
    return head[-_NONCE:] + at.to_bytes(4, "big") + bytes([is_last])


def _derived(key: str) -> bytes:
    return hashlib.sha256(b"concord-landing" + key.encode()).digest()


def _key_id(key: str) -> str:
    return hashlib.sha256(b"concord-landing-id" + key.encode()).hexdigest()[:_ID]

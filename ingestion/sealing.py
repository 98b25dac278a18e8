"""Encryption of the landing copy at rest: AES-256-GCM in pieces, with the key's id in front, never the key.

Each piece is bound to its file and its place, so that a file that was cut, mixed or moved into another batch
is refused. Without a key everything stays plain. Keys come from the settings only.
"""

import hashlib
import secrets
from collections.abc import Iterator

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

MAGIC = b"CONCORD-SEALED-1"
PIECE = 1 << 20
_TAG, _ID, _NONCE = 16, 8, 7
HEAD = len(MAGIC) + _ID + _NONCE


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
        if not self._keys:
            return content
        head = MAGIC + self.key_id.encode() + secrets.token_bytes(_NONCE)
        cipher = AESGCM(self._keys[self.key_id])
        sealed = [
            cipher.encrypt(_nonce(head, at, is_last), piece, head + about.encode())
            for at, piece, is_last in _pieces(content, PIECE)
        ]
        return head + b"".join(sealed)

    def open(self, stored: bytes, about: str) -> bytes:
        """The plain content; what was never sealed is returned as it is."""
        if not is_sealed(stored):
            return stored
        head, body = stored[:HEAD], stored[HEAD:]
        key_id = sealed_with(head)
        if key_id not in self._keys:
            given = f"holds the keys {', '.join(self._keys)}" if self._keys else "is not set"
            raise SealError(
                f"{about} is sealed with landing key {key_id}, and CONCORD_LANDING_KEY {given};"
                " add the key it was sealed with"
            )
        cipher = AESGCM(self._keys[key_id])
        try:
            return b"".join(
                cipher.decrypt(_nonce(head, at, is_last), piece, head + about.encode())
                for at, piece, is_last in _pieces(body, PIECE + _TAG)
            )
        except InvalidTag:
            raise SealError(
                f"{about} was changed, cut off or taken from another place after it was sealed;"
                " put the landing copy back from a backup"
            ) from None


PLAIN = Seal()


def is_sealed(stored: bytes) -> bool:
    return stored.startswith(MAGIC)


def sealed_with(stored: bytes) -> str:
    """The id of the key that a sealed file names; empty for a plain one. Its beginning is enough."""
    return stored[len(MAGIC) :][:_ID].decode("ascii", "replace") if is_sealed(stored) else ""


def _pieces(content: bytes, size: int) -> Iterator[tuple[int, bytes, bool]]:
    """(number, piece, whether it is the last); an empty content is one empty piece."""
    starts = range(0, max(len(content), 1), size)
    for at, start in enumerate(starts):
        yield at, content[start : start + size], at == len(starts) - 1


def _nonce(head: bytes, at: int, is_last: bool) -> bytes:
    return head[-_NONCE:] + at.to_bytes(4, "big") + bytes([is_last])


def _derived(key: str) -> bytes:
    return hashlib.sha256(b"concord-landing" + key.encode()).digest()


def _key_id(key: str) -> str:
    return hashlib.sha256(b"concord-landing-id" + key.encode()).hexdigest()[:_ID]

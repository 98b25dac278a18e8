"""The vault: the plain tax and bank values behind the tokens, encrypted, one file beside the state store.

Filled where tokens are made and read only by a publishing adapter at the moment it sends. A lost vault is
filled again when the landing copy is read again.
"""

import base64
import contextlib
import hashlib
import os
import secrets
import sqlite3
from collections.abc import Iterator, Mapping
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken

WAIT_SECONDS = 30
_CHUNK = 500


class VaultError(Exception):
    """The vault cannot be opened or read with the key given; worded for a person."""


class Vault:
    """Token to plain value. Values are normalized, so one token stands for one value."""

    def __init__(self, path: Path, key: bytes) -> None:
        self.path = path
        # Any text may be the key; Fernet wants exactly 32 bytes.
        self._cipher = Fernet(base64.urlsafe_b64encode(hashlib.sha256(b"concord-vault" + key).digest()))

    def put(self, values: Mapping[str, str]) -> int:
        """Adds the values the vault does not have; returns how many those were."""
        if not values:
            return 0
        with self._opened() as connection:
            known = self._known(connection, list(values))
            fresh = [
                (token, self._cipher.encrypt(plain.encode()))
                for token, plain in values.items()
                if token not in known
            ]
            connection.executemany("insert or ignore into secret (token, sealed) values (?, ?)", fresh)
        return len(fresh)

    def resolve(self, token: str) -> str | None:
        """The plain value, None when the vault never saw it; raises when it was sealed with another key."""
        if not self.path.exists():
            return None
        with self._opened() as connection:
            row = connection.execute("select sealed from secret where token = ?", [token]).fetchone()
        if row is None:
            return None
        try:
            return self._cipher.decrypt(row[0]).decode()
        except InvalidToken:
            raise VaultError(
                f"{self.path} was sealed with another key; set the CONCORD_VAULT_KEY it was made with"
            ) from None

    @contextlib.contextmanager
    def _opened(self) -> Iterator[sqlite3.Connection]:
        if not self.path.exists():
            self.path.parent.mkdir(parents=True, exist_ok=True)
            os.close(os.open(self.path, os.O_WRONLY | os.O_CREAT, 0o600))
        connection = sqlite3.connect(self.path, timeout=WAIT_SECONDS)
        try:
            with connection:
                connection.execute(
                    "create table if not exists secret (token text primary key, sealed blob not null)"
                )
                yield connection
        finally:
            connection.close()

    @staticmethod
    def _known(connection: sqlite3.Connection, tokens: list[str]) -> set[str]:
        found: set[str] = set()
        for start in range(0, len(tokens), _CHUNK):
            part = tokens[start : start + _CHUNK]
            marks = ", ".join("?" * len(part))
            query = f"select token from secret where token in ({marks})"
            found |= {row[0] for row in connection.execute(query, part)}
        return found


def load_secret(path: Path, configured: str | None) -> bytes:
    """The configured key, else the one of this file, made once and readable by its owner only."""
    if configured:
        return configured.encode()
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
        with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(secrets.token_hex(32))
        # A link, not a rename: of two processes that start together the first one's key stays.
        with contextlib.suppress(FileExistsError):
            path.hardlink_to(unfinished)
        unfinished.unlink()
    return path.read_text().strip().encode()


def open_vault(home: Path, configured: str | None) -> Vault:
    """The vault of a HOME."""
    return Vault(home / "vault.sqlite", load_secret(home / "vault.key", configured))

"""Turns tokens into plain values at the last moment, and takes these out of everything that is written down.

Outbox rows, ledger, previews and logs hold tokens. An adapter asks here while it builds a request; whatever
the target answers passes `scrub` before anyone keeps it.
"""

from __future__ import annotations

import re

from ingestion.vault import VaultError
from publishing.protocols import Vault
from publishing.transports import NotTakenError

_SEPARATORS = r"[\s.\-/]?"


class MissingTokenError(LookupError):
    """The vault does not know a token; the message says what a person can do."""

    def __init__(self, column: str) -> None:
        super().__init__(
            f"TOKEN_UNKNOWN: the vault has no value for the {column} of this row; land its source again with"
            " the key in force (CONCORD_VAULT_KEY, token_key), then retry the message"
        )


class Disclosure:
    """The plain values of one delivery. They live in memory while its adapter does."""

    def __init__(self, vault: Vault) -> None:
        self._vault = vault
        self._disclosed: dict[str, re.Pattern[str]] = {}

    def plain(self, column: str, token: str | None) -> str | None:
        """The value behind a token, None for none; raises MissingTokenError naming only the column."""
        if not token:
            return None
        try:
            value = self._vault.resolve(token)
        except VaultError as error:
            raise NotTakenError(str(error), retry=False) from error
        if value is None:
            raise MissingTokenError(column)
        marks = [re.escape(mark) for mark in value if mark.isalnum()]
        if marks:
            # A target may echo the value with its own separators.
            self._disclosed[value] = re.compile(_SEPARATORS.join(marks), re.IGNORECASE)
        return value

    def scrub(self, text: str) -> str:
        """The text without any value disclosed so far."""
        for pattern in self._disclosed.values():
            text = pattern.sub("***", text)
        return text

"""Tokens, last four and verdicts of sensitive values: the one rule family that lives in ingestion.

Values are normalized before hashing so that equal ids of two systems get equal tokens. The check rules are
domain_rules 3.6.1; nothing after this module sees a plain value.
"""

import hashlib
import hmac
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from ingestion.spec import Sensitive
from ingestion.vault import Vault, load_secret

VERSION = "v1"
VERDICTS = ("VALID", "INVALID_FORMAT", "INVALID_CHECK_DIGIT", "PLACEHOLDER", "MISSING")

_EIN_PREFIXES_NOT_ISSUED = {
    *("00", "07", "08", "09", "17", "18", "19", "28", "29", "49", "69", "70", "78", "79", "89", "96", "97"),
}
_PLACEHOLDERS = {"123456789", "987654321", "012345678", "876543210", "111223333", "999999999"}
_ITIN_GROUPS = (*range(50, 66), *range(70, 89), *range(90, 93), *range(94, 100))
_ABA_FIRST_TWO = {*range(0, 13), *range(21, 33), *range(61, 73), 80}
# No country's is longer; what is, is no typo of one.
_LONGEST_TAX_ID = 32
_IBAN_LENGTHS = {
    **{"AD": 24, "AE": 23, "AT": 20, "BE": 16, "BG": 22, "CH": 21, "CY": 28, "CZ": 24, "DE": 22},
    **{"DK": 18, "EE": 20, "ES": 24, "FI": 18, "FR": 27, "GB": 22, "GR": 27, "HR": 21, "HU": 28, "IE": 22},
    **{"IL": 23, "IS": 26, "IT": 27, "LI": 21, "LT": 20, "LU": 20, "LV": 21, "MC": 27, "MT": 31, "NL": 18},
    **{"NO": 15, "PL": 28, "PT": 25, "RO": 24, "SA": 24, "SE": 24, "SI": 19, "SK": 24, "SM": 27, "TR": 26},
}


@dataclass(frozen=True)
class Token:
    """What is kept of one sensitive value. `near` is a JSON array, only for tax ids."""

    token: str | None
    last4: str | None
    verdict: str
    near: str | None


class Tokenizer:
    """Turns sensitive values to tokens with one versioned key; the vault remembers what each stands for."""

    def __init__(self, key: bytes, vault: Vault | None = None) -> None:
        self._key = key
        self._vault = vault

    @cached_property
    def fingerprint(self) -> str:
        """Tells whether two runs used the same key, without telling the key."""
        return hashlib.sha256(b"concord-token-key" + self._key).hexdigest()[:12]

    def token(self, kind: Sensitive, normalized: str) -> str:
        # The kind is part of the message: an account number equal to a tax id must not get its token.
        digest = hmac.new(self._key, f"{kind}:{normalized}".encode(), hashlib.sha256).hexdigest()
        return f"{VERSION}:{digest}"

    def tokenize(self, kind: Sensitive, value: str | None) -> Token:
        normalized = normalize(kind, value)
        if not normalized:
            return Token(None, None, "MISSING", None)
        near = None
        if kind == "tax_id" and len(normalized) <= _LONGEST_TAX_ID:
            shortened = [normalized[:at] + normalized[at + 1 :] for at in range(len(normalized))]
            near = json.dumps([self.token(kind, text) for text in shortened])
        return Token(self.token(kind, normalized), normalized[-4:], verdict(kind, normalized), near)

    def tokenize_all(self, kind: Sensitive, values: Iterable[str | None]) -> dict[str | None, Token]:
        made = {value: self.tokenize(kind, value) for value in set(values)}
        # Nobody ever needs to know which case it was; whose device is recalled, somebody does.
        if self._vault and kind != "case":
            plain = {found.token: normalize(kind, value) for value, found in made.items() if found.token}
            self._vault.put(plain)
        return made


def normalize(kind: Sensitive, value: str | None) -> str:
    """Upper case without separators; a tax id, routing or account number of digits only keeps the digits."""
    text = re.sub(r"[^0-9A-Z]", "", (value or "").upper())
    if kind == "tax_id" and text.startswith("US") and text[2:].isdigit():
        text = text[2:]
    return text


def verdict(kind: Sensitive, normalized: str) -> str:
    if kind == "tax_id":
        return _tax_verdict(normalized)
    if kind == "routing":
        return _routing_verdict(normalized)
    if kind == "account":
        return _account_verdict(normalized)
    if kind in ("serial", "case"):
        return "VALID"
    return _iban_verdict(normalized)


def _tax_verdict(text: str) -> str:
    if not re.fullmatch(r"[0-9]{9}", text):
        return "INVALID_FORMAT"
    if len(set(text)) == 1 or text in _PLACEHOLDERS:
        return "PLACEHOLDER"
    is_ein = text[:2] not in _EIN_PREFIXES_NOT_ISSUED
    is_ssn = text[:3] not in ("000", "666") and text[0] != "9" and text[3:5] != "00" and text[5:] != "0000"
    is_itin = text[0] == "9" and int(text[3:5]) in _ITIN_GROUPS
    return "VALID" if is_ein or is_ssn or is_itin else "INVALID_FORMAT"


def _routing_verdict(text: str) -> str:
    if not re.fullmatch(r"[0-9]{9}", text):
        return "INVALID_FORMAT"
    if len(set(text)) == 1:
        return "PLACEHOLDER"
    digits = [int(digit) for digit in text]
    if int(text[:2]) not in _ABA_FIRST_TWO:
        return "INVALID_FORMAT"
    total = 3 * sum(digits[0::3]) + 7 * sum(digits[1::3]) + sum(digits[2::3])
    return "VALID" if total % 10 == 0 else "INVALID_CHECK_DIGIT"


def _account_verdict(text: str) -> str:
    if not re.fullmatch(r"[0-9]{4,17}", text):
        return "INVALID_FORMAT"
    return "PLACEHOLDER" if len(set(text)) == 1 else "VALID"


def _iban_verdict(text: str) -> str:
    length = _IBAN_LENGTHS.get(text[:2], 0)
    if not re.fullmatch(r"[A-Z]{2}[0-9]{2}[0-9A-Z]{11,30}", text) or (length and len(text) != length):
        return "INVALID_FORMAT"
    rearranged = "".join(str(int(char, 36)) for char in text[4:] + text[:4])
    return "VALID" if int(rearranged) % 97 == 1 else "INVALID_CHECK_DIGIT"


def load_key(home: Path, configured: str | None) -> bytes:
    """The configured key, else the one of this HOME."""
    return load_secret(home / "token.key", configured)

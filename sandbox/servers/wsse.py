"""WS-Security UsernameToken as a server checks it: password or digest, a nonce once, a time not long ago."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from datetime import UTC, datetime, timedelta

from lxml import etree

ENVELOPE = "http://schemas.xmlsoap.org/soap/envelope/"
_OASIS = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-"
_WSU = f"{_OASIS}wssecurity-utility-1.0.xsd"
_LONGEST = timedelta(minutes=5)


class SecurityError(Exception):
    """A header that is not accepted; `code` is the profile's fault code."""

    def __init__(self, code: str, words: str) -> None:
        super().__init__(words)
        self.code = code


class Signatures:
    """What one login accepts, and the nonces it has seen."""

    NAMESPACE = f"{_OASIS}wssecurity-secext-1.0.xsd"

    def __init__(self, user: str, password: str) -> None:
        self._user, self._password = user, password
        self._seen: dict[str, datetime] = {}
        self._expire_next = False

    def expire_all(self) -> None:
        """The next message counts as signed too long ago."""
        self._expire_next = True

    def check(self, envelope: etree._Element) -> None:
        """Accept a message or raise the fault that answers it."""
        path = f"{{{ENVELOPE}}}Header/{{{self.NAMESPACE}}}Security/{{{self.NAMESPACE}}}UsernameToken"
        token = envelope.find(path)
        if token is None:
            raise SecurityError("InvalidSecurity", "the header holds no UsernameToken")
        user = token.findtext(f"{{{self.NAMESPACE}}}Username") or ""
        password = token.find(f"{{{self.NAMESPACE}}}Password")
        given = (password.text or "") if password is not None else ""
        kind = (password.get("Type") or "").rpartition("#")[2] if password is not None else ""
        expected = self._password
        if kind == "PasswordDigest":
            expected = self._digest(token)
        if user != self._user or not hmac.compare_digest(given, expected):
            raise SecurityError("FailedAuthentication", "the user name or password is not valid")

    def _digest(self, token: etree._Element) -> str:
        """The digest a fresh nonce and time must have."""
        nonce = token.findtext(f"{{{self.NAMESPACE}}}Nonce") or ""
        created = token.findtext(f"{{{_WSU}}}Created") or ""
        now = datetime.now(UTC)
        try:
            moment, plain = datetime.fromisoformat(created), base64.b64decode(nonce, validate=True)
        except (ValueError, binascii.Error) as error:
            raise SecurityError("InvalidSecurity", "a digest needs a nonce and a time") from error
        if moment.tzinfo is None:
            raise SecurityError("InvalidSecurity", "the time of a digest needs a zone")
        if self._expire_next or abs(now - moment) > _LONGEST:
            self._expire_next = False
            raise SecurityError("MessageExpired", "the message was signed too long ago")
        self._seen = {known: at for known, at in self._seen.items() if now - at <= 2 * _LONGEST}
        if nonce in self._seen:
            raise SecurityError("FailedAuthentication", "the nonce was used before")
        self._seen[nonce] = now
        digest = hashlib.sha1(plain + created.encode() + self._password.encode(), usedforsecurity=False)
        return base64.b64encode(digest.digest()).decode()

"""Certificates of HTTPS connections: which authority is trusted, and who we are where a server asks.

Servers are verified always. `ca_file` replaces the public authorities by the source's own, and
`client_certificate_file` with `client_key_file` is mutual TLS (PEM; the certificate's file may hold the key).
"""

import re
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import requests
import sqlalchemy as sa
from cryptography import x509

from ingestion.configuration.hosts import verified
from ingestion.transports.fetched import LoginRefusedError


@dataclass(frozen=True)
class Certificates:
    """The certificate files of one connection; all empty means the public authorities and no client."""

    ca_file: str = ""
    client_certificate_file: str = ""
    client_key_file: str = ""

    @classmethod
    def of(cls, connection: Mapping[str, str]) -> "Certificates":
        """Those a connection names; `LoginRefusedError` when one is no readable file."""
        made = cls(
            connection.get("ca_file", ""),
            connection.get("client_certificate_file", ""),
            connection.get("client_key_file", ""),
        )
        for key, path in vars(made).items():
            if path and not Path(path).is_file():
                raise LoginRefusedError(f"{key} {path} is no file")
        if made.client_key_file and not made.client_certificate_file:
            raise LoginRefusedError("client_key_file needs client_certificate_file")
        return made

    def secure(self, session: requests.Session) -> None:
        """Sets up a session of `requests`; the environment adds neither authorities nor proxies."""
        session.trust_env = False
        session.verify = self.ca_file or True
        if self.client_certificate_file:
            session.cert = (
                self.client_certificate_file,
                self.client_key_file or self.client_certificate_file,
            )

    def context(self) -> ssl.SSLContext:
        """The same for clients that take a context; `LoginRefusedError` when a file is no certificate."""
        try:
            context = ssl.create_default_context(cafile=self.ca_file or None)
            if self.client_certificate_file:
                context.load_cert_chain(self.client_certificate_file, self.client_key_file or None)
        except (OSError, ssl.SSLError) as error:
            raise LoginRefusedError(f"a certificate file cannot be used: {error.strerror or error}") from None
        return context

    def libpq(self, url: sa.URL) -> dict[str, str]:
        """Parameters of libpq for a database of this connection, see `verified`."""
        given = {
            "sslcert": self.client_certificate_file,
            "sslkey": self.client_key_file or self.client_certificate_file,
        }
        return {key: path for key, path in given.items() if path} | verified(url, self.ca_file)


def expires_at(certificate_file: str) -> datetime | None:
    """When the first certificate of a PEM file ends, in UTC; None when there is none to read."""
    try:
        certificate = x509.load_pem_x509_certificate(Path(certificate_file).read_bytes())
    except (OSError, ValueError):
        return None
    return certificate.not_valid_after_utc


def certificate_trouble(error: requests.exceptions.SSLError) -> str:
    """What TLS says is wrong, without the request."""
    known = re.search(
        r"certificate verify failed[^(]*|alert [a-z ]+|hostname mismatch[^(]*", str(error), re.I
    )
    return known[0].strip(" :,") if known else "TLS failed"

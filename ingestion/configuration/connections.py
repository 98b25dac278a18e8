"""What a connection of a landscape may say: the keys its system needs, no secret written out, no plain wire.

Pure checks on the file as it was written and on the resolved values; `landscape.py` calls them.
"""

import re
from collections.abc import Mapping
from urllib.parse import unquote, urlsplit

import sqlalchemy as sa

from ingestion.configuration.hosts import LOOPBACK, stays_here
from ingestion.configuration.landscape_file import LandscapeFile
from ingestion.configuration.references import literals
from ingestion.registry import SYSTEMS
from ingestion.spec import SystemSpec

SECRET_KEYS = frozenset(
    {"password", "private_key", "private_key_passphrase", "client_secret", "api_key", "api_secret"}
    | {"signing_secret"}
)
# A password ends at the @ that names the host; drivers take a / in it.
_PASSWORD_IN_URL = re.compile(r"//[^/@:]*:[^@]+@")
_IN_QUERY = re.compile(r"[?&;]([^=&;#]+)=[^&;#]")
_SECRET_PARAMETER = re.compile(r"pass|pwd|secret|token|api_?key|signature", re.IGNORECASE)
HOW = "refer to it by ${NAME}, ${file:PATH} or ${secret:NAME}, without a default and with nothing beside it"


def connection_complaints(
    file: LandscapeFile, name: str, system: str, connection: Mapping[str, str], environment: str
) -> list[str]:
    """Complaints about the connection of instance `name`, each with its line; empty when it will do."""
    spec = SYSTEMS[system]
    at = ("instances", name, "connection")
    return [
        *_keys(file, at, spec, connection),
        *_written_out(file, at, connection),
        *_plain_wires(file, at, connection, environment),
    ]


def _keys(
    file: LandscapeFile, at: tuple[str, ...], spec: SystemSpec, connection: Mapping[str, str]
) -> list[str]:
    needed = [choice.split(" or ") for choice in spec.connection_required]
    allowed = [*(key for choice in needed for key in choice), *spec.connection_optional]
    unknown = [
        file.message(
            (*at, key), f"unknown connection key {key!r} for {spec.name}; allowed: {', '.join(allowed)}"
        )
        for key in connection
        if key not in allowed
    ]
    missing = [
        file.message(at, f"connection of {spec.name} needs {' or '.join(map(repr, choice))}")
        for choice in needed
        if not any(connection.get(key) for key in choice)
    ]
    return unknown + missing


def secret_complaints(file: LandscapeFile, at: tuple[str, ...]) -> list[str]:
    """The complaint about a secret value that is not of references alone; empty when it is."""
    if not literals(file.written(at)).strip():
        return []
    return [file.message(at, f"{at[-1]} is written out in the landscape, at least in part; {HOW}")]


def _written_out(file: LandscapeFile, at: tuple[str, ...], connection: Mapping[str, str]) -> list[str]:
    """Secrets that stand in the file itself, where everybody who reads the repository reads them."""
    found = []
    for key in connection:
        written = literals(file.written((*at, key)))
        if key in SECRET_KEYS:
            found += secret_complaints(file, (*at, key))
        elif _PASSWORD_IN_URL.search(written) or _has_secret_parameter(written):
            words = f"{key} holds a password written out in the landscape, at least in part; {HOW}"
            found.append(file.message((*at, key), words))
    return found


def _has_secret_parameter(url: str) -> bool:
    return any(_SECRET_PARAMETER.search(unquote(name)) for name in _IN_QUERY.findall(url))


def _plain_wires(
    file: LandscapeFile, at: tuple[str, ...], connection: Mapping[str, str], environment: str
) -> list[str]:
    url = connection.get("url") or ""
    if environment == "prod" and url.startswith("postgres") and (mode := _weak_mode(url)):
        words = f"sslmode is {mode}; in prod a database elsewhere is verified: leave it out, or verify-full"
        return [file.message((*at, "url"), words)]
    parts = urlsplit(url)
    if environment != "prod" or parts.scheme != "http" or parts.hostname in LOOPBACK:
        return []
    return [file.message((*at, "url"), "url is http; in prod credentials travel over https only")]


def _weak_mode(url: str) -> str:
    """The sslmode of a database URL that would let another server in; empty when there is none."""
    try:
        parsed = sa.make_url(url)
    except (sa.exc.ArgumentError, ValueError):
        return ""  # the wire says what is wrong with it
    mode = parsed.query.get("sslmode", "verify-full")
    return "" if mode == "verify-full" or stays_here(parsed) else str(mode)

"""What a connection of a landscape may say: the keys its system needs, no secret written out, no plain wire.

Pure checks on the file as it was written and on the resolved values; `landscape.py` calls them.
"""

import re
from collections.abc import Mapping
from urllib.parse import urlsplit

from ingestion.landscape_file import LandscapeFile
from ingestion.references import REFERENCE
from ingestion.registry import SYSTEMS
from ingestion.spec import SECRET_KEYS, SystemSpec

LOOPBACK = ("localhost", "127.0.0.1", "::1")
_PASSWORD_IN_URL = re.compile(r"//[^/@:]*:[^/@]+@")
HOW = "refer to it: ${NAME}, ${file:PATH} or ${secret:NAME}"


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


def _written_out(file: LandscapeFile, at: tuple[str, ...], connection: Mapping[str, str]) -> list[str]:
    """Secrets that stand in the file itself, where everybody who reads the repository reads them."""
    found = []
    for key in connection:
        written = file.written((*at, key))
        if key in SECRET_KEYS and written and not REFERENCE.search(written):
            found.append(file.message((*at, key), f"{key} is written out in the landscape; {HOW}"))
        if _PASSWORD_IN_URL.search(REFERENCE.sub("", written)):
            found.append(
                file.message((*at, key), f"{key} holds a password written out in the landscape; {HOW}")
            )
    return found


def _plain_wires(
    file: LandscapeFile, at: tuple[str, ...], connection: Mapping[str, str], environment: str
) -> list[str]:
    parts = urlsplit(connection.get("url") or "")
    if environment != "prod" or parts.scheme != "http" or parts.hostname in LOOPBACK:
        return []
    return [file.message((*at, "url"), "url is http; in prod credentials travel over https only")]

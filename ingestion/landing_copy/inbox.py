"""Events that applications send by webhook: taken in only with a valid signature, kept until they are landed.

A body becomes a file in `HOME/inbox/<instance>/`, sealed as the landing copy is, by one rename before the
sender is told that it arrived, and goes when a batch of the landing copy holds it. An event triggers nothing
and changes no state by itself (domain_rules 3.11): what it is about is read from the application, the event
is history.
"""

import hashlib
import hmac
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from ingestion.configuration.landscape import Instance
from ingestion.event_spec import EVENT, EventSpec
from ingestion.formats.content import InMemory
from ingestion.formats.json_rows import records_of_pages
from ingestion.landing_copy.landing import Payload
from ingestion.landing_copy.sealing import PLAIN, Seal

LARGEST_BODY = 1 << 20
TOLERANCE = timedelta(minutes=5)


class EventRefusedError(Exception):
    """A body that is not taken: the HTTP status and the words for its sender."""

    def __init__(self, status: int, words: str) -> None:
        super().__init__(words)
        self.status = status


@dataclass(frozen=True)
class Inbox:
    """The events of one instance that wait to be landed."""

    folder: Path
    seal: Seal = PLAIN

    def accept(self, instance: Instance, headers: Mapping[str, str], body: bytes, now: datetime) -> int:
        """Keeps a signed body and returns how many events it holds, or raises `EventRefusedError`.

        `headers` in lower case; `now` in UTC.
        """
        spec, secret = instance.spec.events, instance.connection.get("signing_secret")
        if spec is None or not secret:
            raise EventRefusedError(404, f"{instance.name} takes no events: it has no signing_secret")
        if len(body) > LARGEST_BODY:
            raise EventRefusedError(413, f"a body may have {LARGEST_BODY:,} bytes")
        _check_signature(spec, secret, headers, body, now)
        if not json.detect_encoding(body).startswith("utf-8"):
            raise EventRefusedError(400, "the body is no JSON in UTF-8")
        try:
            records = list(records_of_pages([body], spec.records))
        except (ValueError, RecursionError):
            raise EventRefusedError(400, "the body is no JSON") from None
        if not records:
            raise EventRefusedError(400, f"the body has no events at {spec.records}")
        self._keep(f"{now:%Y%m%dT%H%M%S%f}-{hashlib.sha256(body).hexdigest()[:16]}.json", body)
        return len(records)

    def waiting(self) -> list[Path]:
        """The kept bodies, oldest first."""
        return sorted(self.folder.glob("*.json"))

    def payload(self, files: list[Path]) -> Payload:
        """The bodies as one payload of the landing copy, a line each."""
        lines = [self._body(file).replace(b"\r", b" ").replace(b"\n", b" ") for file in files]
        name = f"{EVENT}.jsonl"
        return Payload(
            name=name, resource=EVENT, content=InMemory(b"\n".join(lines) + b"\n"), rows=len(lines)
        )

    def forget(self, files: list[Path]) -> None:
        """Removes what the landing copy holds; landing it twice would have added nothing."""
        for file in files:
            file.unlink(missing_ok=True)

    def about(self, name: str) -> str:
        """What a sealed body is bound to."""
        return f"inbox/{self.folder.name}/{name}"

    def _body(self, file: Path) -> bytes:
        return self.seal.open(file.read_bytes(), self.about(file.name))

    def _keep(self, name: str, body: bytes) -> None:
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        unfinished = self.folder / f".{name}.tmp"
        with unfinished.open("wb") as file:
            file.write(self.seal.close(body, self.about(name)))
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(self.folder / name)


def signature(secret: str, body: bytes, timestamp: str = "") -> str:
    """The hex HMAC-SHA256 of a body, with its time before it where the sender states one."""
    signed = f"{timestamp}.".encode() + body if timestamp else body
    return hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()


def _check_signature(
    spec: EventSpec, secret: str, headers: Mapping[str, str], body: bytes, now: datetime
) -> None:
    timestamp = headers.get(spec.timestamp_header.lower(), "") if spec.timestamp_header else ""
    if spec.timestamp_header and not _is_recent(timestamp, now):
        raise EventRefusedError(401, f"{spec.timestamp_header} is no time within five minutes of now")
    given = headers.get(spec.signature_header.lower(), "")
    wanted = spec.signature_prefix + signature(secret, body, timestamp)
    if not hmac.compare_digest(given.encode(), wanted.encode()):
        raise EventRefusedError(401, f"{spec.signature_header} does not fit the body")


def _is_recent(timestamp: str, now: datetime) -> bool:
    if not timestamp.isascii() or not timestamp.isdigit() or len(timestamp) > 12:
        return False
    return abs(now - datetime.fromtimestamp(int(timestamp), UTC)) <= TOLERANCE

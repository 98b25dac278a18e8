"""The inventory system as a target: unit conversions as files, taken when moved, done when acknowledged.

It has no key against repetition, so a file's name is fixed by its message and nothing is uploaded before the
folders have been asked; a file that is nowhere counts as absent only after the time the target needs to move
one.
"""

from __future__ import annotations

import csv
import io
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager

import paramiko

from ingestion.transports.fetched import SourceDownError
from ingestion.transports.ssh import opened
from publishing.messages import Message, Outcome, State
from publishing.planning import Terms
from publishing.transports import InDoubtError, NotTakenError

INBOUND = "/inbound"
ACKS = "/outbound/acks"
_COLUMNS = {
    "ItemNumber": "item_number",
    "Uom": "uom_code",
    "Factor": "factor",
    "ValidFrom": "valid_from",
    "ValidTo": "valid_to",
    "Reference": "reference",
}  # the file's column -> ours
_TRAILER = "TRL"
_BROKEN = (OSError, EOFError, paramiko.SSHException)


class ItemUom:
    """Adapter for `item_uom`. `connection` holds host, port, user and password.

    `settle` is how long the target may take to move a file, `patience` how long a sender waits for the
    acknowledgement before it leaves the message ACKED for the next run.
    """

    batch_size = 1
    terms = Terms()

    def __init__(
        self,
        connection: Mapping[str, str],
        *,
        settle: float = 5.0,
        patience: float = 5.0,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._connection = connection
        self._settle, self._patience, self._sleep, self._clock = settle, patience, sleep, clock

    def close(self) -> None:
        """Connections live as long as a request."""

    def send(self, messages: Sequence[Message], correlation_id: str) -> Mapping[str, Outcome]:
        with self._opened() as client:
            return {message.idempotency_key: self._send(client, message) for message in messages}

    def _send(self, client: paramiko.SFTPClient, message: Message) -> Outcome:
        known = _find(client, message)
        if known is None:
            _upload(client, message)
            known = Outcome(State.ACKED, file_name(message))
        deadline = self._clock() + self._patience
        while known.state is State.ACKED and self._clock() < deadline:
            self._sleep(0.25)
            try:
                known = _find(client, message) or known
            except NotTakenError as error:
                raise InDoubtError(str(error)) from error
        return known

    def look_up(self, messages: Sequence[Message]) -> Mapping[str, Outcome]:
        with self._opened() as client:
            found = {message.idempotency_key: _find(client, message) for message in messages}
            if None in found.values():
                self._sleep(self._settle)
                found |= {
                    message.idempotency_key: _find(client, message)
                    for message in messages
                    if found[message.idempotency_key] is None
                }
        return {key: outcome for key, outcome in found.items() if outcome is not None}

    @contextmanager
    def _opened(self) -> Iterator[paramiko.SFTPClient]:
        try:
            with opened(self._connection) as client:
                yield client
        except SourceDownError as error:
            raise NotTakenError(str(error)) from error


def file_name(message: Message) -> str:
    """One name for one version of a message, whoever sends it and however often."""
    return f"item_units_{message.content['reference']}_{message.occurrence}.csv"


def _find(client: paramiko.SFTPClient, message: Message) -> Outcome | None:
    """Where the message's file stands. Asked in the order in which a file moves, so none slips through."""
    name = file_name(message)
    try:
        waiting = set(client.listdir(INBOUND))
        is_taken = {name, f"{name}.done"} <= waiting
        is_taken = is_taken or _exists(client, f"{INBOUND}/processed/{name}")
        if not _exists(client, f"{ACKS}/{name}.done"):
            return Outcome(State.ACKED, name) if is_taken else None
        with client.open(f"{ACKS}/{name}", "rb") as file:
            text = bytes(file.read()).decode()
    except _BROKEN as error:
        raise NotTakenError(f"the folders could not be read: {error}") from error
    return _acknowledged(name, str(message.content["reference"]), text)


def _exists(client: paramiko.SFTPClient, path: str) -> bool:
    try:
        client.stat(path)
    except FileNotFoundError:
        return False
    return True


def _acknowledged(name: str, reference: str, text: str) -> Outcome:
    for row in csv.DictReader(io.StringIO(text)):
        if row.get("Reference") == reference:
            if row.get("Status") == "APPLIED":
                return Outcome(State.CONFIRMED, f"{name} {row.get('AppliedAt') or ''}".strip())
            return Outcome(State.REJECTED, name, f"{row.get('Status')}: {row.get('Message')}")
    return Outcome(State.REJECTED, name, "NOT_MENTIONED: the acknowledgement does not name the row")


def _upload(client: paramiko.SFTPClient, message: Message) -> None:
    """Writes beside, renames, marks as complete: before the mark the target leaves the file alone."""
    path = f"{INBOUND}/{file_name(message)}"
    try:
        with client.open(f"{path}.part", "wb") as file:
            file.write(_content(message))
        client.posix_rename(f"{path}.part", path)
    except _BROKEN as error:
        raise NotTakenError(f"the file could not be written: {error}") from error
    try:
        client.open(f"{path}.done", "wb").close()
    except _BROKEN as error:
        raise InDoubtError(f"the file could not be marked as complete: {error}") from error


def _content(message: Message) -> bytes:
    sink = io.StringIO()
    writer = csv.writer(sink, lineterminator="\n")
    writer.writerow(_COLUMNS)
    writer.writerow([message.content.get(column) or "" for column in _COLUMNS.values()])
    writer.writerow([_TRAILER, 1, 0])
    return sink.getvalue().encode()

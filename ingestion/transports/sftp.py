"""Files on an SFTP server, each complete only when its marker stands beside it and its trailer adds up.

Also when a second look finds it unchanged, where the landscape asks for one.
"""

import csv
import io
import stat
from collections.abc import Iterator, Mapping
from decimal import Decimal
from fnmatch import fnmatch

import paramiko

from ingestion.edi.grammar import X12Format
from ingestion.file_rows import plain_bytes
from ingestion.numbers import number_of
from ingestion.spec import FileFormat, ResourceSpec, SftpWire, SystemSpec
from ingestion.text_files import UNCLOSED, FileRefusedError
from ingestion.transports.fetched import Candidate, Fetched, SeenFiles, SourceDownError, take_files
from ingestion.transports.settling import missing_marker, settled_by_looks
from ingestion.transports.ssh import opened
from ingestion.windows import Window


def fetch_sftp(
    spec: SystemSpec,
    wire: SftpWire,
    connection: Mapping[str, str],
    seen: SeenFiles,
    window: Window | None = None,
    environment: str = "",
) -> Fetched:
    """The new or changed complete files; a cut-off or doubled file is refused, the others flow."""

    def complete(name: str, content: bytes, resource: ResourceSpec) -> int | None:
        if isinstance(wire.format, X12Format):
            return None  # its envelopes say so, and a repeated interchange is no duplicate file
        return check_trailer(name, content, wire.format, resource.quantity_column)

    with opened(connection) as client:
        folder = connection.get("folder") or wire.folder
        try:
            waiting: dict[str, str] = {}
            whole, remarks = settled_by_looks(
                lambda: list(_complete_files(client, folder, spec, wire, waiting)), seen
            )
            fetched = take_files(
                whole,
                tables={table.name: table for table in spec.tables},
                format=wire.format,
                seen=seen,
                complete=complete,
                window=window,
                environment=environment,
            )
            fetched.remarks += [*waiting.values(), *remarks]
            return fetched
        except (OSError, EOFError, paramiko.SSHException) as error:
            raise SourceDownError(f"SFTP folder {folder} could not be read: {error}") from None


def check_trailer(name: str, content: bytes, format: FileFormat, quantity_column: str) -> int:
    """The row count the trailer promises, or a refusal: no trailer, other count or other total."""
    text = plain_bytes(name, content).decode(format.encodings[0], errors="replace")
    mend = "have the file written and delivered again with its trailer", "TRUNCATED"
    try:
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=format.delimiter)
        records = [row for row in reader if row]
    except csv.Error as error:
        raise FileRefusedError(name, f"cannot be read: {error}, or {UNCLOSED}", *mend) from None
    if len(records) < 2 or records[-1][0] != format.trailer or len(records[-1]) < 3:
        raise FileRefusedError(name, f"is cut off: the last line is no {format.trailer} trailer", *mend)
    header, body, (_, count, total, *_) = records[0], records[1:-1], records[-1]
    if str(len(body)) != count.strip():
        raise FileRefusedError(name, f"has {len(body)} rows, its trailer promises {count}", *mend)
    if quantity_column:
        if quantity_column not in header:
            return len(body)  # the header check refuses it with the better words
        place = header.index(quantity_column)
        found = _total([row[place] if place < len(row) else "" for row in body])
        promised = number_of(total, None)
        if found is not None and (promised is None or found != promised):
            reason = f"its {quantity_column} adds up to {found}, its trailer promises {total}"
            raise FileRefusedError(name, reason, *mend)
    return len(body)


def _total(cells: list[str]) -> Decimal | None:
    """The sum, or None when a cell is no number: that row will be rejected, the total proves nothing."""
    values = [number_of(cell, None) for cell in cells]
    return None if any(value is None for value in values) else sum((v for v in values if v), Decimal(0))


def _complete_files(
    client: paramiko.SFTPClient, folder: str, spec: SystemSpec, wire: SftpWire, waiting: dict[str, str]
) -> Iterator[Candidate]:
    """The files whose marker stands beside them; `waiting` gets what is said of the others."""
    entries = {entry.filename: entry for entry in client.listdir_attr(folder)}
    for name in sorted(entries):
        entry = entries[name]
        # The longest pattern wins: `items_*` would also claim `items_units_*`.
        claims = [found for found in spec.resources if fnmatch(name, found.path)]
        if not claims or stat.S_ISDIR(entry.st_mode or 0):
            continue
        resource = max(claims, key=lambda found: len(found.path))
        if words := missing_marker(name, resource, wire.marker, entries):
            waiting[name] = words
            continue
        waiting.pop(name, None)
        path = f"{folder.rstrip('/')}/{name}"

        def read(path: str = path) -> bytes:
            with client.open(path, "rb") as file:
                file.prefetch()
                return bytes(file.read())

        yield Candidate(name, resource, entry.st_size or 0, str(entry.st_mtime or 0), read)

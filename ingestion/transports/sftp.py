"""Files on an SFTP server, each complete only when its marker stands beside it and its trailer adds up.

Also when a second look finds it unchanged, where the landscape asks for one.
"""

import csv
import io
import stat
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from fnmatch import fnmatch
from typing import BinaryIO

import paramiko

from ingestion.content import Content
from ingestion.edi.grammar import X12Format
from ingestion.file_rows import plain, readable
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
    keep: Callable[[BinaryIO], Content],
    window: Window | None = None,
    environment: str = "",
) -> Fetched:
    """The new or changed complete files; a cut-off or doubled file is refused, the others flow."""

    def complete(name: str, content: Content, resource: ResourceSpec) -> int | None:
        if isinstance(wire.format, X12Format):
            return None  # its envelopes say so, and a repeated interchange is no duplicate file
        return check_trailer(name, content, wire.format, resource.quantity_column)

    with opened(connection) as client:
        folder = connection.get("folder") or wire.folder
        try:
            waiting: dict[str, str] = {}
            whole, remarks = settled_by_looks(
                lambda: list(_complete_files(client, folder, spec, wire, waiting, keep)), seen
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


def check_trailer(name: str, content: Content, format: FileFormat, quantity_column: str) -> int:
    """The row count the trailer promises, or a refusal: no trailer, other count or other total."""
    mend = "have the file written and delivered again with its trailer", "TRUNCATED"
    with readable(name), plain(name, content).open() as stream:
        text = io.TextIOWrapper(stream, format.encodings[0], errors="replace", newline="")
        try:
            header, last, rows, total = _summed(csv.reader(text, delimiter=format.delimiter), quantity_column)
        except csv.Error as error:
            raise FileRefusedError(name, f"cannot be read: {error}, or {UNCLOSED}", *mend) from None
    if rows < 0 or last[0] != format.trailer or len(last) < 3:
        raise FileRefusedError(name, f"is cut off: the last line is no {format.trailer} trailer", *mend)
    _, count, promised, *_ = last
    if str(rows) != count.strip():
        raise FileRefusedError(name, f"has {rows} rows, its trailer promises {count}", *mend)
    # A header without the column is refused by the header check with the better words.
    if quantity_column in header and total is not None and number_of(promised, None) != total:
        reason = f"its {quantity_column} adds up to {total}, its trailer promises {promised}"
        raise FileRefusedError(name, reason, *mend)
    return rows


def _summed(
    reader: Iterator[list[str]], quantity_column: str
) -> tuple[list[str], list[str], int, Decimal | None]:
    """The header, the last record, how many stand between them (-1 without any) and the sum of a column.

    No sum when a cell is no number: that row will be rejected, the total proves nothing.
    """
    records = (row for row in reader if row)
    header = next(records, [])
    place = header.index(quantity_column) if quantity_column in header else None
    last, rows, total = header, -1, Decimal(0) if place is not None else None
    for record in records:
        if rows >= 0 and total is not None and place is not None:
            value = number_of(last[place] if place < len(last) else "", None)
            total = None if value is None else total + value
        last, rows = record, rows + 1
    return header, last, rows, total


def _complete_files(
    client: paramiko.SFTPClient,
    folder: str,
    spec: SystemSpec,
    wire: SftpWire,
    waiting: dict[str, str],
    keep: Callable[[BinaryIO], Content],
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

        def read(path: str = path) -> Content:
            file = client.open(path, "rb")
            file.prefetch()
            return keep(file)

        yield Candidate(name, resource, entry.st_size or 0, str(entry.st_mtime or 0), read)

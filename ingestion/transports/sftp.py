"""Files on an SFTP server, each complete only when its marker stands beside it and its trailer adds up.

Also when a second look finds it unchanged, where the landscape asks for one.
"""

import hashlib
import stat
from collections.abc import Callable, Iterable, Iterator, Mapping
from fnmatch import fnmatch
from typing import BinaryIO

import paramiko

from ingestion.formats.content import Content
from ingestion.reports import Refusal
from ingestion.spec import SftpWire, SystemSpec
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

    with opened(connection) as client:
        folder = connection.get("folder") or wire.folder
        try:
            waiting: dict[str, str] = {}
            whole, remarks = settled_by_looks(
                lambda: list(_complete_files(client, folder, spec, wire, waiting, keep)), seen
            )
            small, refused = _within_limits(whole)
            fetched = take_files(
                small,
                tables={table.name: table for table in spec.tables},
                format=wire.format,
                seen=seen,
                window=window,
                environment=environment,
            )
            fetched.refusals += refused
            # Nothing of them is known but what was said.
            fetched.refused_hashes |= {
                each.file: hashlib.sha256(each.reason.encode()).hexdigest() for each in refused
            }
            fetched.remarks += [*waiting.values(), *remarks]
            return fetched
        except (OSError, EOFError, paramiko.SSHException) as error:
            raise SourceDownError(f"SFTP folder {folder} could not be read: {error}") from None


def _within_limits(candidates: Iterable[Candidate]) -> tuple[list[Candidate], list[Refusal]]:
    """The files that may be read, by the size the server tells, and what is said of the others."""
    small, refused = [], []
    for each in candidates:
        if each.size <= (limit := each.resource.largest_bytes):
            small.append(each)
            continue
        why = f"has {each.size / 2**20:,.1f} MiB, more than the {limit >> 20:,} MiB that are read over SFTP"
        remedy = "have it delivered in parts, or raise `arrival: {largest_mib: ...}` of the instance"
        refused.append(Refusal(each.name, why, remedy))
    return small, refused


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
    times = {name: entry.st_mtime or 0 for name, entry in entries.items()}
    for name in sorted(entries):
        entry = entries[name]
        # The longest pattern wins: `items_*` would also claim `items_units_*`.
        claims = [found for found in spec.resources if fnmatch(name, found.path)]
        if not claims or stat.S_ISDIR(entry.st_mode or 0):
            continue
        resource = max(claims, key=lambda found: len(found.path))
        if words := missing_marker(name, resource, wire.marker, times[name], times):
            waiting[name] = words
            continue
        waiting.pop(name, None)
        path = f"{folder.rstrip('/')}/{name}"

        def read(path: str = path) -> Content:
            file = client.open(path, "rb")
            file.prefetch()
            return keep(file)

        yield Candidate(name, resource, entry.st_size or 0, str(entry.st_mtime or 0), read)

"""Files in a folder of this machine: a drop folder, a mounted share, a published download."""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from fnmatch import fnmatch
from pathlib import Path
from typing import BinaryIO

from ingestion.formats.content import Content
from ingestion.formats.file_rows import file_kind, stem
from ingestion.spec import FilesWire, ResourceSpec, SystemSpec
from ingestion.transports.fetched import (
    Candidate,
    Fetched,
    SeenFiles,
    SourceDownError,
    take_files,
)
from ingestion.transports.settling import missing_marker, settled_by_age
from ingestion.windows import Window


def fetch_files(
    spec: SystemSpec,
    wire: FilesWire,
    connection: Mapping[str, str],
    seen: SeenFiles,
    keep: Callable[[BinaryIO], Content],
    window: Window | None = None,
    now: datetime | None = None,
) -> Fetched:
    """The new or changed files of the folder; files no resource claims are reported as unread.

    `keep` takes the bytes of a file in. A file without its marker, or that changed too short before `now`
    (UTC), may still be written: it is left for a later run.
    """
    folder = existing_folder(wire, connection)
    claimed = list(_claimed(spec, wire, folder, keep))
    times = {
        path.relative_to(folder).as_posix(): path.stat().st_mtime_ns
        for path in [*folder.glob("*"), *folder.glob("*/*")]
        if path.is_file()
    }
    missing = {
        each.name: missing_marker(each.name, each.resource, wire.marker, int(each.modified), times)
        for each in claimed
    }
    whole, remarks = settled_by_age([each for each in claimed if not missing[each.name]], now or datetime.max)
    fetched = take_files(
        whole,
        tables={table.name: table for table in spec.tables},
        format=wire.format,
        seen=seen,
        window=window,
    )
    if not claimed:
        raise SourceDownError(f"folder {folder} has no file to read; wanted: {wire.wanted}")
    fetched.unread += _unread(spec, wire, folder, {candidate.name for candidate in claimed})
    fetched.remarks += [words for words in missing.values() if words] + remarks
    return fetched


def existing_folder(wire: FilesWire, connection: Mapping[str, str]) -> Path:
    folder = Path(connection["folder"])
    if not folder.is_dir():
        raise SourceDownError(f"folder {folder} does not exist; wanted there: {wire.wanted}")
    return folder


def _claimed(
    spec: SystemSpec, wire: FilesWire, folder: Path, keep: Callable[[BinaryIO], Content]
) -> Iterator[Candidate]:
    for name, path in _readable(folder):
        resource = next((found for found in spec.resources if _belongs(found, wire, name)), None)
        if resource is not None:
            status = path.stat()

            def read(path: Path = path) -> Content:
                return keep(path.open("rb"))

            yield Candidate(name, resource, status.st_size, str(status.st_mtime_ns), read)


def _readable(folder: Path) -> list[tuple[str, Path]]:
    """Files a reader knows, in the folder and one level below, by name."""
    paths = [*folder.glob("*"), *folder.glob("*/*")]
    found = [(path.relative_to(folder).as_posix(), path) for path in paths if path.is_file()]
    return sorted((name, path) for name, path in found if file_kind(name) and not path.name.startswith("."))


def _belongs(resource: ResourceSpec, wire: FilesWire, name: str) -> bool:
    plain = name.removesuffix(".gz")
    if any(fnmatch(plain, pattern) for pattern in wire.excluded):
        return False
    if "*" in resource.path:
        return "/" not in name and fnmatch(plain.lower(), resource.path)
    return resource.path == (name.split("/")[0] if "/" in name else stem(name))


def _unread(spec: SystemSpec, wire: FilesWire, folder: Path, claimed: set[str]) -> list[str]:
    return [
        f"{name}: {'not read by this version' if stem(name) in spec.unread else 'no such entity'}"
        for name, _ in _readable(folder)
        if name not in claimed and not any(fnmatch(name, pattern) for pattern in wire.excluded)
    ]

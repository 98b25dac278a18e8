"""What a transport hands over, and the decision every file transport makes: take, skip or refuse a file."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from ingestion.file_rows import FileRefusedError, check_header, plain_bytes
from ingestion.landing import LandedFile, Payload
from ingestion.reports import Refusal
from ingestion.spec import FileFormat, ResourceSpec, TableSpec


class SourceDownError(Exception):
    """The source could not be reached or did not answer as its protocol says; worded for a person."""


@dataclass
class Fetched:
    """Everything one attempt brought: payloads to land, latest change per resource, refused and unread."""

    payloads: list[Payload] = field(default_factory=list)
    cursors: dict[str, str] = field(default_factory=dict)
    refusals: list[Refusal] = field(default_factory=list)
    refused_hashes: dict[str, str] = field(default_factory=dict)
    unread: list[str] = field(default_factory=list)


class SeenFiles:
    """The files of an instance that were landed before, by name and by content."""

    def __init__(self, files: Iterable[LandedFile]) -> None:
        self._files = [file for file in files if file.source_name]

    def is_untouched(self, name: str, size: int, modified: str) -> bool:
        """Same name, size and time as the latest landing of that name: not worth reading."""
        latest = self._latest(name)
        return latest is not None and (latest.size, latest.modified) == (size, modified)

    def is_same(self, name: str, sha256: str) -> bool:
        latest = self._latest(name)
        return latest is not None and latest.sha256 == sha256

    def twin(self, name: str, resource: str, sha256: str) -> str | None:
        """Another file of the resource with the same content."""
        for file in self._files:
            if file.source_name != name and file.resource == resource and file.sha256 == sha256:
                return file.source_name
        return None

    def add(self, payload: Payload) -> None:
        self._files.append(
            LandedFile(
                name=payload.name,
                resource=payload.resource,
                size=len(payload.content),
                sha256=payload.sha256,
                rows=payload.rows,
                source_name=payload.source_name,
                modified=payload.modified,
            )
        )

    def _latest(self, name: str) -> LandedFile | None:
        return next((file for file in reversed(self._files) if file.source_name == name), None)


@dataclass(frozen=True)
class Candidate:
    """A file at the source that has not been read yet."""

    name: str
    resource: ResourceSpec
    size: int
    modified: str
    read: Callable[[], bytes]


def take_files(
    candidates: Iterable[Candidate],
    *,
    tables: Mapping[str, TableSpec],
    format: FileFormat,
    seen: SeenFiles,
    complete: Callable[[str, bytes, ResourceSpec], int | None],
) -> Fetched:
    """Reads what is new. `complete` raises when a file is cut off, and returns its row count if it knows."""
    fetched = Fetched()
    for candidate in candidates:
        if seen.is_untouched(candidate.name, candidate.size, candidate.modified):
            continue
        payload = Payload(
            name=candidate.name.replace("/", "__"),
            resource=candidate.resource.name,
            content=candidate.read(),
            source_name=candidate.name,
            modified=candidate.modified,
        )
        if seen.is_same(candidate.name, payload.sha256):
            continue
        try:
            rows = complete(candidate.name, payload.content, candidate.resource)
            _refuse_twin(payload, candidate.resource, rows, seen)
            for table in candidate.resource.tables:
                check_header(candidate.name, payload.content, tables[table], format)
        except FileRefusedError as error:
            fetched.refusals.append(Refusal(error.file, error.reason, error.remedy))
            fetched.refused_hashes[error.file] = payload.sha256
            continue
        seen.add(payload)
        fetched.payloads.append(payload)
    return fetched


def _refuse_twin(payload: Payload, resource: ResourceSpec, rows: int | None, seen: SeenFiles) -> None:
    twin = seen.twin(payload.source_name, resource.name, payload.sha256)
    if twin and rows and not resource.is_snapshot:
        raise FileRefusedError(
            payload.source_name,
            f"has exactly the content of {twin}, which was taken already",
            "remove the copy; if the movements really happened twice, deliver them under new numbers",
        )


def always_complete(name: str, content: bytes, resource: ResourceSpec) -> int | None:
    """For sources that publish no trailer: readable is all that can be checked."""
    plain_bytes(name, content)
    return None

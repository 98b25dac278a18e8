"""What a transport hands over, and the decision every file transport makes: take, skip or refuse a file."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime

from ingestion.formats.content import Content, whole
from ingestion.formats.edi.grammar import X12Format
from ingestion.formats.edi.rows import set_marks
from ingestion.formats.file_rows import MOST_WORDS, check_file, read_portions
from ingestion.formats.text_files import FileRefusedError
from ingestion.formats.trailers import check_trailer
from ingestion.landing_copy.landing import LandedFile, Payload
from ingestion.reports import Refusal
from ingestion.spec import FileFormat, ResourceSpec, TableSpec
from ingestion.windows import Window, days_in_name


class SourceDownError(Exception):
    """The source could not be reached or did not answer as its protocol says; worded for a person."""


class LoginRefusedError(SourceDownError):
    """The source answered that these credentials will not do."""


@dataclass
class Fetched:
    """Everything one attempt brought: payloads to land, latest change per resource, refused and unread."""

    payloads: list[Payload] = field(default_factory=list)
    cursors: dict[str, str] = field(default_factory=dict)
    refusals: list[Refusal] = field(default_factory=list)
    refused_hashes: dict[str, str] = field(default_factory=dict)
    unread: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)


def cursor_text(moment: datetime) -> str:
    """A point in time as ISO text that sorts by time."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


class SeenFiles:
    """The files of an instance that were landed before, by name and by content."""

    def __init__(self, files: Iterable[LandedFile]) -> None:
        self._files = [file for file in files if file.source_name]
        self._marks = {
            number: (mark, file.source_name) for file in self._files for number, mark in _marks(file)
        }

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

    def other_content(self, payload: Payload) -> tuple[str, str] | None:
        """A number that was taken with other content, and the file it came in."""
        for number, mark in _marks(payload):
            known, file = self._marks.get(number, (mark, ""))
            if known != mark:
                return number, file
        return None

    def add(self, payload: Payload) -> None:
        self._marks |= {number: (mark, payload.source_name) for number, mark in _marks(payload)}
        self._files.append(payload.landed(payload.name))

    def latest_of(self, resource: str) -> LandedFile | None:
        """The file of the resource that was taken last."""
        return next((file for file in reversed(self._files) if file.resource == resource), None)

    def _latest(self, name: str) -> LandedFile | None:
        return next((file for file in reversed(self._files) if file.source_name == name), None)


def _marks(file: LandedFile | Payload) -> Iterable[tuple[str, str]]:
    for mark in file.marks:
        number, _, content_hash = mark.rpartition("=")
        yield number, content_hash


@dataclass(frozen=True)
class Candidate:
    """A file at the source that has not been read yet."""

    name: str
    resource: ResourceSpec
    size: int
    modified: str
    read: Callable[[], Content]


def take_files(
    candidates: Iterable[Candidate],
    *,
    tables: Mapping[str, TableSpec],
    format: FileFormat | X12Format,
    seen: SeenFiles,
    window: Window | None = None,
    environment: str = "",
) -> Fetched:
    """Reads what is new; a file that is cut off, cannot be read or only repeats another one is refused.

    With a window only the files about its days; snapshots and files that name no day are taken whole.
    Interchanges that say what they are for are refused in another `environment`.
    """
    fetched = Fetched()
    for candidate in candidates:
        if seen.is_untouched(candidate.name, candidate.size, candidate.modified):
            continue
        days = None if candidate.resource.is_snapshot else days_in_name(candidate.name)
        if window and days and not window.meets(days):
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
            if isinstance(format, X12Format):
                marks = set_marks(candidate.name, whole(payload.content), format, environment)
                payload = replace(payload, marks=marks)
                _refuse_taken_number(payload, seen)
            else:
                for table in candidate.resource.tables:
                    facts = check_file(candidate.name, payload.content, tables[table], format)
                    payload = replace(payload, encoding=facts.encoding, columns=facts.columns_hash)
                    found = (candidate.name, payload.content, facts.encoding)
                    check_trailer(*found, tables[table], candidate.resource, format)
                _refuse_twin(payload, candidate.resource, tables, format, seen)
            if window and not days and candidate.resource.dated_column and isinstance(format, FileFormat):
                days = _days_in_rows(payload, candidate.resource, tables, format)
                if days and not window.meets(days):
                    continue
        except FileRefusedError as error:
            _note_refused(fetched, error, payload)
            continue
        except Exception as error:  # noqa: BLE001 - one file, whatever is wrong with it, stops no other
            why = f"its reader failed: {type(error).__name__}: {' '.join(str(error).split())[:MOST_WORDS]}"
            remedy = "find out what the file is; if it is what its name says, report this as a defect"
            _note_refused(fetched, FileRefusedError(candidate.name, why, remedy), payload)
            continue
        if isinstance(format, FileFormat):
            fetched.remarks += _remarks(payload, format, seen)
        seen.add(payload)
        fetched.payloads.append(payload)
    return fetched


def _note_refused(fetched: Fetched, error: FileRefusedError, payload: Payload) -> None:
    fetched.refusals.append(Refusal(error.file, error.reason, error.remedy, error.status))
    fetched.refused_hashes[error.file] = payload.sha256


def _remarks(payload: Payload, format: FileFormat, seen: SeenFiles) -> list[str]:
    """What a person should know of a file that was taken all the same."""
    found = []
    if payload.encoding and payload.encoding != format.encodings[0]:
        found.append(f"{payload.source_name}: read as {payload.encoding}, not as {format.encodings[0]}")
    before = seen.latest_of(payload.resource)
    if before and payload.columns and before.columns and before.columns != payload.columns:
        found.append(
            f"{payload.source_name}: SCHEMA_DRIFT, its columns are not those of {before.source_name}"
        )
    return found


def _refuse_twin(
    payload: Payload,
    resource: ResourceSpec,
    tables: Mapping[str, TableSpec],
    format: FileFormat,
    seen: SeenFiles,
) -> None:
    """A snapshot may well repeat, and files without rows are all alike."""
    twin = None if resource.is_snapshot else seen.twin(payload.source_name, resource.name, payload.sha256)
    if twin and any(
        rows.table.num_rows
        for table in resource.tables
        for rows in read_portions(payload.source_name, payload.content, tables[table], format)
    ):
        raise FileRefusedError(
            payload.source_name,
            f"has exactly the content of {twin}, which was taken already",
            "remove the copy; if the movements really happened twice, deliver them under new numbers; where"
            f" each file is the whole of {resource.name}, say so in the landscape: snapshot: true",
            "DUPLICATE_CONTENT",
        )


def _refuse_taken_number(payload: Payload, seen: SeenFiles) -> None:
    """An interchange that is sent again brings nothing new; one number for two contents is a mistake."""
    taken = seen.other_content(payload)
    if taken:
        number, file = taken
        raise FileRefusedError(
            payload.source_name,
            f"holds transaction set {number} with other content than {file}, which was taken already",
            "have the partner send what is right as a new interchange with a number of its own",
        )


def _days_in_rows(
    payload: Payload, resource: ResourceSpec, tables: Mapping[str, TableSpec], format: FileFormat
) -> tuple[date, date] | None:
    """The first and last day in the column that dates a file, None when no cell is a date."""
    table = tables[resource.tables[0]]
    column = next(column for column in table.columns if column.name == resource.dated_column)
    cells: set[str | None] = set()
    for rows in read_portions(payload.source_name, payload.content, table, format):
        cells.update(rows.table.column(column.name).unique().to_pylist())
    days = []
    for cell in cells:
        for pattern in (*column.date_formats, "%Y-%m-%d"):
            try:
                days.append(datetime.strptime((cell or "").strip(), pattern).replace(tzinfo=UTC).date())
                break
            except ValueError:
                continue  # the contract check says what is wrong with it
    return (min(days), max(days)) if days else None

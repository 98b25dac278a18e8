"""From the bytes of an X12 file to text rows: what the wire asks before landing, and what parsing asks after.

A set that cannot be trusted is one rejected row of the register, all others flow. What no column declares
stays in the landing copy only: elements have no names, so a bank account among them could not be told from a
remark.
"""

from collections.abc import Iterator

import pyarrow as pa

from ingestion.formats.edi.grammar import X12Format
from ingestion.formats.edi.interchange import Interchange, InterchangeError, TransactionSet, read_interchanges
from ingestion.formats.edi.records import counts_problem, record_of
from ingestion.formats.json_rows import rows_of_records
from ingestion.formats.raw_rows import RawRows, Unreadable
from ingestion.formats.text_files import FileRefusedError
from ingestion.spec import TableSpec


def set_marks(name: str, content: bytes, format: X12Format, environment: str = "") -> tuple[str, ...]:
    """`number=content hash` of each sound transaction set; refuses a file whose envelopes do not close.

    With an environment also one that is meant for another: production (ISA15 is P) stays among prod, as
    instances do.
    """
    interchanges = _read(name, content, format)
    for interchange in interchanges if environment else ():
        _refuse_other_usage(name, interchange, environment)
    marks: dict[str, str] = {}
    for found in (found for interchange in interchanges for found in interchange.sets):
        if not _problem(found, format):
            known = marks.setdefault(found.number, found.content_hash)
            if known != found.content_hash:
                raise FileRefusedError(
                    name, f"holds transaction set {found.number} twice with different content", _REMEDY
                )
    return tuple(f"{number}={content_hash}" for number, content_hash in marks.items())


def x12_rows(
    name: str, content: bytes, tables: dict[str, TableSpec], format: X12Format
) -> Iterator[tuple[str, RawRows]]:
    """The rows of every table that the file's transaction sets fill, and the sets that must not be read."""
    sets = [found for interchange in _read(name, content, format) for found in interchange.sets]
    problems = [_problem(found, format) for found in sets]
    sound = [found for found, problem in zip(sets, problems, strict=True) if not problem]
    broken = tuple(
        Unreadable(problem, _first_words(found), name, number)
        for number, (found, problem) in enumerate(zip(sets, problems, strict=True), start=1)
        if problem
    )
    register = tables[format.register]
    read = {each.path.partition(".")[0] for each in register.columns}
    heads = [
        {key: value for key, value in record_of(found, format.of(""), ()).items() if key in read}
        for found in sound
    ]
    rows = rows_of_records(heads, [register], file_name=name)[register.name]
    yield register.name, _plain(rows, broken)
    for code in sorted({found.code for found in sound}):
        grammar = format.of(code)
        own = [tables[table] for table in grammar.tables]
        paths = tuple(table.explode for table in own if table.explode)
        records = [record_of(found, grammar, paths) for found in sound if found.code == code]
        for table, rows in rows_of_records(records, own, file_name=name).items():
            yield table, _plain(rows)


PRODUCTION = "P"
_REMEDY = "have the partner send it again as a new interchange with a number of its own"


def _refuse_other_usage(name: str, interchange: Interchange, environment: str) -> None:
    number, usage = interchange.header.element(13), interchange.header.element(15)
    if (usage == PRODUCTION) == (environment == "prod"):
        return
    if usage == PRODUCTION:
        says, remedy = "production", "read it in a prod landscape, or have the partner mark tests with T"
    else:
        says, remedy = "no production", "have the partner send it with P, or read it in a landscape for tests"
    raise FileRefusedError(
        name,
        f"interchange {number} is {says} (ISA15 is {usage or 'empty'}), this instance is {environment}",
        remedy,
    )


def _read(name: str, content: bytes, format: X12Format) -> tuple[Interchange, ...]:
    for encoding in format.encodings:
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        try:
            return read_interchanges(text)
        except InterchangeError as error:
            raise FileRefusedError(name, str(error), _REMEDY) from None
    raise FileRefusedError(
        name, f"is not encoded as {' or '.join(format.encodings)}", "have the partner send it as plain text"
    )


def _problem(found: TransactionSet, format: X12Format) -> str:
    return found.problem or counts_problem(found, format.of(found.code))


def _first_words(found: TransactionSet) -> str:
    """The set's head for a person to find it by; the whole of it stands in the landing copy."""
    return " ".join("*".join((segment.name, *segment.elements)) for segment in found.segments[:2])


def _plain(rows: RawRows, broken: tuple[Unreadable, ...] = ()) -> RawRows:
    at = rows.table.column_names.index("_extension")
    empty = pa.array(["{}"] * rows.table.num_rows, pa.string())
    table = rows.table.set_column(at, "_extension", empty)
    return RawRows(rows.spec, table, (*rows.unreadable, *broken))

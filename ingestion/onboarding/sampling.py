"""A sample of an unknown extract as columns of text, and how it is written: what a format would have to say.

Everything found is a proposal for a person: encoding, delimiter, lines above the header, the sheet, where a
JSON document keeps its list. What could be read in several ways is said.
"""

import csv
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ingestion.formats.file_rows import RECORDS, file_cells, file_kind, plain_bytes
from ingestion.formats.json_files import file_records, record_lists
from ingestion.formats.json_rows import load_json
from ingestion.formats.text_files import FileRefusedError, HeaderScore, decoded
from ingestion.spec import FileFormat

DELIMITERS = ",;|\t"
MOST_LINES_ABOVE = 20
LOOKED_AT = 200
# UTF-8 proves itself and UTF-16 names itself; a Windows code page reads nearly anything, so it comes last.
TEXTS = FileFormat(encodings=("utf-8-sig", "cp1252", "latin-1"))
MARKS = {b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}
Columns = dict[str, list[str]]


@dataclass
class Sample:
    """The cells by header, the entries of a landscape's `format:`, and what to look at."""

    columns: Columns
    suffix: str
    format: dict[str, Any] = field(default_factory=dict)
    remarks: list[str] = field(default_factory=list)


def read_sample(path: Path, *, sheet: str = "", records: str = "") -> Sample:
    """Reads a sample, or raises `FileRefusedError` with what to do.

    `sheet` names the sheet of a workbook, `records` the dotted path of the list in a JSON document.
    """
    content = plain_bytes(path.name, path.read_bytes())
    kind = file_kind(path.name)
    if kind == "csv":
        sample = _of_text(path.name, content)
    elif kind in RECORDS:
        sample = _of_records(path.name, content, kind, records)
    elif kind:
        sample = _of_cells(path.name, content, sheet)
    else:
        raise FileRefusedError(
            path.name,
            "is no extract",
            "save a sample as .csv, .csv.gz, .xlsx, .xls, .parquet, .json or .jsonl",
        )
    sample.suffix = "csv.gz" if path.name.lower().endswith(".csv.gz") else kind
    if not any(sample.columns.values()):
        raise FileRefusedError(path.name, "has no rows", "export a sample with rows")
    return sample


def _of_text(name: str, content: bytes) -> Sample:
    marked = MARKS.get(content[:2])
    text, encoding = decoded(name, content, FileFormat(encodings=(marked,)) if marked else TEXTS)
    delimiter, place, width = _layout(text)
    records = list(csv.reader(io.StringIO(text, newline=None), delimiter=delimiter))
    # Where the header stands is told among all lines, blank ones too.
    place = [at for at, row in enumerate(records) if any(row)][place]
    header, body = (
        [cell.strip() for cell in records[place]],
        [row for row in records[place + 1 :] if any(row)],
    )
    first = encoding if encoding != "cp1252" else "utf-8-sig"
    sample = Sample(_by_header(header, body), "", {"encodings": list(dict.fromkeys((first, encoding)))})
    sample.format["delimiter"] = delimiter
    if place:
        sample.format["preamble"] = place
        sample.remarks.append(f"{place} lines stand above the header")
    if encoding in ("cp1252", "latin-1"):
        strange = sorted({character for character in text if ord(character) > 127})[:20]
        sample.remarks.append(
            f"not UTF-8; read as {encoding}, which reads nearly anything: see whether"
            f" {''.join(strange)!r} is right"
        )
    doubled = sorted({cell for cell in header if cell and header.count(cell) > 1})
    if doubled:
        sample.remarks.append(f"{', '.join(doubled)} stands twice in the header: keep one, or none is taken")
    odd = sum(len(row) > width for row in body)
    if odd:
        sample.remarks.append(f"{odd:,} lines have more cells than the header and will be rejected")
    return sample


def _layout(text: str) -> tuple[str, int, int]:
    """The delimiter under which most of the first records are equally wide, the header's place, its width."""
    best: tuple[tuple[int, int], str, int, int] = ((-1, 0), ",", 0, 1)
    for delimiter in DELIMITERS:
        reader = csv.reader(io.StringIO(text, newline=None), delimiter=delimiter)
        widths = [len(row) for row, _ in zip(reader, range(LOOKED_AT), strict=False) if any(row)]
        width = max(set(widths), key=lambda each: (widths.count(each), each), default=1)
        place = widths.index(width) if width in widths[: MOST_LINES_ABOVE + 1] else 0
        score = (widths.count(width) if width > 1 else 0, width)
        best = max(best, (score, delimiter, place, width), key=lambda found: found[0])
    return best[1], best[2], best[3]


def _by_header(header: Sequence[str], rows: Sequence[Sequence[str | None]]) -> Columns:
    return {
        text: [(row[at] if at < len(row) else "") or "" for row in rows]
        for at, text in enumerate(header)
        if text
    }


def _of_cells(name: str, content: bytes, sheet: str) -> Sample:
    filled: list[int] = []

    def widest(record: Sequence[str]) -> tuple[bool, int]:
        filled.append(sum(bool(cell.strip()) for cell in record))
        return False, filled[-1]

    score: HeaderScore = widest
    cells = file_cells(name, content, score, FileFormat(preamble=MOST_LINES_ABOVE, sheet=sheet)).table
    sample = Sample(
        {
            text.strip(): [cell or "" for cell in cells.column(at).to_pylist()]
            for at, text in enumerate(cells.column_names)
            if text.strip()
        },
        "",
        {"sheet": sheet} if sheet else {},
    )
    place = filled.index(max(filled)) if filled else 0
    if place:
        sample.format["preamble"] = place
        sample.remarks.append(f"{place} rows stand above the header")
    titles = _sheet_titles(name, content)
    if len(titles) > 1 and not sheet:
        others = ", ".join(repr(title) for title in titles[1:])
        sample.remarks.append(f"only the first sheet is read; name another by --sheet: {others}")
    return sample


def _sheet_titles(name: str, content: bytes) -> list[str]:
    if file_kind(name) not in ("xlsx", "xls"):
        return []
    from python_calamine import CalamineWorkbook

    return CalamineWorkbook.from_filelike(io.BytesIO(content)).sheet_names


def _of_records(name: str, content: bytes, kind: str, records: str) -> Sample:
    place = records or (_only_list(content) if kind == "json" else "")
    found = file_records(name, content, FileFormat(records=place))
    flat = [_flat(record) for record in found if isinstance(record, dict)]
    headers = list(dict.fromkeys(header for record in flat for header in record))
    sample = Sample(
        {header: [record.get(header, "") for record in flat] for header in headers},
        "",
        {"records": place} if place else {},
    )
    if len(flat) < len(found):
        sample.remarks.append(f"{len(found) - len(flat):,} records are no objects and will be rejected")
    nested = [
        name for name in headers if any(record.get(name, "").startswith(("[{", "[[")) for record in flat)
    ]
    for header in nested:
        sample.remarks.append(
            f"{header} holds lists inside a record, which no row can: ask for a report of one row per entry"
        )
    return sample


def _only_list(content: bytes) -> str:
    """The path of the one list of records in a document; empty when there is none or several."""
    try:
        document = load_json(content.decode("utf-8-sig"))
    except ValueError:
        return ""
    outer = [path for path, _ in record_lists(document)] if isinstance(document, dict) else []
    return outer[0] if len(outer) == 1 else ""


def _flat(record: Mapping[str, Any], prefix: str = "") -> dict[str, str]:
    """The values of a record as text by dotted path; lists stay JSON."""
    found: dict[str, str] = {}
    for key, value in record.items():
        path = f"{prefix}{key}"
        if isinstance(value, dict):
            found |= _flat(value, f"{path}.")
        elif isinstance(value, list):
            found[path] = json.dumps(value)
        elif value is not None:
            found[path] = str(value).lower() if isinstance(value, bool) else str(value)
        else:
            found[path] = ""
    return found

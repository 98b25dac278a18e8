"""Files of JSON records: lines, a plain list, or an object that holds the list, as report services answer.

Where the list stands in an object is declared (`records` of the format), never guessed. The headers that an
instance names for a column are dotted paths here.
"""

import io
import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import pyarrow as pa

from ingestion.formats.json_rows import NoRecord, load_json, rows_of_records, select
from ingestion.formats.raw_rows import RawRows
from ingestion.formats.text_files import FileRefusedError
from ingestion.spec import FileFormat, TableSpec


def file_records(name: str, content: bytes, format: FileFormat) -> list[Any]:
    """The records of a file in their order; refuses one that is no JSON or holds no list where it should."""
    text = _text(name, content)
    if name.lower().endswith(".jsonl"):
        return _lines(name, text)
    try:
        document = load_json(text)
    except json.JSONDecodeError as error:
        if error.msg == "Extra data":
            return _lines(name, text)
        raise FileRefusedError(
            name, f"is not JSON: line {error.lineno}: {error.msg}", "deliver the file again", "TRUNCATED"
        ) from None
    found = select(document, format.records) if format.records else document
    if isinstance(found, list):
        return found
    lists = sorted(path for path, _ in record_lists(document))
    where = f"nothing at {format.records!r}" if format.records else "an object"
    remedy = f"say `records: PATH` in the format of the instance; lists found: {', '.join(lists) or 'none'}"
    raise FileRefusedError(name, f"holds {where}, no list of records", remedy, "SCHEMA_DRIFT")


def record_lists(document: Any, prefix: str = "") -> Iterator[tuple[str, list[Any]]]:
    """Every list of objects in a document that is an object, by its dotted path."""
    for key, value in document.items() if isinstance(document, dict) else ():
        path = f"{prefix}.{key}" if prefix else key
        if isinstance(value, list) and all(isinstance(item, dict) for item in value):
            yield path, value
        yield from record_lists(value, path)


def rows_of_file(name: str, records: Sequence[Any], table: TableSpec) -> RawRows:
    """Records in the columns of a table: each column from the first of its names that any record has."""
    objects = [record for record in records if isinstance(record, dict)]
    named = replace(
        table,
        columns=tuple(
            replace(column, path=_present(column.names, objects) or column.path) for column in table.columns
        ),
    )
    rows = rows_of_records(records, [named], file_name=name)[table.name]
    arrays = {column: rows.table.column(column) for column in rows.table.column_names}
    for column in table.columns:
        if column.constant and not _present(column.names, objects):
            arrays[column.name] = pa.array([column.constant] * rows.table.num_rows, pa.string())
    return replace(rows, spec=table, table=pa.table(arrays))


def _present(names: Sequence[str], records: Sequence[Any]) -> str:
    return next((name for name in names if any(_has(record, name) for record in records)), "")


def _has(record: Any, path: str) -> bool:
    above, _, key = path.rpartition(".")
    found = select(record, above or "$")
    return isinstance(found, dict) and key in found


def _lines(name: str, text: str) -> list[Any]:
    """The record of each line. A line that is none is rejected alone, but the last may be cut off."""
    lines = [
        (number, line) for number, line in enumerate(io.StringIO(text, newline=""), start=1) if line.strip()
    ]
    records = [_line(line) for _, line in lines]
    wrong = [
        number for (number, _), record in zip(lines, records, strict=True) if isinstance(record, NoRecord)
    ]
    is_cut = bool(wrong) and wrong[-1] == lines[-1][0] and not lines[-1][1].endswith(("\n", "\r"))
    if wrong and (is_cut or len(wrong) == len(lines) or not name.lower().endswith(".jsonl")):
        number = wrong[-1 if is_cut else 0]
        raise FileRefusedError(name, f"line {number} is not JSON", "deliver the file again", "TRUNCATED")
    return records


def _line(text: str) -> Any:
    try:
        return load_json(text)
    except json.JSONDecodeError as error:
        return NoRecord(text.rstrip("\r\n"), f"is not JSON: {error.msg} at character {error.colno}")


def _text(name: str, content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise FileRefusedError(name, "is not UTF-8, which JSON is", "export it again as UTF-8") from None

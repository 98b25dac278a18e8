"""Ten thousand malformed rows and payloads over every wire: loaded + rejected = sent, and nothing crashes.

Rows whose number the maker knows must all be found again by their places; bytes that were damaged at random
either come to rows that are all accounted for, or are refused as a whole with words.
"""

import csv
import gzip
import io
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from openpyxl import Workbook
from openpyxl.utils.exceptions import IllegalCharacterError

from ingestion.formats.content import InMemory
from ingestion.formats.edi.grammar import X12Format
from ingestion.formats.edi.rows import set_marks, x12_rows
from ingestion.formats.file_rows import check_file, read_rows
from ingestion.formats.json_rows import records_of_pages, rows_of_records
from ingestion.formats.text_files import FileRefusedError
from ingestion.formats.xml_rows import XmlCutOffError, XmlRefusedError, records_of_answer
from ingestion.registry import SYSTEMS
from ingestion.soap_wire import SoapWire
from ingestion.spec import FileFormat, RestWire, TableSpec
from ingestion.transports import catalog
from ingestion.transports.copied_rows import typed_rows
from tests.ingestion.malformed import (
    CELLS,
    EVENT_BODIES,
    Ledger,
    damaged,
    good_cell,
    good_record,
    json_text,
    nested_rows,
    spoiled,
)
from tests.ingestion.x12_text import ACKNOWLEDGEMENT, interchange, transaction

REFUSED = (FileRefusedError, XmlCutOffError, XmlRefusedError)


def api_payloads(system: str, count: int) -> Iterator[tuple[list[TableSpec], list[Any], bytes]]:
    """Pages of 100 records of every resource in turn, most of them malformed."""
    spec, draw = SYSTEMS[system], Random(f"{system}-7")
    wire = spec.wire
    assert isinstance(wire, RestWire)
    resources = [resource for resource in spec.resources if not resource.nested_in]
    for page in range(count // 100):
        resource = resources[page % len(resources)]
        tables = [spec.table(name) for name in resource.tables]
        records = [good_record(tables, 100 * page + number) for number in range(100)]
        sent = [spoiled(record, draw) if draw.random() < 0.8 else record for record in records]
        content = b", ".join(json_text(record, draw) for record in sent)
        content = b"[" + content + b"]"
        for part in reversed([] if wire.records == "$" else wire.records.split(".")):
            content = b'{"%b": %b}' % (part.encode(), content)
        yield tables, sent, content


API_ROWS = {"procurement": 1_500, "apauto": 1_000, "erp_cloud": 1_500}


@pytest.mark.parametrize("system", API_ROWS)
def test_records_of_json_apis(system: str) -> None:
    ledger, wire = Ledger(), SYSTEMS[system].wire
    assert isinstance(wire, RestWire)
    for tables, sent, content in api_payloads(system, API_ROWS[system]):
        records = records_of_pages([content], wire.records)
        for name, rows in rows_of_records(records, tables, file_name="pages", ignored=wire.ignored).items():
            table = next(table for table in tables if table.name == name)
            ledger.take(rows, nested_rows(sent, table) if table.explode else len(sent))
    assert ledger.sent >= API_ROWS[system] and ledger.loaded > 100 and ledger.rejected > 100


def feed_rows(draw: Random, table: TableSpec, count: int) -> tuple[list[str], list[list[str]]]:
    """Header and rows as text, most with a cell that does not belong there."""
    header = [each.path for each in table.columns]
    rows = []
    for number in range(count):
        row = [good_cell(each, number) for each in table.columns]
        if draw.random() < 0.8:
            cell = draw.choice([cell for cell in CELLS if isinstance(cell, str)])
            row[draw.randrange(len(row))] = cell.encode("utf-8", "replace").decode()
        rows.append(row)
    return header, rows


def as_csv(header: list[str], rows: list[list[str]], draw: Random) -> bytes:
    """With line ends of one kind, and at times a row with a cell too many or too few."""
    sink = io.StringIO()
    writer = csv.writer(sink, lineterminator=draw.choice(["\n", "\r\n"]))
    writer.writerow(header)
    for row in rows:
        writer.writerow(draw.choice([row] * 8 + [row[:-1], [*row, "more"]]))
    return sink.getvalue().encode(draw.choice(["utf-8", "utf-8-sig"]))


def as_jsonl(header: list[str], rows: list[list[str]], draw: Random) -> bytes:
    lines = [json_text(dict(zip(header, row, strict=True)), draw) for row in rows]
    odd = [b"7", b"null", b"[]", b'"x"', b'{"a": {"b": [1]}}', b'{"id": "\\ud800"}']
    return b"\n".join(draw.choice(odd) if draw.random() < 0.1 else line for line in lines) + b"\n"


def as_parquet(header: list[str], rows: list[list[str]], draw: Random) -> bytes:
    sink = io.BytesIO()
    pq.write_table(pa.table({name: [row[at] for row in rows] for at, name in enumerate(header)}), sink)
    return sink.getvalue()


def as_sheet(header: list[str], rows: list[list[str]], draw: Random) -> bytes:
    book, sink = Workbook(), io.BytesIO()
    sheet = book.worksheets[0]
    sheet.append(header)
    odd = [1e300, 0.1 + 0.2, True, datetime(1900, 1, 1), date(9999, 12, 31), "=1/0", "#REF!", -0.0]
    for number, row in enumerate(rows, start=2):
        for at, cell in enumerate(row, start=1):
            try:
                sheet.cell(number, at, draw.choice(odd) if draw.random() < 0.02 else cell or "-")
            except IllegalCharacterError:
                sheet.cell(number, at, "illegal")
    book.save(sink)
    return sink.getvalue()


Writer = Callable[[list[str], list[list[str]], Random], bytes]
WRITERS: dict[str, Writer] = {
    "csv": as_csv,
    "csv.gz": lambda *given: gzip.compress(as_csv(*given), mtime=0),
    "jsonl": as_jsonl,
    "parquet": as_parquet,
    "xlsx": as_sheet,
}
FILE_ROWS = {"csv": 1_500, "csv.gz": 500, "jsonl": 500, "parquet": 500, "xlsx": 200}
TABLES = [table for table in SYSTEMS["feed"].tables if not table.count_equal_rows]


@pytest.mark.parametrize("kind", FILE_ROWS)
def test_rows_of_files(kind: str) -> None:
    ledger, draw = Ledger(), Random(f"{kind}-7")
    for number in range(FILE_ROWS[kind] // 50):
        table = TABLES[number % len(TABLES)]
        content = WRITERS[kind](*feed_rows(draw, table, 50), draw)
        name = f"{table.name}.{kind}"
        check_file(name, InMemory(content), table, FileFormat())
        ledger.take(read_rows(name, content, table, FileFormat()), 50)
    assert ledger.sent == FILE_ROWS[kind] and ledger.loaded > 20 and ledger.rejected > 20


FILE_PAYLOADS = {"csv": 150, "csv.gz": 150, "jsonl": 150, "parquet": 150, "xlsx": 100}


@pytest.mark.parametrize("kind", FILE_PAYLOADS)
def test_damaged_files(kind: str) -> None:
    """A file that was taken before landing never fails afterwards; one that is refused says why."""
    ledger, draw = Ledger(), Random(f"{kind}-damaged-7")
    wholes = [(table, WRITERS[kind](*feed_rows(draw, table, 8), draw)) for table in TABLES[:5]]
    for _ in range(FILE_PAYLOADS[kind]):
        table, whole = draw.choice(wholes)
        content, name = damaged(whole, draw), f"{table.name}.{kind}"
        try:
            check_file(name, InMemory(content), table, FileFormat())
        except FileRefusedError as error:
            ledger.refuse(error)
            continue
        ledger.take(read_rows(name, content, table, FileFormat()))
    assert ledger.refused["FileRefusedError"] > 10


DATABASE_ROWS = 1_000
ODD_VALUES = [
    *(Decimal("NaN"), Decimal("1E+30"), "infinity", "0044-03-15 BC", None, "", "x" * 5_000, 2**40, True),
    *(datetime(1, 1, 1), datetime(9999, 12, 31, 23), date(1, 1, 1)),
]


def test_rows_of_a_database() -> None:
    """Chunks as the database wire lands them, with values that Arrow has no room for."""
    spec, draw, ledger = SYSTEMS["erp_legacy"], Random("database-7"), Ledger()
    kinds = {"date": "date", "timestamp": "timestamp without time zone", "bigint": "integer"}
    for chunk in range(DATABASE_ROWS // 50):
        table = spec.tables[chunk % len(spec.tables)]
        columns = []
        for each in table.columns:
            kind = "numeric" if each.type.startswith("decimal") else kinds.get(each.type, "text")
            arrow = pa.decimal128(28, 6) if kind == "numeric" else catalog._ARROW.get(kind, pa.string())
            columns.append(catalog.Column(each.path, kind, arrow, as_text=False))
        rows = []
        for number in range(50):
            row = [_native(good_cell(each, number), each.type) for each in table.columns]
            if draw.random() < 0.3:
                row[draw.randrange(len(row))] = draw.choice(ODD_VALUES)
            rows.append(tuple(row))
        found = typed_rows(_copied(rows), columns, ZoneInfo("America/Chicago"))
        sink = io.BytesIO()
        pq.write_table(found, sink)
        ledger.take(read_rows(f"{table.name}.parquet", sink.getvalue(), table, FileFormat()), 50)
    assert ledger.sent == DATABASE_ROWS and ledger.rejected > 50 and ledger.loaded > 300


def _copied(rows: list[tuple[Any, ...]]) -> bytes:
    """What COPY writes of them: null is nothing, an empty text is quoted."""
    cells = (("" if cell is None else f'"{cell}"' for cell in row) for row in rows)
    return "".join(",".join(row) + "\n" for row in cells).encode()


def _native(text: str, kind: str) -> Any:
    if kind == "timestamp":
        return datetime.fromisoformat(text).astimezone(UTC).replace(tzinfo=None)
    if kind == "date":
        return date.fromisoformat(text)
    return Decimal(text) if kind.startswith("decimal") else int(text) if kind == "bigint" else text


X12_SETS, X12_PAYLOADS = 300, 200


def test_transaction_sets() -> None:
    """Sets with odd elements: each stands in the register, or is rejected there with its reason."""
    spec, draw, ledger = SYSTEMS["distributor"], Random("x12-7"), Ledger()
    format, tables = spec.wire.format, {table.name: table for table in spec.tables}  # type: ignore[union-attr]
    assert isinstance(format, X12Format)
    odd = [cell for cell in CELLS if isinstance(cell, str) and not set(cell) & set("*~>^\r\n\ud800\udfff")]
    for number in range(X12_SETS // 10):
        sets = []
        for at in range(10):
            body = [list(segment) for segment in ACKNOWLEDGEMENT]
            segment = draw.choice(body)
            segment[draw.randrange(1, len(segment))] = draw.choice(odd)
            if draw.random() < 0.2:
                body.insert(
                    draw.randrange(len(body)), draw.choice([["ZZZ"], ["PO1"], ["", "x"], ["SE", "1"]])
                )
            count = draw.choice([None, None, None, 3])
            sets.append(transaction(draw.choice(["855", "855", "999", ""]), f"{at:04}", *body, count=count))
        text = interchange(*sets, group="PR", number=number + 1)
        try:
            found = list(x12_rows("sets.x12", text.encode(), tables, format))
        except FileRefusedError as error:
            ledger.refuse(error)
            continue
        for name, rows in found:
            ledger.take(rows, 10 if name == format.register else None)
    assert ledger.loaded > 200 and ledger.rejected > 50


@pytest.mark.slow
def test_damaged_interchanges() -> None:
    spec, draw, ledger = SYSTEMS["distributor"], Random("x12-damaged-7"), Ledger()
    format, tables = spec.wire.format, {table.name: table for table in spec.tables}  # type: ignore[union-attr]
    assert isinstance(format, X12Format)
    whole = interchange(
        transaction("855", "0001", *ACKNOWLEDGEMENT), transaction("855", "0002", *ACKNOWLEDGEMENT)
    )
    for _ in range(X12_PAYLOADS):
        content = damaged(whole.encode(), draw)
        try:
            set_marks("sets.x12", content, format)
        except FileRefusedError as error:
            ledger.refuse(error)
            continue
        for _, rows in x12_rows("sets.x12", content, tables, format):
            ledger.take(rows)
    assert ledger.refused["FileRefusedError"] > 100 and ledger.rejected > 5


SOAP_RECORDS, SOAP_PAYLOADS = 600, 300
ENVELOPE = '<e:Envelope xmlns:e="urn:e"><e:Body><Answer>{}</Answer></e:Body></e:Envelope>'


def soap_answer(path: str, table: TableSpec, draw: Random, count: int) -> bytes:
    """An answer whose records lack, double, nest and retype their elements, in well-formed XML."""
    plain = [
        cell for cell in CELLS if isinstance(cell, str) and cell.isprintable() and not set(cell) & set("<&")
    ]

    def element(name: str, value: Any) -> str:
        if isinstance(value, dict):
            return f"<{name}>{''.join(element(key, each) for key, each in value.items())}</{name}>"
        kind = draw.randrange(30)
        text = draw.choice(plain) if kind == 0 else "<a><b/></a>" if kind == 1 else str(value)
        once = f"<{name}>{text}</{name}>"
        return once * 2 if kind == 2 else "" if kind == 3 else once

    paths = [tuple(each.path.split(".")) for each in table.columns]
    records = ""
    *above, leaf = path.split(".")
    for number in range(count):
        record: dict[str, Any] = {}
        for parts, each in zip(paths, table.columns, strict=True):
            if any(not part.isidentifier() for part in parts):
                continue
            place = record
            for name in parts[:-1]:
                place = place.setdefault(name, {})
                place = place if isinstance(place, dict) else {}
            place[parts[-1]] = good_cell(each, number)
        odd = draw.choice([f"<{leaf}/>", f"<{leaf}>7</{leaf}>", f"<{leaf}><x/>y</{leaf}>"])
        body = "".join(element(key, each) for key, each in record.items())
        records += odd if draw.random() < 0.1 else f"<{leaf}>{body}</{leaf}>"
    for name in reversed(above):
        records = f"<{name}>{records}</{name}>"
    return ENVELOPE.format(records).encode()


@pytest.mark.parametrize("is_damaged", [False, True], ids=["records", "damaged"])
def test_soap_answers(is_damaged: bool) -> None:
    spec, draw, ledger = SYSTEMS["workforce"], Random(f"soap-{is_damaged}-7"), Ledger()
    assert isinstance(spec.wire, SoapWire)
    size = 4 if is_damaged else 50
    for number in range(SOAP_PAYLOADS if is_damaged else SOAP_RECORDS // size):
        resource = spec.resources[number % len(spec.resources)]
        tables = [spec.table(name) for name in resource.tables]
        content = soap_answer(resource.records, tables[0], draw, size)
        content = damaged(content, draw) if is_damaged else content
        try:
            records = list(records_of_answer(content, resource.records, spec.wire.typed_list))
        except REFUSED as error:
            ledger.refuse(error)
            continue
        assert is_damaged or len(records) == size
        for rows in rows_of_records(records, tables, file_name="answer").values():
            ledger.take(rows, len(records))
    assert (ledger.refused.total() > 100) == is_damaged and ledger.rejected > 20


def test_ten_thousand_are_sent_in_all() -> None:
    groups = (API_ROWS.values(), FILE_ROWS.values(), FILE_PAYLOADS.values())
    single = (DATABASE_ROWS, X12_SETS, X12_PAYLOADS, SOAP_RECORDS, SOAP_PAYLOADS, EVENT_BODIES)
    assert sum(map(sum, groups)) + sum(single) >= 10_000

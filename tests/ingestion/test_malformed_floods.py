"""Ten thousand malformed rows and payloads over every wire: loaded + rejected = sent, and nothing crashes.

Rows whose number the maker knows must all be found again by their places; bytes that were damaged at random
either come to rows that are all accounted for, or are refused as a whole with words.
"""

import csv
import gzip
import io
import json
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook
from openpyxl.utils.exceptions import IllegalCharacterError

from ingestion.contracts.contract import check_rows
from ingestion.formats.content import InMemory
from ingestion.formats.edi.grammar import X12Format
from ingestion.formats.edi.rows import set_marks, x12_rows
from ingestion.formats.file_rows import check_file, read_rows
from ingestion.formats.json_rows import records_of_pages, rows_of_records
from ingestion.formats.raw_rows import RawRows
from ingestion.formats.text_files import FileRefusedError
from ingestion.formats.xml_rows import XmlCutOffError, XmlRefusedError, records_of_answer
from ingestion.registry import SYSTEMS
from ingestion.soap_wire import SoapWire
from ingestion.spec import FileFormat, RestWire, TableSpec, column
from ingestion.tokens import Tokenizer
from ingestion.transports import catalog
from ingestion.transports.copied_rows import typed_rows
from tests.ingestion.malformed import CELLS, damaged, good_cell, good_record, json_text, nested_rows, spoiled
from tests.ingestion.x12_text import ACKNOWLEDGEMENT, interchange, transaction

TOKENIZER = Tokenizer(b"k" * 32)
REFUSED = (FileRefusedError, XmlCutOffError, XmlRefusedError)


@dataclass
class Ledger:
    """What became of what was sent."""

    sent: int = 0
    loaded: int = 0
    rejected: int = 0
    refused: Counter[str] = field(default_factory=Counter)

    def take(self, rows: RawRows, sent: int | None = None) -> None:
        """Accounts for all rows of one table; every reject has its reason, payload and place, once."""
        if not rows.landed_rows and not sent:
            return
        checked = check_rows(rows, TOKENIZER)
        assert checked.table.num_rows + len(checked.rejected) == checked.landed_rows
        assert sent is None or checked.landed_rows == sent, rows.spec.name
        places = [row.place for row in checked.rejected]
        assert len(set(places)) == len(places)
        assert all(row.reason and row.payload and row.line_number for row in checked.rejected)
        keys = checked.table.column("_row_key").to_pylist()
        assert all(keys), "a row was loaded without a key"
        json.dumps([row.payload for row in checked.rejected], ensure_ascii=False).encode()
        self.sent += checked.landed_rows
        self.loaded += checked.table.num_rows
        self.rejected += len(checked.rejected)

    def refuse(self, error: Exception) -> None:
        assert len(str(error)) > 15, "refused without words"
        self.sent += 1
        self.refused[type(error).__name__] += 1


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


EVENT_BODIES = 500


def test_event_bodies(tmp_path: Path) -> None:
    """A signed body is kept, and then each of its events is loaded or rejected; or its sender is told why."""
    from ingestion.landing_copy.inbox import EventRefusedError, Inbox, signature
    from tests.ingestion.test_inbox import event

    spec, draw, ledger = SYSTEMS["procurement"], Random("events-7"), Ledger()
    assert spec.events
    inbox, kept = Inbox(tmp_path / "inbox"), 0
    instance: Any = type("Instance", (), {"name": "buy", "spec": spec, "connection": {"signing_secret": "s"}})
    for number in range(EVENT_BODIES):
        body = json_text(spoiled(event(number), draw), draw)
        body = damaged(body, draw) if draw.random() < 0.4 else body
        headers = {spec.events.signature_header.lower(): spec.events.signature_prefix + signature("s", body)}
        try:
            kept += inbox.accept(
                instance, headers, body, datetime(2026, 7, 1, 6, 0, number // 60, number, UTC)
            )
        except EventRefusedError as error:
            ledger.refuse(error)
    pages = inbox.payload(inbox.waiting()).content.open().read().splitlines()
    records = records_of_pages(pages, spec.events.records)
    for rows in rows_of_records(records, [spec.table("event")], file_name="event.jsonl").values():
        ledger.take(rows, kept)
    assert ledger.sent >= EVENT_BODIES and ledger.refused.total() > 20 and ledger.rejected > 50


@given(st.data())
@settings(max_examples=25, deadline=None)
def test_a_json_record_of_any_shape_is_loaded_or_rejected(data: st.DataObject) -> None:
    """For a failure in short: what hypothesis finds it shrinks."""
    table = SYSTEMS["apauto"].table("vendor")
    leaf = st.none() | st.booleans() | st.floats() | st.integers() | st.text(st.characters(codec=None))
    value = st.recursive(
        leaf, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=4
    )
    fields = st.dictionaries(st.sampled_from([each.path for each in table.columns]), value)
    sent = data.draw(st.lists(fields | value, max_size=4))
    content = json.dumps(sent).encode()
    rows = rows_of_records(records_of_pages([content], "$"), [table], file_name="pages")[table.name]
    Ledger().take(rows, len(sent))


@given(
    st.lists(st.lists(st.text(st.characters(codec="utf-8"), max_size=8), min_size=3, max_size=3), max_size=6)
)
@settings(max_examples=60, deadline=None)
def test_a_table_written_as_csv_comes_back_as_it_was(rows: list[list[str]]) -> None:
    table = TableSpec("t", (column("a"), column("b"), column("c")), key=("a",))
    sink = io.StringIO()
    csv.writer(sink, quoting=csv.QUOTE_ALL).writerows([["a", "b", "c"], *rows])
    content = sink.getvalue().encode()
    check_file("t.csv", InMemory(content), table, FileFormat())
    found = read_rows("t.csv", content, table, FileFormat()).table.select(["a", "b", "c"]).to_pylist()
    assert [list(row.values()) for row in found] == [row for row in rows if any(row)]


def test_ten_thousand_are_sent_in_all() -> None:
    groups = (API_ROWS.values(), FILE_ROWS.values(), FILE_PAYLOADS.values())
    single = (DATABASE_ROWS, X12_SETS, X12_PAYLOADS, SOAP_RECORDS, SOAP_PAYLOADS, EVENT_BODIES)
    assert sum(map(sum, groups)) + sum(single) >= 10_000

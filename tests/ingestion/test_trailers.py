"""A trailer holds its file to what it promises, in whatever form an instance writes headers and numbers."""

import gzip
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from ingestion.configuration.instance_spec import (
    ColumnRules,
    FormatRules,
    InstanceRules,
    ResourceRules,
    complaints,
    specialized,
)
from ingestion.formats import text_stream
from ingestion.formats.content import InMemory
from ingestion.formats.file_rows import check_file, read_rows
from ingestion.formats.numbers import COMMA
from ingestion.formats.text_files import FileRefusedError
from ingestion.formats.trailers import check_trailer
from ingestion.landing_copy.file_manifest import manifest
from ingestion.registry import SYSTEMS
from ingestion.spec import QUANTITY, FileFormat, ResourceSpec, TableSpec, column
from tests.ingestion.conftest import Harness

STOCK = TableSpec(
    name="stock", key=("id",), columns=(column("id", required=True), column("Quantity", QUANTITY))
)
COUNTED = ResourceSpec("stock", ("stock",))
SUMMED = replace(COUNTED, quantity_column="quantity")
FORMAT = FileFormat(trailer="TRL")


def german() -> tuple[TableSpec, ResourceSpec, FileFormat]:
    quantity = replace(STOCK.columns[1], headers=("Menge (Stück)",), format=COMMA)
    table = replace(STOCK, columns=(STOCK.columns[0], quantity))
    return table, SUMMED, FileFormat(encodings=("utf-8-sig", "cp1252"), delimiter=";", trailer="TRL")


def judge(
    text: str | bytes,
    table: TableSpec = STOCK,
    resource: ResourceSpec = SUMMED,
    format: FileFormat = FORMAT,
    name: str = "stock.csv",
) -> str:
    """What is said of a file, nothing when it is what its trailer promises."""
    content = InMemory(text.encode() if isinstance(text, str) else text)
    try:
        facts = check_file(name, content, table, format)
        check_trailer(name, content, facts.encoding, table, resource, format)
    except FileRefusedError as error:
        assert error.status == "TRUNCATED" and error.remedy
        return error.reason
    return ""


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("id,Quantity\n1,2.5\n2,1\nTRL,2,3.500000\n", ""),
        ("id,Quantity\r1,2.5\r2,1\rTRL,2,3.5\r", ""),
        ('id,Quantity\n1,2.5\n,\n\n"TRL","01",2.5\n', ""),
        ("id,Quantity\nTRL,0,0\n", ""),
        ("id,Quantity\n1,2.5\n2,\nTRL,2,2.5\n", ""),
        ('id,Quantity\n1,"two\n\nlines"\nTRL,1,9\n', ""),
        ("id,Quantity\n1,9E999999\nTRL,1,1\n", ""),
        ("id,Quantity\n1,2\n2,5\nTRL,7,99\n", "has 2 rows, its trailer promises 7"),
        ("id,Quantity\n1,2\nTRL,1,99\n", "its Quantity adds up to 2, its trailer promises 99"),
        ("id,Quantity\n1,1\nTRL,1,sNaN\n", "adds up to 1, its trailer promises sNaN"),
        ("id,Quantity\n1,1\nTRL,1,\u0661\n", "adds up to 1, its trailer promises \u0661"),
        ("id,Quantity\n1,2\n2,", "the last line is no TRL trailer"),
        ("id,Quantity\n1,2\n2,1\n", "the last line is no TRL trailer"),
        ("id,Quantity\n1,2\nTRL,1,2\n,\n", "the last line is no TRL trailer"),
        ("id,Quantity\n1,2\nTRL,1\n", "the last line is no TRL trailer"),
        ("TRL,0,0\n", "the last line is no TRL trailer"),
    ],
)  # fmt: skip
def test_a_file_is_held_to_its_trailer(text: str, said: str) -> None:
    table = replace(STOCK, columns=tuple(replace(each, required=False) for each in STOCK.columns))
    found = judge(text, table)
    assert said in found and bool(said) == bool(found)
    packed = gzip.compress(text.encode())
    assert judge(packed, table, name="stock.csv.gz") == found
    if not said:
        rows = read_rows("stock.csv", text.encode(), table, FORMAT)
        assert "TRL" not in rows.table.column("id").to_pylist() and not rows.unreadable


def test_a_resource_without_a_total_is_counted() -> None:
    assert judge("id,Quantity\n1,2\nTRL,1\n", resource=COUNTED) == ""
    assert "has 1 rows" in judge("id,Quantity\n1,2\nTRL,2\n", resource=COUNTED)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252"])
def test_a_total_is_read_by_the_headers_and_numbers_of_the_instance(encoding: str) -> None:
    text = "id;Menge (Stück)\n1;5,0\n2;1.000,5\nTRL;2;{}\n"
    assert judge(text.format("1.005,5").encode(encoding), *german()) == ""
    assert "adds up to 1005.5, its trailer promises 9" in judge(text.format("9").encode(encoding), *german())


def test_lines_above_the_header_are_no_rows() -> None:
    format = replace(FORMAT, preamble=3)
    text = 'Stock of June\n\n"of, all"\nid,Quantity\n1,2\nTRL,{}\n'
    assert judge(text.format("1,2"), format=format) == ""
    assert "has 1 rows, its trailer promises 2" in judge(text.format("2,2"), format=format)


def test_a_file_of_two_encodings_is_counted() -> None:
    format = FileFormat(encodings=("utf-8", "cp1252"), characters="–é", trailer="TRL")
    lines = [b"id,Quantity\n", "é,2\n".encode(), "–,1\n".encode("cp1252")]
    assert judge(b"".join([*lines, b"TRL,2,3\n"]), format=format) == ""
    assert "has 2 rows" in judge(b"".join([*lines, b"TRL,3,3\n"]), format=format)


def test_a_large_trailer_stands_alone_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ingestion.formats.file_rows.WHOLE", 0)
    for text in ('id,Quantity\r1,2\r"TRL",1,2\r', "id,Quantity\n1,2\nTRL,1,2\n"):
        assert judge(text) == ""
        assert text_stream.can_stream(FORMAT)
        assert read_rows("stock.csv", text.encode(), STOCK, FORMAT).table.column("id").to_pylist() == ["1"]


@pytest.mark.parametrize(
    ("format", "resource", "said"),
    [
        (FormatRules(trailer="TRL", widths=(3, 5)), ResourceRules(), "widths cannot be had with a trailer"),
        (FormatRules(trailer="TRL", footers=("End",)), ResourceRules(), "footers cannot be had"),
        (FormatRules(trailer="TRL", total_of="quantity"), ResourceRules(), "total_of cannot be had"),
        (FormatRules(trailer="TRL"), ResourceRules(trailer_total="lot"), "has no number 'lot'"),
        (FormatRules(), ResourceRules(trailer_total="quantity"), "is for files with a trailer"),
        (FormatRules(trailer="TRL"), ResourceRules(trailer_total="quantity"), ""),
    ],
)  # fmt: skip
def test_a_trailer_that_cannot_be_checked_is_a_mistake(
    format: FormatRules, resource: ResourceRules, said: str
) -> None:
    found = list(complaints(SYSTEMS["feed"], InstanceRules(format, {}, {"receipt_line": resource})))
    assert len(found) == bool(said) and all(said in words for _, words in found)


def test_an_instance_names_the_column_of_its_total() -> None:
    rules = InstanceRules(
        FormatRules(trailer="TRL"),
        {"receipt_line": {"quantity": ColumnRules(headers=("Qty",))}},
        {"receipt_line": ResourceRules(trailer_total="quantity")},
    )
    spec = specialized(SYSTEMS["feed"], rules)
    text = "receipt_line_id,receipt_type,Qty,uom_code,receipt_date\n1,RECEIPT,1,EA,2026-06-01\nTRL,1,9\n"
    wire_format = spec.wire.format  # type: ignore[union-attr]
    assert isinstance(wire_format, FileFormat)
    found = judge(text, spec.table("receipt_line"), spec.resource("receipt_line"), wire_format)
    assert "adds up to 1, its trailer promises 9" in found


def test_a_folder_is_held_to_its_trailers(harness: Callable[..., Harness], tmp_path: Path) -> None:
    folder = tmp_path / "in" / "receipt_line"
    folder.mkdir(parents=True)
    home = harness(
        f"  erp:\n    system: feed\n    connection: {{folder: {tmp_path / 'in'}}}\n"
        "    format: {trailer: TRL}\n    resources: {receipt_line: {trailer_total: quantity}}\n"
    )
    head = "receipt_line_id,receipt_type,quantity,uom_code,receipt_date\n"
    rows = [f"{number},RECEIPT,1,EA,2026-06-01\n" for number in range(6)]
    (folder / "a.csv").write_text(f"{head}{rows[0]}{rows[1]}TRL,2,2\n")
    (folder / "b.csv").write_text(f"{head}{rows[2]}{rows[3]}TRL,7,99\n")
    (folder / "c.csv").write_text(f"{head}{rows[4]}5,RECEI")
    (folder / "d.csv").write_text(f"{head}{rows[4]}")
    (folder / "e.csv").write_text(f"{head}{rows[4]}TRL,1,99\n")
    home.refresh()
    run = home.run()
    found = {entry.name[-5]: entry.status for entry in manifest(run, run.landscape.instances["erp"])}
    assert found == {"a": "LOADED"} | dict.fromkeys("bcde", "TRUNCATED")
    assert home.query("select count(*) from raw_feed.receipt_line") == [(2,)]

"""Large files come in portions and give what the whole file gives; what is read never fills the memory."""

import gzip
import io
from pathlib import Path
from unittest import mock

import dlt
import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks import backfill, ingest
from expectations import landing as landing_gate
from ingestion import pipelines, reading
from ingestion.formats import content, file_rows, text_stream
from ingestion.formats.content import InMemory
from ingestion.formats.file_rows import check_file, read_portions, read_rows
from ingestion.formats.raw_rows import RawRows, joined
from ingestion.formats.text_files import FileRefusedError
from ingestion.raw import scratch
from ingestion.spec import MONEY, FileFormat, TableSpec, column
from sandbox.servers.postgres import PostgresServer
from tests.ingestion.conftest import FeedHarness

BILL = TableSpec(
    name="bill",
    key=("id",),
    columns=(column("id", required=True), column("note"), column("amount", MONEY)),
    source_version=("version",),
)
CELL = st.sampled_from(["", "1", "x", '"a, b"', '"two\nlines"', '"say ""no"""', "é", " 7 ", "1,2"])
LINES = st.lists(st.lists(CELL, min_size=3, max_size=3).map(",".join), min_size=1, max_size=30)


def _told(rows: RawRows) -> tuple[list[dict[str, object]], set[tuple[int, str, str]]]:
    broken = {(item.line_number, item.reason, item.payload) for item in rows.unreadable}
    return rows.table.to_pylist(), broken


@settings(max_examples=60, deadline=None)
@given(
    lines=LINES,
    ending=st.sampled_from(["\n", "\r\n"]),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "cp1252"]),
    block=st.integers(60, 200),
    trailer=st.sampled_from(["", "TRL,9,9"]),
    packed=st.booleans(),
)
def test_portions_of_a_text_file_are_the_file(
    lines: list[str], ending: str, encoding: str, block: int, trailer: str, packed: bool
) -> None:
    text = ending.join(["Report of June", "id,note,amount", *lines, *([trailer] if trailer else [])]) + ending
    payload = text.encode(encoding)
    name = "bill.csv.gz" if packed else "bill.csv"
    payload = gzip.compress(payload) if packed else payload
    format = FileFormat(encodings=("utf-8-sig", "cp1252"), trailer=trailer[:3], preamble=1)
    whole = read_rows(name, payload, BILL, format)
    facts = check_file(name, InMemory(payload), BILL, format)
    options = text_stream.read_options

    def small(*given: object, **named: object) -> dict[str, object]:
        found = options(*given, **named)  # type: ignore[arg-type]
        found["read_options"].block_size = block  # type: ignore[attr-defined]
        return found

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(file_rows, "WHOLE", 0)
        patched.setattr(text_stream, "BLOCK", 7)
        patched.setattr(content, "BLOCK", 11)
        patched.setattr(text_stream, "read_options", small)
        portions = list(read_portions(name, InMemory(payload), BILL, format))
        assert check_file(name, InMemory(payload), BILL, format) == facts
    assert _told(joined(portions)) == _told(whole)


def test_a_mark_that_does_not_close_is_refused_in_portions_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(file_rows, "WHOLE", 0)
    payload = b'id,note,amount\n1,"a,1\n2,b,2\n3,c",3\n4,d,4\n'
    with pytest.raises(FileRefusedError, match="does not close: it opens in line 6"):
        check_file("bill.csv", InMemory(payload + b'5,"e\n'), BILL, FileFormat())


def test_portions_of_a_parquet_file_are_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    table = pa.table({"id": [f"{n}" for n in range(25)], "amount": pa.array(range(25), pa.decimal128(9, 2))})
    sink = io.BytesIO()
    pq.write_table(table, sink, row_group_size=10)
    whole = read_rows("bill.parquet", sink.getvalue(), BILL, FileFormat())
    monkeypatch.setattr("ingestion.formats.parquet_files.PORTION", 4)
    portions = list(read_portions("bill.parquet", InMemory(sink.getvalue()), BILL, FileFormat()))
    assert len(portions) > 6 and _told(joined(portions)) == _told(whole)
    assert whole.table.column("_line_number").to_pylist() == list(range(2, 27))


@pytest.mark.parametrize("changed", [["7,I0,8.25"], []])
def test_a_batch_in_portions_loads_as_one_and_the_gate_reads_its_files(
    changed: list[str], feed: FeedHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [f"{n},I{n % 7},{n}.50" for n in range(1, 60)] + ["60,I1,never", *changed, "61,I1,1,2"]
    count = 59 + len(changed)
    feed.write("invoice_line.csv", "\n".join(["invoice_line_id,invoice_id,line_amount", *rows]) + "\n")
    feed.refresh()
    kept = "select * exclude (_dlt_load_id, _known_at, _batch_id) from raw_feed.{} order by all"
    expected = [feed.harness.query(kept.format(name)) for name in ("invoice_line", "rejected_row")]
    assert len(expected[0]) == count and len(expected[1]) == 2
    for module, name, value in (
        (file_rows, "WHOLE", 0),
        (scratch, "PORTION", 8),
        (scratch, "IN_MEMORY", 10),
        (reading, "KEPT_ROWS", 0),
    ):
        monkeypatch.setattr(module, name, value)
    monkeypatch.setattr("ingestion.parsing.PORTION", 8)
    feed.harness.settings = {"CONCORD_LANDING_KEY": "sealed"}
    run = feed.harness.run()
    (batch,) = run.state.batches("erp_a", "ACCEPTED")
    found = pipelines.read_batch(run, batch).tables["invoice_line"]
    assert isinstance(found, scratch.SpilledRows) and found.num_rows == count
    gate = landing_gate.validate("feed", {"invoice_line": found}, landed={"invoice_line": count + 2})
    assert gate.passed
    with duckdb.connect(str(run.settings.warehouse_path)) as connection:
        connection.execute("delete from raw_concord.load_batch")
    with mock.patch.object(dlt.mark, "with_file_import", wraps=dlt.mark.with_file_import) as imported:
        pipelines.load_system(run, "feed")
    assert [feed.harness.query(kept.format(name)) for name in ("invoice_line", "rejected_row")] == expected
    # Only rows that all are first versions are loaded from where the check wrote them.
    models = [call for call in imported.mock_calls if call.args[1:2] == ("model",)]
    assert len(models) == (0 if changed else 1)
    for later in (range(100, 120), range(120, 123)):
        rows = [f"{n},I{n % 7},{n}.50" for n in later]
        feed.write("invoice_line.csv", "\n".join(["invoice_line_id,invoice_id,line_amount", *rows]) + "\n")
        feed.refresh()
    told = "select count(*), count(distinct _dlt_load_id), min(_version) from raw_feed.invoice_line"
    assert feed.harness.query(told) == [(count + 23, 3, 1)]


@pytest.mark.slow
@pytest.mark.parametrize("name", [ingest.CSV, ingest.PARQUET])
def test_what_a_large_file_needs_does_not_grow_with_it(name: str, tmp_path: Path) -> None:
    """Whole in memory the rows would take 1.4 KiB each, 2 GiB: `benchmarks/README.md`."""
    lines = 1_500_000
    (tmp_path / "in").mkdir()
    with duckdb.connect() as connection:
        kind = "header" if name == ingest.CSV else "format parquet"
        connection.execute(f"copy ({ingest.ROWS.format(lines=lines)}) to '{tmp_path / 'in' / name}' ({kind})")
    cost = ingest.measured(tmp_path, *ingest.command_of("Concord", name, lines))
    assert cost.peak < 1_200 * 2**20


@pytest.mark.slow
def test_what_a_large_table_of_a_database_needs_does_not_grow_with_it(tmp_path: Path) -> None:
    lines = 1_500_000
    (tmp_path / "in").mkdir()
    with PostgresServer(tmp_path / "data") as server:
        backfill.fill(server, lines)
        (tmp_path / "in" / "url").write_text(server.admin_url)
        command = ("benchmarks.backfill", "--case", "Concord", "--lines", str(lines))
        cost = ingest.measured(tmp_path, *command)
    assert cost.peak < 1_200 * 2**20

"""A source that no longer keeps its contract: its table stops with one message, everything else goes on."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from ingestion import pipelines
from ingestion.contracts.drift import JUDGED_FROM
from ingestion.landing_copy.landing import batches_on_disk, set_aside
from ingestion.reports import HeldPart, LandReport, LoadReport
from ingestion.transports import rest
from tests.ingestion.conftest import Harness
from tests.ingestion.test_rest_to_raw import APAUTO, ERP, invoice
from tests.ingestion.test_sftp_to_raw import RECEIPTS, Outbound, receipt
from tests.ingestion.wires import Api, serving, sftp_serving

ROWS = 8


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rest, "BACKOFF", 0.01)


class Payables:
    """AP automation as it behaves today: vendors, and invoices that a test may change."""

    def __init__(self) -> None:
        self.change: Callable[[dict[str, Any]], Any] = lambda record: record
        self.day, self.records_at = 1, "data"

    def __call__(self, path: str, query: dict[str, str]) -> Any:
        at = f"2026-06-{self.day:02}T00:00:00Z"
        if path == "/v1/vendors":
            records = [{"vendor_id": "V1", "name": f"Name of day {self.day}", "updated_at": at}]
        else:
            records = [invoice(number, updated_at=at, version=self.day) for number in range(ROWS)]
            for record in records:
                self.change(record)
        return {self.records_at: records, "next_cursor": None}


def refresh(home: Harness) -> tuple[LandReport, list[HeldPart], LoadReport]:
    """One pass as orchestration does it, with what the contract held."""
    run = home.run()
    landed, held = pipelines.land(run, "ap"), []
    for batch in pipelines.pending_batches(run, "ap"):
        rest_of_batch, parts = pipelines.hold_parts(run, batch)
        held += parts
        if rest_of_batch:
            pipelines.accept_batch(run, rest_of_batch)
    return landed, held, pipelines.load_system(run, "apauto")


def without(*path: str) -> Callable[[dict[str, Any]], None]:
    def change(record: dict[str, Any]) -> None:
        *above, name = path
        for holder in [record] if not above else record[above[0]]:
            del holder[name]

    return change


def with_value(name: str, value: Any, of_line: bool = False) -> Callable[[dict[str, Any]], None]:
    def change(record: dict[str, Any]) -> None:
        holder = record["lines"][0] if of_line else record
        holder[name] = value

    return change


@pytest.mark.parametrize(
    ("change", "words"),
    [
        pytest.param(
            without("currency"),
            "invoice.currency removed: expected a text in every row; came nothing in all 8 rows;",
            id="dropped",
        ),
        pytest.param(
            without("lines", "line_id"),
            "invoice_line.line_id removed: expected a text in every row; came nothing",
            id="dropped key of a line",
        ),
        pytest.param(
            with_value("gross_amount", "2.75 USD"),
            "invoice.gross_amount retyped: expected a number (decimal(18,2)); came values such as '2.75 USD'"
            " in all 8 rows",
            id="retyped",
        ),
        pytest.param(
            with_value("amount", {"value": "2.75", "currency": "USD"}, of_line=True),
            "invoice_line.amount retyped: expected a number (decimal(18,2)); came objects or lists in all 8",
            id="retyped to an object",
        ),
        pytest.param(
            with_value("document_type", "SELF_BILLED"),
            "invoice.document_type unknown value: expected one of INVOICE, CREDIT_MEMO, DEBIT_MEMO; came"
            " values such as 'SELF_BILLED'",
            id="unknown value everywhere",
        ),
        pytest.param(
            without("lines"),
            "invoice_line.lines removed: expected a list of objects in every record; came nothing in all 8",
            id="list gone",
        ),
        pytest.param(
            with_value("lines", "none"),
            "invoice_line.lines retyped: expected a list of objects in every record; came something else",
            id="list retyped",
        ),
    ],
)
def test_breaking_drift_stops_the_table_and_nothing_else(
    harness: Callable[..., Harness], change: Callable[[dict[str, Any]], None], words: str
) -> None:
    source = Payables()
    with serving(Api(source)) as api:
        home = harness(APAUTO, {"URL": api.url})
        _, held, _ = refresh(home)
        assert held == []
        yesterday = home.raw("raw_apauto.invoice"), home.raw("raw_apauto.invoice_line")

        source.day, source.change = 2, change
        landed, [part], loaded = refresh(home)
        assert landed.is_complete
        assert words in str(part.drift[0])
        assert [load.table for load in loaded.loads] == ["vendor"] and loaded.rejected_rows == 0
        assert (home.raw("raw_apauto.invoice"), home.raw("raw_apauto.invoice_line")) == yesterday
        assert home.query("select count(*) from raw_apauto.rejected_row") == [(0,)]
        assert home.query("select name from raw_apauto.vendor order by _version") == [
            ("Name of day 1",),
            ("Name of day 2",),
        ]
        # Still broken: the same payload is judged again, not landed again.
        _, [again], loaded = refresh(home)
        assert again.batch.batch_id == part.batch.batch_id and loaded.loads == ()

        source.change = lambda record: record
        _, held, loaded = refresh(home)
        assert held == []
        counts = {load.table: load.new_version_rows for load in loaded.loads}
        assert counts["invoice"] == ROWS and loaded.rejected_rows == 0
    assert home.query("select count(*), max(_version) from raw_apauto.invoice") == [(2 * ROWS, 2)]
    assert home.query(
        "select table_name, sum(landed_rows)::int from raw_concord.load_batch where status = 'HELD'"
        " and table_name = 'invoice' group by all"
    ) == [("invoice", ROWS)]


def test_too_few_rows_to_speak_of_drift_are_rejected_rows(harness: Callable[..., Harness]) -> None:
    source = Payables()
    source.change = lambda record: record.pop("currency") if record["invoice_id"] != "I0" else None
    with serving(Api(source)) as api:
        home = harness(APAUTO, {"URL": api.url})
        _, held, loaded = refresh(home)
    assert held == [] and loaded.rejected_rows == ROWS - 1 >= JUDGED_FROM


def test_an_optional_column_is_drift_where_most_rows_are_spoiled(harness: Callable[..., Harness]) -> None:
    source = Payables()
    source.change = lambda record: (
        record.update(posting_date="next week") if record["invoice_id"] < "I3" else None
    )
    with serving(Api(source)) as api:
        home = harness(APAUTO, {"URL": api.url})
        _, held, loaded = refresh(home)
        assert held == [] and loaded.rejected_rows == 3
        source.day, source.change = 2, with_value("posting_date", "next week")
        _, [part], _ = refresh(home)
    assert [drift.field for drift in part.drift] == ["posting_date"]


def test_another_version_of_the_interface_stops_what_it_answers(harness: Callable[..., Harness]) -> None:
    source = Payables()
    with serving(Api(source, headers={"X-API-Version": "1"})) as api:
        home = harness(APAUTO, {"URL": api.url})
        assert refresh(home)[1] == []
        source.day, api.headers = 2, {"X-API-Version": "2026-07"}
        _, parts, loaded = refresh(home)
        assert loaded.loads == () and len(parts) == 2
        said = {drift.table: str(drift) for part in parts for drift in part.drift}
        assert said.keys() == {"vendor", "invoice", "invoice_line"}
        assert "vendor new version: expected interface version 1; came 2026-07; have" in said["vendor"]
        assert home.query("select count(*), max(_version) from raw_apauto.vendor") == [(1, 1)]
        # The same records from the former version again.
        api.headers = {"X-API-Version": "1"}
        _, parts, loaded = refresh(home)
    assert parts == [] and {load.table: load.new_version_rows for load in loaded.loads} == {
        "vendor": 1,
        "invoice": ROWS,
        "invoice_line": 0,
    }


def test_records_in_another_place_are_refused_not_taken_for_no_records(
    harness: Callable[..., Harness],
) -> None:
    source = Payables()
    with serving(Api(source)) as api:
        home = harness(APAUTO, {"URL": api.url})
        refresh(home)
        source.day, source.records_at = 2, "items"
        landed, _, loaded = refresh(home)
        assert loaded.loads == () and [one.file[-11:] for one in landed.refusals] == [
            "/v1/vendors",
            "v1/invoices",
        ]
        assert "no list of records at 'data'" in landed.refusals[0].reason
        (line,) = pipelines.check(home.run())
        assert not line.ok and "no list of records" in line.message
        source.records_at = "data"
        assert refresh(home)[2].new_version_rows > ROWS


def test_a_resource_that_was_only_ever_held_was_never_read(harness: Callable[..., Harness]) -> None:
    source = Payables()
    source.change = without("currency")
    read = "select last_loaded_at::varchar from raw_landscape.instance"
    with serving(Api(source)) as api:
        home = harness(APAUTO, {"URL": api.url})
        refresh(home)
        pipelines.load_landscape(home.run())
        assert home.query(read) == [(None,)]
        source.change = lambda record: record
        refresh(home)
        pipelines.load_landscape(home.run())
        assert home.query(read) == [("2026-07-01 09:00:00",)]
        source.day, source.change = 2, without("currency")
        for _ in range(2):
            refresh(home)
        pipelines.load_landscape(home.run())
    assert home.query(read) == [("2026-07-01 11:00:00",)]


def test_a_snapshot_is_judged_from_one_row_and_an_open_value_is_told(harness: Callable[..., Harness]) -> None:
    records: dict[str, dict[str, Any]] = {
        "A_CompanyCode": {"CompanyCode": "LH01", "Currency": "USD"},
        "A_Plant": {"Plant": "P1", "PlantCategory": "HELIPORT"},
    }

    def respond(path: str, query: dict[str, str]) -> Any:
        found = records.get(path.rpartition("/")[2])
        return {"d": {"results": [found] if found else []}}

    with serving(Api(respond)) as api:
        home = harness(ERP, {"URL": api.url})
        _, loaded = home.refresh()
        assert [str(drift) for drift in loaded["erp_cloud"].drift] == [
            "plant.PlantCategory added value: expected one of HOSPITAL, CLINIC, LAB, AMBULATORY, WAREHOUSE,"
            " OFFICE; came HELIPORT; it is loaded as it came; declare it in the spec once its meaning is"
            " known"
        ]
        del records["A_CompanyCode"]["CompanyCode"]
        run = home.run()
        pipelines.land(run, "erp")
        [batch] = pipelines.pending_batches(run, "erp")
        rest_of_batch, [part] = pipelines.hold_parts(run, batch)
    assert rest_of_batch is None
    assert [(drift.table, drift.field, drift.kind) for drift in part.drift] == [
        ("company_code", "CompanyCode", "removed")
    ]
    assert home.query("select plant_category from raw_erp_cloud.plant") == [("HELIPORT",)]


@pytest.fixture
def outbound(tmp_path: Path, harness: Callable[..., Harness]) -> Iterator[Outbound]:
    root = tmp_path / "server"
    root.mkdir()
    with sftp_serving(root) as port:
        yield Outbound(root, harness, port)


def test_a_file_whose_column_was_retyped_is_held_and_read_again(outbound: Outbound) -> None:
    good = "".join(receipt(number, "1") for number in range(ROWS))
    name = "receipts_20260601T0400_1.csv"
    outbound.put(name, RECEIPTS + good.replace(",RECEIPT,", ",R,") + f"TRL,{ROWS},{ROWS}\n")
    outbound.put("item_units_20260601.csv", "ItemNumber,Uom,Factor\nI1,BX,12\nTRL,1,0\n")
    _, loaded = outbound.harness.refresh()
    assert [load.table for load in loaded["inventory"].loads] == ["item_unit"]
    run = outbound.harness.run()
    [held] = run.state.batches("stock", "HELD")
    assert "receipt.TransactionType unknown value: expected one of RECEIPT, RETURN, VOID" in held.reason
    outbound.put(name, RECEIPTS + good + f"TRL,{ROWS},{ROWS}\n")
    _, loaded = outbound.harness.refresh()
    assert [(load.table, load.new_version_rows) for load in loaded["inventory"].loads] == [("receipt", ROWS)]


def test_a_division_broken_off_is_done_again(harness: Callable[..., Harness]) -> None:
    source = Payables()
    source.change = without("currency")
    with serving(Api(source)) as api:
        home = harness(APAUTO, {"URL": api.url})
        run = home.run()
        pipelines.land(run, "ap")
        [batch] = pipelines.pending_batches(run, "ap")
        manifest, payload = (
            (batch.path / file).read_bytes() for file in ("manifest.json", "invoice.jsonl.gz")
        )
        set_aside(batch, "invoice")
        # As after a kill between the new folder and the end: both hold the files.
        (batch.path / "manifest.json").write_bytes(manifest)
        (batch.path / "invoice.jsonl.gz").write_bytes(payload)
        _, held, loaded = refresh(home)
    assert {part.batch.batch_id for part in held} == {f"{batch.batch_id}-invoice"}
    assert [load.table for load in loaded.loads] == ["vendor"]
    kept = [tuple(file.resource for file in found.files) for found in batches_on_disk(home.home / "landing")]
    assert kept == [("vendor",), ("invoice",)]

"""Answers of JSON APIs that are not what the protocol says: bad records are rejected alone, whole answers
that lead astray are a source reported down, and what was loaded before stays.
"""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from ingestion import pipelines
from ingestion.formats.content import InMemory
from ingestion.landing_copy.landing import Payload, write_batch
from ingestion.transports import answers, rest
from tests.ingestion.conftest import Harness
from tests.ingestion.test_rest_to_raw import APAUTO, ERP, PROCUREMENT, cursor_pages, invoice
from tests.ingestion.wires import Api, serving

Make = Callable[..., Harness]
Answer = Callable[[str, dict[str, str]], Any]
COUNT = "select count(*) from raw_apauto.invoice"


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rest, "BACKOFF", 0.001)
    monkeypatch.setattr(rest, "LONGEST_WAIT", 0.02)


def bills(body: bytes | Callable[[dict[str, str]], Any]) -> Answer:
    """An AP automation that answers so for invoices and has nothing else."""

    def respond(path: str, query: dict[str, str]) -> Any:
        if path != "/v1/invoices":
            return {"data": [], "next_cursor": None}
        return body if isinstance(body, bytes) else body(query)

    return respond


def test_a_page_of_no_objects_is_landed_and_rejected(harness: Make) -> None:
    with serving(Api(bills(b'{"data": [1, "x", null, [2]], "next_cursor": null}'))) as api:
        _, loaded = harness(APAUTO, {"URL": api.url}).refresh()
    load = next(load for load in loaded["apauto"].loads if load.table == "invoice")
    assert (load.landed_rows, load.rejected_rows) == (4, 4)


def test_bytes_that_are_no_text_reject_their_record_alone(harness: Make) -> None:
    whole, broken = (json.dumps(invoice(number, status="PAID"), indent=1).encode() for number in (1, 2))
    page = b'{"data": [%b, %b], "next_cursor": null}' % (whole, broken.replace(b"PAID", b"PAY\xc9"))
    with serving(Api(bills(page))) as api:
        home = harness(APAUTO, {"URL": api.url})
        landed, _ = home.refresh()
    assert landed["ap"].is_complete
    assert home.query("select invoice_id from raw_apauto.invoice") == [("I1",)]
    assert home.query("select row_key, reason from raw_apauto.rejected_row") == [
        ("I2", "status: 'PAY\\\\udcc9' holds bytes or characters that are no text")
    ]


def test_a_page_in_another_unicode_encoding_is_read_as_what_it_says(harness: Make) -> None:
    # In UTF-16 these characters hold the bytes of line ends.
    page = {"data": [invoice(1, invoice_number="\u0a0d\u0d0a")], "next_cursor": None}
    with serving(Api(bills(json.dumps(page, ensure_ascii=False).encode("utf-16")))) as api:
        home = harness(APAUTO, {"URL": api.url})
        home.refresh()
    assert home.query("select invoice_number from raw_apauto.invoice") == [("\u0a0d\u0d0a",)]


def more(link: Any) -> Answer:
    """An OData service whose every answer names `link` as its next page."""
    return lambda path, query: {"d": {"results": [{"Supplier": "1"}], "__next": link}}


@pytest.mark.parametrize(
    "link", ["https://elsewhere.example/next", "//elsewhere.example/x", 7, {"a": 1}, True]
)
def test_a_link_that_leads_elsewhere_is_not_followed(harness: Make, link: Any) -> None:
    with serving(Api(more(link))) as api:
        landed, loaded = harness(ERP, {"URL": api.url}).refresh()
    assert not landed["erp"].is_available and "not on this server" in landed["erp"].message
    assert loaded["erp_cloud"].loads == () and len(api.seen) == 1


@pytest.mark.parametrize(
    ("instance", "answer"),
    [
        (ERP, more("?again")),
        (APAUTO, lambda path, query: {"data": [{"vendor_id": "1"}], "next_cursor": "same"}),
        (APAUTO, lambda path, query: {"data": [], "next_cursor": "same"}),
        (PROCUREMENT, lambda path, query: [{"id": number} for number in range(50)]),
    ],
    ids=["link", "cursor", "empty", "offset"],
)  # fmt: skip
def test_pages_in_a_circle_are_a_source_that_is_down(harness: Make, instance: str, answer: Answer) -> None:
    with serving(Api(answer)) as api:
        home = harness(instance, {"URL": api.url})
        run = home.run()
        (name,) = run.landscape.instances
        landed = pipelines.land(run, name)
    assert not landed.is_available and "its pages lead in a circle" in landed.message and landed.batch is None
    assert len(api.seen) <= 3


def test_an_answer_without_end_is_a_source_that_is_down_and_its_rows_stay(
    harness: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    api = Api(cursor_pages([invoice(1)]))
    with serving(api):
        home = harness(APAUTO, {"URL": api.url})
        home.refresh()
        monkeypatch.setattr(answers, "MOST_BYTES", 1 << 20)
        api.respond = bills(json.dumps({"data": [{"invoice_id": "2", "x": "9" * (1 << 21)}]}).encode())
        landed, _ = home.refresh()
    message = landed["ap"].message
    assert not landed["ap"].is_available and "answers with more than 1,048,576 bytes" in message
    assert "ask for smaller pages" in message and home.query(COUNT) == [(1,)]


def test_json_nested_without_end_is_a_source_that_is_down_and_its_rows_stay(harness: Make) -> None:
    api = Api(cursor_pages([invoice(1)]))
    with serving(api):
        home = harness(APAUTO, {"URL": api.url})
        home.refresh()
        api.respond = bills(b'{"data": [{"invoice_id": ' + b"[" * 100_000)
        landed, _ = home.refresh()
    assert not landed["ap"].is_available and "not what the protocol says" in landed["ap"].message
    assert home.query(COUNT) == [(1,)]


@pytest.mark.parametrize(
    "year", ["9999-12-31T23:59:59-12:00", "9999-12-31T00:00:00Z", "2206-06-01T00:00:00Z"]
)
def test_a_change_dated_in_the_future_hides_nothing_that_changes_until_then(harness: Make, year: str) -> None:
    invoices = [invoice(1, updated_at=year)]
    with serving(Api(cursor_pages(invoices))) as api:
        home = harness(APAUTO, {"URL": api.url})
        landed, _ = home.refresh()
        batch = landed["ap"].batch
        assert batch is not None
        now = datetime(2026, 7, 1, 7, tzinfo=UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        assert all(at <= now for at in batch.cursors.values())
        invoices.append(invoice(2, updated_at="2026-07-01T06:30:00Z"))
        home.refresh()
    assert ("I2",) in home.query("select invoice_id from raw_apauto.invoice")


def test_an_odata_time_beyond_the_calendar_is_a_rejected_row(harness: Make) -> None:
    record = {"Supplier": "1", "LastChangeDateTime": "/Date(99999999999999999)/"}

    def respond(path: str, query: dict[str, str]) -> Any:
        return {"d": {"results": [record] if path.endswith("A_Supplier") else []}}

    with serving(Api(respond)) as api:
        home = harness(ERP, {"URL": api.url})
        landed, _ = home.refresh()
    assert landed["erp"].is_available
    assert home.query("select count(*) from raw_erp_cloud.rejected_row") == [(1,)]


def test_a_landed_payload_that_nobody_can_read_is_held_and_cannot_be_let_in(harness: Make) -> None:
    with serving(Api(cursor_pages([invoice(1)]))) as api:
        home = harness(APAUTO, {"URL": api.url})
        home.refresh()
        run = home.run()
        content = InMemory(b'{"data": [{"invoice_id"\n')
        broken = Payload(name="invoice.jsonl", resource="invoice", content=content, rows=1)
        batch = write_batch(
            run.settings.landing_dir,
            batch_id="20260701T090000000000-broken00-0009",
            instance="ap",
            system="apauto",
            run_id=run.run_id,
            known_at=run.started_at,
            payloads=[broken],
            cursors={},
        )
        run.state.save_batch(batch)
        rest_of_it, parts = pipelines.hold_parts(run, batch)
        assert rest_of_it is None and len(parts) == 1
        assert "payloads that can be read" in parts[0].batch.reason
        with pytest.raises(ValueError, match="cannot be loaded"):
            pipelines.release_batch(run, "ap", batch.batch_id, actor="Ann", reason="must go on")
        pipelines.load_system(run, "apauto")
    assert home.query(COUNT) == [(1,)]

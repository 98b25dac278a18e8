"""An optional field that a source filled and no longer fills: loaded as it came and told, on every wire."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ingestion import pipelines
from ingestion.contracts.vanished import REMEDY
from ingestion.reports import LoadReport
from ingestion.transports import rest, soap
from tests.ingestion.conftest import FeedHarness, Harness
from tests.ingestion.legacy import Legacy
from tests.ingestion.soap_server import INSTANCE, make_world, serving_workforce
from tests.ingestion.test_rest_to_raw import APAUTO, cursor_pages, invoice
from tests.ingestion.wires import Api, serving

TERMS = "invoice.payment_terms no longer filled: expected a text as before; came nothing in all"
VENDORS = "insert into sysadm.ps_vendor (vendor_id, name1, duns, last_update_dttm) values "


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rest, "BACKOFF", 0.01)
    monkeypatch.setattr(soap, "BACKOFF", 0.001)


def told(loaded: LoadReport) -> list[str]:
    return [str(drift).removesuffix(f"; {REMEDY}") for drift in loaded.drift]


def invoices(day: int, numbers: range, **changed: Any) -> list[dict[str, Any]]:
    at = f"2026-06-{day:02}T00:00:00Z"
    return [invoice(number, version=day, updated_at=at, **changed) for number in numbers]


def served(home: Harness, records: list[dict[str, Any]], pages: list[dict[str, Any]]) -> LoadReport:
    pages[:] = records
    _, loaded = home.refresh()
    return loaded["apauto"]


@pytest.fixture
def payables(harness: Callable[..., Harness]) -> Any:
    pages: list[dict[str, Any]] = []
    with serving(Api(cursor_pages(pages, size=50))) as api:
        home = harness(APAUTO, {"URL": api.url})
        yield lambda records: served(home, records, pages)


@pytest.mark.parametrize("gone", [{}, {"payment_terms": None}], ids=["left_out", "sent_empty"])
def test_documents_of_an_api_that_lose_a_value(payables: Any, gone: dict[str, Any]) -> None:
    assert told(payables(invoices(1, range(8), payment_terms="NET30"))) == []
    loaded = payables(invoices(2, range(2, 8), **gone))
    assert told(loaded) == [f"{TERMS} 6 rows, 6 of which had a value before"]
    assert (loaded.new_version_rows, loaded.rejected_rows) == (6, 0)


def test_new_documents_that_all_lack_what_every_earlier_load_brought(payables: Any) -> None:
    for day in (1, 2, 3):
        numbers = range(10 * day, 10 * day + 6)
        assert told(payables(invoices(day, numbers, payment_terms="NET30"))) == []
    assert told(payables(invoices(4, range(40, 46)))) == [f"{TERMS} 6 rows"]


@pytest.mark.parametrize(
    ("first", "then"),
    [
        (invoices(1, range(8), payment_terms="NET30"), invoices(2, range(20, 28))),
        (invoices(1, range(8), payment_terms="NET30"), invoices(2, range(4))),
        (
            invoices(1, range(8), payment_terms="NET30"),
            [*invoices(2, range(7)), *invoices(2, range(7, 8), payment_terms="NET30")],
        ),
        (invoices(1, range(8)), invoices(2, range(8))),
    ],
    ids=["new_documents", "few", "one_still_has_it", "never_filled"],
)
def test_what_says_nothing_about_a_field(
    payables: Any, first: list[dict[str, Any]], then: list[dict[str, Any]]
) -> None:
    payables(first)
    assert told(payables(then)) == []


def test_a_file_without_its_column(feed: FeedHarness) -> None:
    feed.write("supplier.csv", "supplier_id,legal_name,duns\n" + "".join(f"{n},A,D{n}\n" for n in range(6)))
    feed.refresh()
    feed.write("supplier.csv", "supplier_id,legal_name\n" + "".join(f"{n},A\n" for n in range(6)))
    _, loaded = feed.refresh()
    assert told(loaded) == [
        "supplier.duns no longer filled: expected a text as before; came nothing in all 6 rows,"
        " 6 of which had a value before"
    ]
    assert loaded.new_version_rows == 6


def test_a_soap_service_that_leaves_an_element_out(
    harness: Callable[..., Harness], tmp_path_factory: pytest.TempPathFactory
) -> None:
    world: Path = make_world(tmp_path_factory.mktemp("workforce"))
    with serving_workforce(world) as service:
        home = harness(INSTANCE.format(name="wf"), service.environ)
        home.refresh()
        service.switches.drop_field = "Location_Data.Location_Name"
        _, loaded = home.refresh()
    [words] = told(loaded["workforce"])
    assert words.startswith("location.Location_Data.Location_Name no longer filled")
    assert loaded["workforce"].rejected_rows == 0


def test_a_database_table_without_its_column_is_read_and_told(legacy: Legacy) -> None:
    rows = ", ".join(f"('V{n}', 'A', 'D{n}', '2026-06-01 08:00')" for n in range(6))
    legacy.run(VENDORS + rows)
    legacy.harness.refresh()
    legacy.run("update sysadm.ps_vendor set name1 = 'B', last_update_dttm = '2026-06-02 08:00'")
    legacy.run("alter table sysadm.ps_vendor drop column duns")
    landed, loaded = legacy.harness.refresh()
    assert landed["old"].refusals == ()
    assert landed["old"].remarks == ("table sysadm.ps_vendor is read without its column duns",)
    assert told(loaded["erp_legacy"]) == [
        "vendor.duns no longer filled: expected a text as before; came nothing in all 6 rows,"
        " 6 of which had a value before"
    ]
    legacy.run("alter table sysadm.ps_vendor drop column name1")
    refused, _ = legacy.harness.refresh()
    assert [refusal.reason for refusal in refused["old"].refusals] == [
        "table sysadm.ps_vendor has no column name1 that reader may read"
    ]
    assert pipelines.pending_batches(legacy.harness.run(), "old") == ()

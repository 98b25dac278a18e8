"""REST APIs to raw: paging, cursors with lag, tokens that expire, servers that fail a while or for good."""

import time
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from ingestion import pipelines
from ingestion.transports import rest
from tests.ingestion.conftest import Harness
from tests.ingestion.wires import Api, serving

APAUTO = (
    "  ap:\n    system: apauto\n"
    "    connection: {url: '${URL}', api_key: '${SECRET}', api_secret: '${SECRET}'}\n"
)
PROCUREMENT = (
    "  buy:\n    system: procurement\n"
    "    connection: {url: '${URL}', client_id: c, client_secret: '${SECRET}'}\n"
)
ERP = "  erp:\n    system: erp_cloud\n    connection: {url: '${URL}', user: u, password: '${SECRET}'}\n"


def invoice(number: int, **changes: Any) -> dict[str, Any]:
    line = {
        "line_id": f"L{number}",
        "line_number": 1,
        "quantity": "2.5",
        "unit_price": "1.10",
        "amount": "2.75",
    }
    return {
        "invoice_id": f"I{number}",
        "invoice_number": f"INV-{number}",
        "document_type": "INVOICE",
        "vendor_id": "V1",
        "invoice_date": "2026-06-01",
        "currency": "USD",
        "gross_amount": "2.75",
        "version": 1,
        "updated_at": f"2026-06-01T00:{number:02}:00Z",
        "lines": [line],
        **changes,
    }


def cursor_pages(invoices: list[dict[str, Any]], size: int = 3) -> Callable[[str, dict[str, str]], Any]:
    def respond(path: str, query: dict[str, str]) -> Any:
        if path != "/v1/invoices":
            return {"data": [], "next_cursor": None}
        changed = [row for row in invoices if row["updated_at"] >= query.get("updated_since", "")]
        start = int(query.get("cursor", "0"))
        more = start + size < len(changed)
        return {"data": changed[start : start + size], "next_cursor": str(start + size) if more else None}

    return respond


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rest, "BACKOFF", 0.01)


def test_cursor_paging_nested_lines_and_lag(harness: Callable[..., Harness]) -> None:
    invoices = [invoice(number) for number in range(8)]
    with serving(Api(cursor_pages(invoices))) as api:
        home = harness(APAUTO, {"URL": api.url})
        _, loaded = home.refresh()
        assert loaded["apauto"].new_version_rows == 16
        invoices[7] = invoice(
            7, updated_at="2026-06-01T05:00:00Z", version=2, status="PAID", note="new field"
        )
        _, loaded = home.refresh()
        assert ("/v1/invoices", {"updated_since": "2026-05-31T22:07:00Z", "limit": "200"}) in api.seen
        assert loaded["apauto"].new_version_rows == 1
        assert loaded["apauto"].unknown_columns == {"invoice": ("note",)}
        landed, loaded = home.refresh()
        assert landed["ap"].batch is not None
        landed, loaded = home.refresh()
        assert landed["ap"].batch is None and loaded["apauto"].loads == ()
    assert home.query(
        "select invoice_id, unit_price, amount, invoice_updated_at::varchar, _source_version"
        " from raw_apauto.invoice_line where line_id = 'L7'"
    ) == [("I7", Decimal("1.100000"), Decimal("2.75"), "2026-06-01 00:07:00", 1)]
    assert home.query(
        "select _version, status, _source_version from raw_apauto.invoice where invoice_id = 'I7'"
    ) == [
        (1, None, 1),
        (2, "PAID", 2),
    ]


def test_a_page_or_record_that_comes_twice_is_there_once(harness: Callable[..., Harness]) -> None:
    pages = [[invoice(1), invoice(2)], [invoice(1), invoice(2)], [invoice(2), invoice(3)]]

    def respond(path: str, query: dict[str, str]) -> Any:
        at = int(query.get("cursor", "0"))
        rows = pages[at] if path == "/v1/invoices" else []
        return {"data": rows, "next_cursor": str(at + 1) if rows and at + 1 < len(pages) else None}

    with serving(Api(respond)) as api:
        home = harness(APAUTO, {"URL": api.url})
        _, loaded = home.refresh()
        assert (loaded["apauto"].landed_rows, loaded["apauto"].new_version_rows) == (12, 6)
        pages[:] = [[invoice(3)], [invoice(1), invoice(2), invoice(3)]]
        _, loaded = home.refresh()
        assert loaded["apauto"].new_version_rows == 0
    assert home.query("select count(*), max(_version) from raw_apauto.invoice_line") == [(3, 1)]


def test_a_token_that_expires_under_way_and_a_burst_of_errors(harness: Callable[..., Harness]) -> None:
    invoices = [invoice(number) for number in range(12)]
    failures: list[tuple[int, dict[str, str]]] = [
        (500, {}),
        (503, {}),
        (429, {"Retry-After": "1"}),
        (500, {}),
    ]
    with serving(Api(cursor_pages(invoices), uses_per_token=2, failures=failures)) as api:
        landed, loaded = harness(APAUTO, {"URL": api.url}).refresh()
        assert landed["ap"].is_complete
        assert loaded["apauto"].new_version_rows == 24
        assert api.tokens_given > 2


def test_offset_paging_stops_on_a_short_page(harness: Callable[..., Harness]) -> None:
    items = [
        {
            "id": number,
            "item-number": f"IT-{number}",
            "active": True,
            "custom-fields": {"is-stocked": False, "shelf": "A"},
            "updated-at": "2026-06-01T00:00:00Z",
            "supplier-items": [{"id": number * 10, "supplier": {"id": 5, "number": "S5"}}],
        }
        for number in range(120)
    ]

    def respond(path: str, query: dict[str, str]) -> Any:
        at = int(query["offset"])
        return items[at : at + int(query["limit"])] if path == "/api/items" else []

    with serving(Api(respond, uses_per_token=3)) as api:
        home = harness(PROCUREMENT, {"URL": api.url})
        _, loaded = home.refresh()
    assert loaded["procurement"].new_version_rows == 240
    assert len([path for path, _ in api.seen if path == "/api/items"]) == 3
    assert home.query(
        "select * from (select item_id, supplier_number from raw_procurement.supplier_item where id = '70')"
    ) == [("7", "S5")]
    assert home.query(
        "select active, custom_fields_is_stocked, _extension from raw_procurement.item where id = '7'"
    ) == [(True, False, '{"custom-fields.shelf": "A"}')]


def test_n_2_an_order_changed_after_its_export_is_read_again(harness: Callable[..., Harness]) -> None:
    """Another integration took the order and marked it exported; the time of its last change decides."""
    order: dict[str, Any] = {
        **{"id": 1, "po-number": "PO1", "currency": {"code": "USD"}, "supplier": {"id": 9}},
        **{"exported": False, "status": "issued", "updated-at": "2026-06-01T00:00:00Z"},
    }

    def respond(path: str, query: dict[str, str]) -> Any:
        if path != "/api/purchase_orders" or query["offset"] != "0":
            return []
        exported = str(order["exported"]).lower()
        is_new = str(order["updated-at"]) >= query.get("updated-at[gt_or_eq]", "")
        return [dict(order)] if is_new and query.get("exported", exported) == exported else []

    with serving(Api(respond)) as api:
        home = harness(PROCUREMENT, {"URL": api.url})
        home.refresh()
        order.update({"exported": True, "status": "closed", "updated-at": "2026-06-01T06:00:00Z"})
        home.refresh()
    assert home.query("select status from raw_procurement.purchase_order order by _version") == [
        ("issued",),
        ("closed",),
    ]


def test_odata_pages_dates_and_basic_login(harness: Callable[..., Harness]) -> None:
    api = Api(lambda path, query: {})

    def respond(path: str, query: dict[str, str]) -> Any:
        if not path.endswith("A_Supplier"):
            return {"d": {"results": []}}
        number = int(query.get("$skiptoken", "1"))
        record = {
            "__metadata": {"uri": "x"},
            "Supplier": str(number),
            "SupplierName": f"Supplier {number}",
            "TaxNumber1": "12-3456780",
            "CreationDate": "/Date(1767225600000)/",
            "LastChangeDateTime": f"/Date(176730{number}000000+0000)/",
        }
        following = {"__next": f"{api.url}{path}?$format=json&$skiptoken=2"} if number == 1 else {}
        return {"d": {"results": [record], **following}}

    api.respond = respond
    with serving(api):
        home = harness(ERP, {"URL": api.url})
        home.refresh()
        home.refresh()
    assert home.query(
        "select supplier, creation_date::varchar, last_change_date_time::varchar, _extension"
        " from raw_erp_cloud.supplier order by 1"
    ) == [
        ("1", "2026-01-01", "2026-01-01 20:56:40", "{}"),
        ("2", "2026-01-01", "2026-01-01 21:13:20", "{}"),
    ]
    asked = [query.get("$filter") for path, query in api.seen if path.endswith("A_Supplier")]
    assert "LastChangeDateTime ge datetimeoffset'2026-01-01T19:13:20Z'" in asked


def test_wrong_shapes_reject_only_their_rows(harness: Callable[..., Harness]) -> None:
    invoices = [
        invoice(1),
        invoice(2, gross_amount={"value": "2.75"}),
        invoice(3, status="MELTED"),
        invoice(4, lines="none"),
        invoice(5, gross_amount=2.75),
    ]
    with serving(Api(cursor_pages(invoices))) as api:
        home = harness(APAUTO, {"URL": api.url})
        _, loaded = home.refresh()
    loads = {
        load.table: (load.landed_rows, load.new_version_rows, load.rejected_rows)
        for load in loaded["apauto"].loads
    }
    assert loads == {"invoice": (5, 3, 2), "invoice_line": (5, 4, 1)}
    assert home.query(
        "select column_name from raw_apauto.rejected_row where table_name = 'invoice' order by 1"
    ) == [
        ("gross_amount",),
        ("status",),
    ]
    assert home.query("select gross_amount from raw_apauto.invoice where invoice_id = 'I5'") == [
        (Decimal("2.75"),)
    ]


def test_a_dead_source_leaves_the_others_refreshed(harness: Callable[..., Harness]) -> None:
    with serving(Api(cursor_pages([invoice(1)]))) as api:
        home = harness(APAUTO + ERP.replace("${URL}", "http://127.0.0.1:9"), {"URL": api.url})
        started = time.monotonic()
        landed, loaded = home.refresh()
        assert time.monotonic() - started < 25
        lines = {line.subject.split()[0]: line.ok for line in pipelines.check(home.run())}
    assert not landed["erp"].is_available and "http://127.0.0.1:9" in landed["erp"].message
    assert loaded["apauto"].new_version_rows == 2
    assert lines == {"ap": True, "erp": False}
    status = home.run().state.instance_status()
    assert status["ap"].is_available and not status["erp"].is_available


@pytest.mark.parametrize("is_promised_whole", [True, False])
def test_a_page_cut_off_is_asked_for_again(
    harness: Callable[..., Harness], *, is_promised_whole: bool
) -> None:
    cut = (0.7, is_promised_whole)
    with serving(Api(cursor_pages([invoice(number) for number in range(8)]))) as api:
        home = harness(APAUTO, {"URL": api.url})
        api.cuts = [cut, cut]
        landed, loaded = home.refresh()
        assert landed["ap"].is_available and loaded["apauto"].new_version_rows == 16
        api.cuts = [cut] * rest.ATTEMPTS
        landed, _ = home.refresh()
        assert not landed["ap"].is_available
        assert "its answer is not what the protocol says" in landed["ap"].message
        landed, _ = home.refresh()
        assert landed["ap"].is_available


@pytest.mark.parametrize("status", [401, 403])
def test_refused_credentials_name_the_variables_to_check(
    harness: Callable[..., Harness], status: int
) -> None:
    erp = ERP.replace("${URL}", "${ERP_URL}").replace("user: u", "user: '${ERP_USER}'")
    with (
        serving(Api(cursor_pages([]), refuses_login=status == 401)) as ap,
        serving(Api(lambda *_: {})) as api,
    ):
        home = harness(APAUTO + erp, {"URL": ap.url, "ERP_URL": api.url, "ERP_USER": "u"})
        if status == 403:
            ap.failures = [(status, {})] * 2
        api.failures = [(status, {})] * 2
        landed, _ = home.refresh()
        lines = {line.subject.split()[0]: line.message for line in pipelines.check(home.run())}
    wanted = f"answered {status}; check the credentials of ap (environment variables URL, SECRET)"
    assert wanted in landed["ap"].message
    wanted = (
        f"answered {status}; check the credentials of erp (environment variables ERP_URL, ERP_USER, SECRET)"
    )
    assert wanted in landed["erp"].message and wanted in lines["erp"]


def test_a_rejected_row_is_asked_for_again_until_it_is_mended(harness: Callable[..., Harness]) -> None:
    late = {"updated_at": "2026-06-20T00:00:00Z"}
    invoices = [invoice(1), invoice(2, gross_amount="n/a"), invoice(3, **late)]
    with serving(Api(cursor_pages(invoices))) as api:
        home = harness(APAUTO, {"URL": api.url})
        assert home.refresh()[1]["apauto"].rejected_rows == 1
        assert home.refresh()[1]["apauto"].new_version_rows == 0
        invoices[1] = invoice(2)
        assert home.refresh()[1]["apauto"].new_version_rows == 1
        home.refresh()
        home.refresh()
    asked = [query.get("updated_since") for path, query in api.seen if path == "/v1/invoices"]
    assert asked[1] == asked[2] == "2026-05-31T22:02:00Z"
    assert asked[-1] == "2026-06-19T22:00:00Z"

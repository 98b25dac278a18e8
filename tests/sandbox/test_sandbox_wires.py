"""The servers over their real wires, with the clients that people use: httpx and paramiko."""

from __future__ import annotations

import json
import re
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import paramiko
import pyarrow.parquet as pq
import pytest

from sandbox.generate import generate
from sandbox.serve import Sandbox


class Procurement:
    """A client of the procurement suite."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.place = sandbox.endpoints["procurement"]
        self.http = httpx.Client(base_url=self.place["url"])
        self.log_on()

    def log_on(self) -> None:
        form = {
            "grant_type": "client_credentials",
            "client_id": self.place["client_id"],
            "client_secret": self.place["client_secret"],
            "scope": "read",
        }
        token = self.http.post("/oauth2/token", data=form).raise_for_status().json()["access_token"]
        self.http.headers["Authorization"] = f"Bearer {token}"

    def page(self, resource: str, **query: str | int) -> httpx.Response:
        return self.http.get(f"/api/{resource}", params=query)

    def pull(self, resource: str, **query: str | int) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = []
        while True:
            page = self.page(resource, limit=50, offset=len(rows), **query).raise_for_status().json()
            rows += page
            if len(page) < 50:
                return rows


class ApAuto:
    """A client of AP automation."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.place = sandbox.endpoints["apauto"]
        self.http = httpx.Client(base_url=self.place["url"])
        self.log_on()

    def log_on(self) -> None:
        keys = {name: self.place[name] for name in ("api_key", "api_secret")}
        token = self.http.post("/v1/token", json=keys).raise_for_status().json()["access_token"]
        self.http.headers["Authorization"] = f"Bearer {token}"

    def pull(self, resource: str, **query: str) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = []
        cursor: dict[str, str] = {}
        while True:
            page = self.http.get(f"/v1/{resource}", params={**query, **cursor}).raise_for_status().json()
            rows += page["data"]
            if not page["next_cursor"]:
                return rows
            cursor = {"cursor": page["next_cursor"]}

    def post(self, *items: dict[str, Any]) -> httpx.Response:
        headers = {"Idempotency-Key": "batch", "X-Correlation-Id": "run"}
        return self.http.post("/v1/match-status", json={"items": items}, headers=headers)

    def outcomes(self, *items: dict[str, Any]) -> list[tuple[str, str | None]]:
        answer = self.post(*items)
        assert answer.status_code == 207
        return [(result["outcome"], result["code"]) for result in answer.json()["results"]]

    def book(self) -> list[dict[str, Any]]:
        return list(self.http.get("/v1/match-status/book").raise_for_status().json()["postings"])


@pytest.fixture
def procurement(sandbox: Sandbox) -> Procurement:
    return Procurement(sandbox)


@pytest.fixture
def apauto(sandbox: Sandbox) -> ApAuto:
    return ApAuto(sandbox)


@pytest.fixture
def drop(sandbox: Sandbox) -> Iterator[paramiko.SFTPClient]:
    place = sandbox.endpoints["inventory"]
    transport = paramiko.Transport((place["host"], place["port"]))
    transport.connect(username=place["user"], password=place["password"])
    assert transport.get_remote_server_key().get_base64() in place["host_key"]
    client = paramiko.SFTPClient.from_transport(transport)
    assert client is not None
    yield client
    transport.close()


def _posting(key: str, invoice_id: str, **changes: Any) -> dict[str, Any]:
    return {
        "idempotency_key": key,
        "correlation_id": "c1",
        "invoice_id": invoice_id,
        "match_status": "MATCHED",
        "codes": [],
        "payable_amount": "12.30",
        "rule_set_version": "1",
        "evaluated_as_of": "2026-06-30",
        **changes,
    }


def test_orders_come_whole_sorted_and_once(sandbox: Sandbox, procurement: Procurement) -> None:
    orders = procurement.pull("purchase_orders")
    assert len({order["id"] for order in orders}) == len(orders)
    assert sum(len(order["order-lines"]) for order in orders) == 600
    keys = [(order["updated-at"], order["id"]) for order in orders]
    assert keys == sorted(keys)
    assert all(order["updated-at"] <= "2026-07-01T05:00:00Z" for order in orders)
    line = orders[0]["order-lines"][0]
    assert re.fullmatch(r"\d+\.\d{6}", line["quantity"]) and re.fullmatch(r"\d+\.\d{2}", line["total"])
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", line["created-at"])
    assert isinstance(line["line-num"], str) and line["account"]["segment-2"]
    assert len(procurement.pull("suppliers")) == 250
    items = procurement.pull("items")
    assert len(items) == 1_500 and all("supplier-items" in item for item in items)
    assert len(procurement.page("items", limit=500).json()) == 50


def test_only_changes_since_a_time(procurement: Procurement) -> None:
    orders = procurement.pull("purchase_orders")
    since = orders[len(orders) // 2]["updated-at"]
    changed = procurement.pull("purchase_orders", **{"updated-at[gt_or_eq]": since})
    assert [order["id"] for order in changed] == [o["id"] for o in orders if o["updated-at"] >= since]
    assert procurement.page("purchase_orders", **{"updated-at[gt_or_eq]": "soon"}).status_code == 400


def test_wrong_secret_missing_and_expired_tokens(sandbox: Sandbox, procurement: Procurement) -> None:
    wrong = {"grant_type": "client_credentials", "client_id": "lakeshore-client", "client_secret": "no"}
    assert procurement.http.post("/oauth2/token", data=wrong).status_code == 401
    assert httpx.get(f"{procurement.place['url']}/api/items").status_code == 401
    sandbox.chaos("procurement", expire_tokens=True)
    assert procurement.page("items").status_code == 401
    procurement.log_on()
    assert procurement.page("items").status_code == 200


def test_invoices_by_cursor(apauto: ApAuto) -> None:
    invoices = apauto.pull("invoices", limit="70")
    assert len({row["invoice_id"] for row in invoices}) == len(invoices) > 200
    assert all(row["lines"] for row in invoices)
    since = invoices[-10]["updated_at"]
    recent = apauto.pull("invoices", updated_since=since)
    assert [r["invoice_id"] for r in recent] == [
        r["invoice_id"] for r in invoices if r["updated_at"] >= since
    ]
    credit = next(row for row in invoices if row["document_type"] == "CREDIT_MEMO")
    assert credit["credit_kind"] == "QUANTITY" and credit["lines"][0]["po_line_number"]
    assert credit["original_invoice_id"] in {row["invoice_id"] for row in invoices}
    assert len(apauto.pull("vendors")) == 250
    assert apauto.http.get("/v1/invoices", params={"cursor": "!"}).status_code == 400


def test_masters_by_odata(sandbox: Sandbox) -> None:
    place = sandbox.endpoints["erp_cloud"]
    root = f"{place['url']}/sap/opu/odata/sap"
    client = httpx.Client(auth=(place["user"], place["password"]))
    assert httpx.get(f"{root}/API_PLANT_SRV/A_Plant").status_code == 401

    def pull(path: str) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = []
        url: str | None = f"{root}/{path}"
        while url:
            page = client.get(url).raise_for_status().json()["d"]
            assert len(page["results"]) <= 200
            rows += page["results"]
            url = page.get("__next")
        return rows

    units = pull("API_PRODUCT_SRV/A_ProductUnitsOfMeasure?$format=json")
    keys = {(row["Product"], row["AlternativeUnit"], row["ValidityStartDate"]) for row in units}
    assert len(keys) == len(units) > 3_000
    assert re.fullmatch(r"/Date\(\d+\)/", units[0]["ValidityStartDate"])
    suppliers = pull("API_BUSINESS_PARTNER/A_Supplier")
    millis = int(suppliers[200]["LastChangeDateTime"][6:-2])
    since = datetime.fromtimestamp(millis / 1_000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    condition = f"LastChangeDateTime ge datetimeoffset'{since}'"
    assert pull(f"API_BUSINESS_PARTNER/A_Supplier?$filter={condition}") == suppliers[200:]
    products = pull(f"API_PRODUCT_SRV/A_Product?$filter={condition}")
    assert 200 < len(products) < 1_500
    refused = client.get(f"{root}/API_PLANT_SRV/A_Plant", params={"$filter": condition})
    assert refused.status_code == 400
    for path, count in (
        ("API_COMPANYCODE_SRV/A_CompanyCode", 2),
        ("API_PLANT_SRV/A_Plant", 16),
        ("API_COSTCENTER_SRV/A_CostCenter", 119),
        ("API_GLACCOUNTINCHARTOFACCOUNTS_SRV/A_GLAccountInChartOfAccounts", 18),
        ("API_BUSINESS_PARTNER/A_BusinessPartnerBank", 275),
    ):
        assert len(pull(path)) == count


def test_files_by_sftp_are_read_only(drop: paramiko.SFTPClient) -> None:
    names = drop.listdir("/outbound")
    files = [name for name in names if name.endswith(".csv")]
    assert {f"{name}.done" for name in files} | set(files) == set(names)
    with drop.open("/outbound/items_20260630.csv") as source:
        text = source.read().decode()
    assert text.startswith("ItemNumber,") and text.splitlines()[-1].startswith("TRL,")
    for forbidden in (
        lambda: drop.open("/outbound/new.csv", "w"),
        lambda: drop.remove(f"/outbound/{files[0]}"),
        lambda: drop.mkdir("/outbound/mine"),
    ):
        with pytest.raises(OSError):
            forbidden()


def test_files_refuse_a_wrong_password(sandbox: Sandbox) -> None:
    place = sandbox.endpoints["inventory"]
    with (
        paramiko.Transport((place["host"], place["port"])) as transport,
        pytest.raises(paramiko.SSHException),
    ):
        transport.connect(username=place["user"], password="guess")


def test_a_posting_counts_once(sandbox: Sandbox, apauto: ApAuto) -> None:
    invoices = apauto.pull("invoices")
    good = next(row["invoice_id"] for row in invoices if row["status"] == "PAID")
    before = len(apauto.book())
    first = _posting("k1", good)
    assert apauto.outcomes(first) == [("accepted", None)]
    assert apauto.outcomes(first, {**first, "correlation_id": "later"}) == [("duplicate", None)] * 2
    assert apauto.outcomes(_posting("k1", good, payable_amount="99.00")) == [("rejected", "KEY_REUSED")]
    assert apauto.outcomes(
        _posting("k2", "AP999999999"),
        _posting("k3", good, match_status="FINE"),
        _posting("k4", good, payable_amount="much"),
        _posting("k5", good, codes="PRICE_OVER"),
        _posting("", good),
    ) == [
        ("rejected", "UNKNOWN_INVOICE"),
        ("rejected", "INVALID_STATUS"),
        ("rejected", "INVALID_AMOUNT"),
        ("rejected", "INVALID_CODES"),
        ("rejected", "KEY_MISSING"),
    ]
    assert len(apauto.book()) == before + 1
    known = apauto.http.get("/v1/match-status", params={"keys": "k1,k2"}).json()["results"]
    assert [(row["idempotency_key"], row["invoice_id"]) for row in known] == [("k1", good)]
    assert apauto.post(*[first] * 201).status_code == 422
    assert apauto.http.post("/v1/match-status", json={"items": []}).status_code == 400


def test_a_void_invoice_takes_no_status(tmp_path: Path) -> None:
    generate(2, 1_500, "none", None, tmp_path)
    rows = pq.read_table(tmp_path / "apauto" / "invoice", columns=["invoice_id", "status"]).to_pylist()
    void = next(row["invoice_id"] for row in rows if row["status"] == "VOID")
    with Sandbox(tmp_path, 0) as sandbox:
        apauto = ApAuto(sandbox)
        assert apauto.outcomes(_posting("k", void)) == [("rejected", "INVOICE_VOID")]
        assert apauto.outcomes(_posting("k2", rows[0]["invoice_id"])) == [("accepted", None)]
        secret = sandbox.endpoints["apauto"]["api_secret"]
    with Sandbox(tmp_path, 0) as again:
        assert again.endpoints["apauto"]["api_secret"] == secret
        assert [row["idempotency_key"] for row in ApAuto(again).book()] == ["k2"]


@pytest.mark.parametrize(("switch", "committed"), [("timeout_before_commit", 0), ("timeout_after_commit", 1)])
def test_a_time_out_leaves_the_sender_in_doubt(
    sandbox: Sandbox, apauto: ApAuto, switch: str, committed: int
) -> None:
    invoice = apauto.pull("invoices", limit="1")[0]["invoice_id"]
    sandbox.chaos("apauto", **{switch: 1, "hang_seconds": 0.05})
    assert apauto.post(_posting(switch, invoice)).status_code == 504
    known = apauto.http.get("/v1/match-status", params={"keys": switch}).json()["results"]
    assert len(known) == committed
    expected = "duplicate" if committed else "accepted"
    assert apauto.outcomes(_posting(switch, invoice)) == [(expected, None)]


def test_bursts_throttling_and_slowness_pass(sandbox: Sandbox, procurement: Procurement) -> None:
    sandbox.chaos("procurement", fail_next=2)
    assert [procurement.page("items").status_code for _ in range(3)] == [500, 500, 200]
    sandbox.chaos("procurement", throttle_next=1, retry_after=3)
    throttled = procurement.page("items")
    assert (throttled.status_code, throttled.headers["Retry-After"]) == (429, "3")
    sandbox.chaos("procurement", slow_next=1, slow_seconds=0.2)
    began = time.monotonic()
    assert procurement.page("items").status_code == 200
    assert time.monotonic() - began >= 0.2


def test_a_page_with_text_in_an_amount_or_an_unknown_unit(sandbox: Sandbox, procurement: Procurement) -> None:
    sandbox.chaos("procurement", text_in_amount=1, unknown_unit=1)
    procurement.page("suppliers")
    spoiled = procurement.page("purchase_orders").json()[0]["order-lines"][0]
    assert (spoiled["price"], spoiled["uom"]["code"]) == ("n/a", "ZQ")
    healed = procurement.page("purchase_orders").json()[0]["order-lines"][0]
    assert healed["price"] != "n/a" and healed["uom"]["code"] != "ZQ"


@pytest.mark.parametrize("server", ["procurement", "apauto", "erp_cloud"])
def test_a_server_goes_down_and_comes_back_on_its_port(sandbox: Sandbox, server: str) -> None:
    url = sandbox.endpoints[server]["url"]
    sandbox.chaos(server, down=True)
    with pytest.raises(httpx.ConnectError):
        httpx.get(url)
    sandbox.chaos(server, down=False)
    assert httpx.get(url).status_code == 404


def test_the_file_server_goes_down_and_comes_back(sandbox: Sandbox) -> None:
    place = sandbox.endpoints["inventory"]
    sandbox.chaos("inventory", down=True)
    with pytest.raises(paramiko.SSHException):
        paramiko.Transport((place["host"], place["port"]))
    sandbox.chaos("inventory", reset=True)
    with paramiko.Transport((place["host"], place["port"])) as transport:
        transport.connect(username=place["user"], password=place["password"])


def test_files_are_truncated_reshaped_and_restored(sandbox: Sandbox, drop: paramiko.SFTPClient) -> None:
    def text(name: str) -> str:
        with drop.open(f"/outbound/{name}") as source:
            return str(source.read().decode())

    (name,) = sandbox.chaos("inventory", truncate_files=1)["files"]
    assert "TRL," not in text(name)
    sandbox.chaos("inventory", reset=True)
    whole = text(name)
    assert whole.splitlines()[-1].startswith("TRL,")
    (name,) = sandbox.chaos("inventory", drop_column="Quantity", match="receipts_*T2359_*.csv")["files"]
    lines = text(name).splitlines()
    assert ",Quantity," not in lines[0] and lines[0].count(",") == 17 and lines[-1].startswith("TRL,")
    sandbox.chaos("inventory", reset=True)
    (name,) = sandbox.chaos("inventory", unknown_unit=1, match="item_units_*.csv")["files"]
    assert ",ZQ," in text(name)
    (name,) = sandbox.chaos("inventory", text_in_amount=1)["files"]
    assert ",n/a," in text(name)
    with pytest.raises(ValueError, match="no column Weight"):
        sandbox.chaos("inventory", drop_column="Weight")


def test_control_endpoint_says_what_it_can(sandbox: Sandbox) -> None:
    url = f"{sandbox.endpoints['control']['url']}/_control/chaos"
    answer = httpx.post(url, json={"server": "apauto", "fail_next": 2})
    assert (answer.status_code, answer.json()["fail_next"]) == (200, 2)
    assert httpx.get(url).json()["apauto"]["fail_next"] == 2
    for wrong, word in (
        ({"server": "mainframe"}, "procurement"),
        ({"server": "apauto", "explode": 1}, "timeout_after_commit"),
        ({"server": "apauto", "fail_next": "many"}, "many"),
        ({}, "SWITCH"),
    ):
        refused = httpx.post(url, json=wrong)
        assert refused.status_code == 400 and word in refused.text


def test_endpoints_are_private_and_name_the_environment(sandbox: Sandbox) -> None:
    path = sandbox.world / "endpoints.json"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    written = json.loads(path.read_text())
    assert written == sandbox.endpoints
    assert set(written["environment"]) == {
        "CONCORD_PROCUREMENT_URL", "CONCORD_PROCUREMENT_CLIENT_ID", "CONCORD_PROCUREMENT_CLIENT_SECRET",
        "CONCORD_APAUTO_URL", "CONCORD_APAUTO_API_KEY", "CONCORD_APAUTO_API_SECRET",
        "CONCORD_INVENTORY_HOST", "CONCORD_INVENTORY_PORT", "CONCORD_INVENTORY_USER",
        "CONCORD_INVENTORY_PASSWORD",
        "CONCORD_ERP_CLOUD_URL", "CONCORD_ERP_CLOUD_USER", "CONCORD_ERP_CLOUD_PASSWORD",
    }  # fmt: skip


def test_a_taken_port_and_a_missing_world_are_told(sandbox: Sandbox, tmp_path: Path) -> None:
    taken = int(sandbox.endpoints["procurement"]["url"].rsplit(":", 1)[1])
    with pytest.raises(OSError, match=r"[Aa]ddress already in use"):
        Sandbox(sandbox.world, taken).start()
    with pytest.raises(ValueError, match="generate a world first"):
        Sandbox(tmp_path)


def test_from_the_command_line(tmp_path: Path) -> None:
    world = tmp_path / "world"
    command = [sys.executable, "-m", "sandbox"]
    made = subprocess.run(
        [*command, "generate", "--world", world, "--lines", "300", "--rate", "PRICE_OVER=50"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert "300  purchase_order_lines" in made.stdout
    wrong = subprocess.run(
        [*command, "generate", "--world", world, "--faults", "GREMLIN"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert wrong.returncode == 2 and "GREMLIN" in wrong.stderr
    with subprocess.Popen([*command, "serve", "--world", world, "--base-port", "0"]) as server:
        try:
            deadline = time.monotonic() + 20
            while not (world / "endpoints.json").exists() and time.monotonic() < deadline:
                time.sleep(0.05)
            place = json.loads((world / "endpoints.json").read_text())["control"]["url"]
            assert httpx.get(f"{place}/_control/chaos").status_code == 200
        finally:
            server.terminate()
        assert server.wait(10) == 0

"""The servers over their real wires, with the clients that people use: httpx and paramiko."""

from __future__ import annotations

import json
import re
import stat
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import paramiko
import pyarrow.parquet as pq
import pytest
from wire_clients import ApAuto, Procurement, posting

from sandbox.generate import generate
from sandbox.serve import Sandbox


def rows(sandbox: Sandbox, table: str) -> int:
    return int(pq.read_table(sandbox.world / table).num_rows)


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
    assert len(procurement.pull("suppliers")) == rows(sandbox, "procurement/supplier") >= 250
    items = procurement.pull("items")
    assert len(items) == rows(sandbox, "procurement/item") and all("supplier-items" in item for item in items)
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
    assert len(apauto.pull("vendors")) >= 250
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
    for path, table in (
        ("API_COMPANYCODE_SRV/A_CompanyCode", "company_code"),
        ("API_PLANT_SRV/A_Plant", "plant"),
        ("API_COSTCENTER_SRV/A_CostCenter", "cost_center"),
        ("API_GLACCOUNTINCHARTOFACCOUNTS_SRV/A_GLAccountInChartOfAccounts", "gl_account"),
        ("API_BUSINESS_PARTNER/A_BusinessPartnerBank", "supplier_bank"),
    ):
        assert len(pull(path)) == rows(sandbox, f"erp_cloud/{table}")


def test_files_by_sftp_are_read_only(drop: paramiko.SFTPClient) -> None:
    names = [name for name in drop.listdir("/outbound") if name != "acks"]
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
    first = posting("k1", good)
    assert apauto.outcomes(first) == [("accepted", None)]
    assert apauto.outcomes(first, {**first, "correlation_id": "later"}) == [("duplicate", None)] * 2
    assert apauto.outcomes(posting("k1", good, payable_amount="99.00")) == [("rejected", "KEY_REUSED")]
    assert apauto.outcomes(
        posting("k2", "AP999999999"),
        posting("k3", good, match_status="FINE"),
        posting("k4", good, payable_amount="much"),
        posting("k5", good, codes="PRICE_OVER"),
        posting("", good),
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
        assert apauto.outcomes(posting("k", void)) == [("rejected", "INVOICE_VOID")]
        assert apauto.outcomes(posting("k2", rows[0]["invoice_id"])) == [("accepted", None)]
        secret = sandbox.endpoints["apauto"]["api_secret"]
    with Sandbox(tmp_path, 0) as again:
        assert again.endpoints["apauto"]["api_secret"] == secret
        assert [row["idempotency_key"] for row in ApAuto(again).book()] == ["k2"]


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
        "CONCORD_ERP_LEGACY_URL",
        "CONCORD_SOURCING_HOST", "CONCORD_SOURCING_PORT", "CONCORD_SOURCING_USER",
        "CONCORD_SOURCING_PASSWORD",
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

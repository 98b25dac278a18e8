"""The servers over their real wires, with the clients that people use: httpx, paramiko, psycopg."""

from __future__ import annotations

import json
import re
import stat
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import httpx
import paramiko
import psycopg
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from erp_client import JOURNAL_ITEM, SUPPLIER, Erp
from wire_clients import ApAuto, Procurement, posting

from sandbox.generate import generate
from sandbox.serve import Sandbox
from sandbox.servers.records import Collection, parse_time


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
    later = orders[-1]["updated-at"]
    window = procurement.pull("purchase_orders", **{"updated-at[gt_or_eq]": since, "updated-at[lt]": later})
    assert window == [order for order in orders if since <= order["updated-at"] < later] != []


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
    window = apauto.pull(
        "invoices", limit="3", updated_since=since, updated_before=invoices[-1]["updated_at"]
    )
    assert window == [row for row in recent if row["updated_at"] < invoices[-1]["updated_at"]] != []
    credit = next(row for row in invoices if row["document_type"] == "CREDIT_MEMO")
    assert credit["credit_kind"] == "QUANTITY" and credit["lines"][0]["po_line_number"]
    assert credit["original_invoice_id"] in {row["invoice_id"] for row in invoices}
    assert len(apauto.pull("vendors")) >= 250
    assert apauto.http.get("/v1/invoices", params={"cursor": "!"}).status_code == 400


def test_masters_by_odata(sandbox: Sandbox) -> None:
    erp = Erp(sandbox)
    assert httpx.get(f"{erp.http.base_url}API_PLANT_SRV/A_Plant").status_code == 401
    units = erp.find("API_PRODUCT_SRV/A_ProductUnitsOfMeasure", format="json")
    keys = {(row["Product"], row["AlternativeUnit"], row["ValidityStartDate"]) for row in units}
    assert len(keys) == len(units) > 3_000
    assert re.fullmatch(r"/Date\(\d+\)/", units[0]["ValidityStartDate"])
    suppliers = erp.find(SUPPLIER)
    since, before = (_iso(suppliers[place]["LastChangeDateTime"]) for place in (200, 240))
    lower = f"LastChangeDateTime ge datetimeoffset'{since}'"
    upper = f"LastChangeDateTime lt datetimeoffset'{before}'"
    assert erp.find(SUPPLIER, filter=lower) == suppliers[200:]
    assert erp.find(SUPPLIER, filter=upper) == suppliers[:240]
    assert erp.find(SUPPLIER, filter=f"{lower} and {upper}") == suppliers[200:240]
    assert 200 < len(erp.find("API_PRODUCT_SRV/A_Product", filter=lower)) < 1_500
    for path, condition in (
        ("API_PLANT_SRV/A_Plant", lower),
        (SUPPLIER, f"{lower} and {lower}"),
        (SUPPLIER, "Currency eq 'USD'"),
    ):
        assert erp.http.get(path, params={"$filter": condition}).status_code == 400
    for path, table in (
        ("API_COMPANYCODE_SRV/A_CompanyCode", "company_code"),
        ("API_PLANT_SRV/A_Plant", "plant"),
        ("API_COSTCENTER_SRV/A_CostCenter", "cost_center"),
        ("API_GLACCOUNTINCHARTOFACCOUNTS_SRV/A_GLAccountInChartOfAccounts", "gl_account"),
        ("API_BUSINESS_PARTNER/A_BusinessPartnerBank", "supplier_bank"),
        ("API_BUSINESS_PARTNER/A_BusinessPartnerAddress", "supplier_address"),
        ("API_BUSINESS_PARTNER/A_AddressPhoneNumber", "address_phone"),
        ("API_BUSINESS_PARTNER/A_AddressEmailAddress", "address_email"),
    ):
        assert len(erp.find(path)) == rows(sandbox, f"erp_cloud/{table}")


def test_documents_by_odata(sandbox: Sandbox) -> None:
    erp = Erp(sandbox)
    for path, table in (
        ("API_PURCHASEORDER_PROCESS_SRV/A_PurchaseOrder", "purchase_order"),
        ("API_PURCHASEORDER_PROCESS_SRV/A_PurchaseOrderItem", "purchase_order_item"),
        ("API_MATERIAL_DOCUMENT_SRV/A_MaterialDocumentItem", "material_document_item"),
        ("API_SUPPLIERINVOICE_PROCESS_SRV/A_SupplierInvoice", "supplier_invoice"),
        ("API_OPLACCTGDOCITEMCUBE_SRV/A_OperationalAcctgDocItemCube", "ap_item"),
    ):
        found = erp.find(path)
        assert len(found) == rows(sandbox, f"erp_cloud/{table}") > 0
        changes = [int(row["LastChangeDateTime"][6:-2]) for row in found]
        assert changes == sorted(changes)
        since = _iso(found[-1]["LastChangeDateTime"])
        recent = erp.find(path, filter=f"LastChangeDateTime ge datetimeoffset'{since}'")
        assert recent == [row for row, change in zip(found, changes, strict=True) if change == changes[-1]]
    first = erp.http.get(JOURNAL_ITEM).json()["d"]
    assert len(first["results"]) == 1_000 and "__next" in first


def _iso(odata_date: str) -> str:
    return datetime.fromtimestamp(int(odata_date[6:-2]) / 1_000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def test_a_bound_between_two_seconds(tmp_path: Path) -> None:
    moments = [datetime(2026, 1, 1, 0, 0, 0, micros) for micros in (0, 400_000, 900_000)]
    for unit in ("ms", "us"):
        (tmp_path / unit).mkdir()
        table = pa.table({"id": [1, 2, 3], "at": pa.array(moments, pa.timestamp(unit))})
        pq.write_table(table, tmp_path / unit / "part.parquet")
        found = Collection(tmp_path, unit, sort_by=("at", "id"), changed_at="at")
        since, before = (parse_time(f"2026-01-01T00:00:00.{tenth}Z") for tenth in ("400", "900"))
        for bounds, ids in (((since, None), [2, 3]), ((since, before), [2]), ((before, since), [])):
            assert [row["id"] for row in found.select(*bounds).records(0, 9)] == ids


def test_a_table_without_files_is_empty(tmp_path: Path) -> None:
    nothing = Collection(tmp_path, "nothing", sort_by=("at", "id"), changed_at="at", odata_dates=True)
    assert (len(nothing.select()), nothing.select().records(0, 9)) == (0, [])
    nothing.put("1", {"id": "1"}, 1_000)
    assert (
        nothing.find("id", ["1"]) == nothing.select(parse_time("1970-01-01")).records(0, 9) == [{"id": "1"}]
    )


def test_the_legacy_erp_lets_a_reader_read(sandbox: Sandbox) -> None:
    url = sandbox.endpoints["erp_legacy"]["url"]
    with psycopg.connect(url) as reader:
        for folder in (sandbox.world / "erp_legacy").iterdir():
            [(count,)] = reader.execute(f"select count(*) from sysadm.{folder.name}").fetchall()
            assert count == pq.read_table(folder).num_rows > 0
        kinds = dict(
            reader.execute(
                "select column_name, data_type from information_schema.columns"
                " where table_schema = 'sysadm' and table_name = 'ps_recv_ln_ship'"
            ).fetchall()
        )
        assert kinds["entered_dttm"] == "timestamp without time zone"
        assert (kinds["qty_base"], kinds["receipt_dt"]) == ("numeric", "date")
        for forbidden in (
            "delete from sysadm.ps_vendor",
            "set transaction read write; update sysadm.ps_vendor set name1 = ''",
            "create table sysadm.mine (a integer)",
        ):
            with pytest.raises(psycopg.Error):
                reader.execute(forbidden)
            reader.rollback()
    with pytest.raises(psycopg.OperationalError, match="password"):
        psycopg.connect(url.replace("lakeshore_reader:", "lakeshore_reader:x"))


def test_the_legacy_erp_loads_again_only_what_changed(tmp_path: Path) -> None:
    generate(4, 300, "none", None, tmp_path)
    with Sandbox(tmp_path, 0) as sandbox:
        first = sandbox.endpoints["erp_legacy"]["url"].rsplit(":", 1)[0]
    loaded = tmp_path / "state" / "erp_legacy" / "loaded"
    before = loaded.stat().st_mtime_ns
    with Sandbox(tmp_path, 0) as sandbox:
        assert sandbox.endpoints["erp_legacy"]["url"].rsplit(":", 1)[0] == first
    assert loaded.stat().st_mtime_ns == before
    [part] = (tmp_path / "erp_legacy" / "ps_vendor").iterdir()
    table = pq.read_table(part)
    pq.write_table(table.slice(0, 5), part)
    with Sandbox(tmp_path, 0) as sandbox, psycopg.connect(sandbox.endpoints["erp_legacy"]["url"]) as reader:
        assert reader.execute("select count(*) from sysadm.ps_vendor").fetchone() == (5,)


def test_contracts_by_sftp(sandbox: Sandbox) -> None:
    place = sandbox.endpoints["sourcing"]
    with paramiko.Transport((place["host"], place["port"])) as transport:
        transport.connect(username=place["user"], password=place["password"])
        client = paramiko.SFTPClient.from_transport(transport)
        assert client
        files = sorted(name for name in client.listdir("/outbound") if name.endswith(".csv"))
        assert [name.split("_")[0] for name in files] == ["contracts", "prices"]
        with client.open(f"/outbound/{files[1]}") as source:
            lines = source.read().decode().splitlines()
        assert lines[0].startswith("ContractNumber,ItemNumber,") and lines[-1].startswith("TRL,")
        with pytest.raises(OSError):
            client.open("/inbound/mine.csv", "w")


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
        "CONCORD_PROCUREMENT_SIGNING_SECRET", "CONCORD_APAUTO_SIGNING_SECRET",
        "CONCORD_PROCUREMENT_URL", "CONCORD_PROCUREMENT_CLIENT_ID", "CONCORD_PROCUREMENT_CLIENT_SECRET",
        "CONCORD_APAUTO_URL", "CONCORD_APAUTO_API_KEY", "CONCORD_APAUTO_API_SECRET",
        "CONCORD_INVENTORY_HOST", "CONCORD_INVENTORY_PORT", "CONCORD_INVENTORY_USER",
        "CONCORD_INVENTORY_PASSWORD", "CONCORD_INVENTORY_HOST_KEY",
        "CONCORD_ERP_CLOUD_URL", "CONCORD_ERP_CLOUD_USER", "CONCORD_ERP_CLOUD_PASSWORD",
        "CONCORD_ERP_LEGACY_URL",
        "CONCORD_SOURCING_HOST", "CONCORD_SOURCING_PORT", "CONCORD_SOURCING_USER",
        "CONCORD_SOURCING_PASSWORD", "CONCORD_SOURCING_HOST_KEY",
        "CONCORD_WORKFORCE_URL", "CONCORD_WORKFORCE_USER", "CONCORD_WORKFORCE_PASSWORD",
        "CONCORD_DISTRIBUTOR_HOST", "CONCORD_DISTRIBUTOR_PORT", "CONCORD_DISTRIBUTOR_USER",
        "CONCORD_DISTRIBUTOR_PASSWORD", "CONCORD_DISTRIBUTOR_HOST_KEY",
        "CONCORD_EXCLUSIONS_FEDERAL_FOLDER", "CONCORD_EXCLUSIONS_STATE_FOLDER",
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

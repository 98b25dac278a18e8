"""Every way the servers misbehave on request, and that they behave again."""

from __future__ import annotations

import json
import time

import httpx
import paramiko
import psycopg
import pytest
from erp_client import SUPPLIER, Erp
from wire_clients import ApAuto, Procurement, posting

from sandbox.serve import Sandbox


@pytest.mark.parametrize(("switch", "committed"), [("timeout_before_commit", 0), ("timeout_after_commit", 1)])
def test_a_time_out_leaves_the_sender_in_doubt(
    sandbox: Sandbox, apauto: ApAuto, switch: str, committed: int
) -> None:
    invoice = apauto.pull("invoices", limit="1")[0]["invoice_id"]
    sandbox.chaos("apauto", **{switch: 1, "hang_seconds": 0.05})
    assert apauto.post(posting(switch, invoice)).status_code == 504
    known = apauto.http.get("/v1/match-status", params={"keys": switch}).json()["results"]
    assert len(known) == committed
    expected = "duplicate" if committed else "accepted"
    assert apauto.outcomes(posting(switch, invoice)) == [(expected, None)]


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


def test_pages_cut_off_repeated_and_turned_round(sandbox: Sandbox, procurement: Procurement) -> None:
    whole = procurement.page("suppliers").json()
    sandbox.chaos("procurement", truncate_pages=1)
    with pytest.raises(json.JSONDecodeError):
        procurement.page("suppliers").json()
    sandbox.chaos("procurement", repeat_records=1)
    assert procurement.page("suppliers").json() == [*whole, whole[0]]
    sandbox.chaos("procurement", reorder_pages=1)
    assert procurement.page("suppliers").json() == whole[::-1]
    assert procurement.page("suppliers").json() == whole


@pytest.mark.parametrize("server", ["apauto", "erp_cloud"])
def test_every_page_server_can_spoil_pages(sandbox: Sandbox, server: str, apauto: ApAuto) -> None:
    erp = Erp(sandbox)

    def page() -> httpx.Response:
        return apauto.http.get("/v1/vendors") if server == "apauto" else erp.http.get(SUPPLIER)

    whole = len(page().content)
    for switch in ("truncate_pages", "repeat_records", "reorder_pages"):
        sandbox.chaos(server, **{switch: 1})
        assert (len(page().content) == whole) == (switch == "reorder_pages")
        assert len(page().content) == whole
    sandbox.chaos(server, fail_next=1, throttle_next=1)
    assert [page().status_code for _ in range(3)] == [500, 429, 200]


def test_the_legacy_erp_goes_down_and_comes_back(sandbox: Sandbox) -> None:
    url = sandbox.endpoints["erp_legacy"]["url"]
    with psycopg.connect(url) as reader:
        sandbox.chaos("erp_legacy", down=True)
        with pytest.raises(psycopg.OperationalError):
            reader.execute("select 1")
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(url)
    sandbox.chaos("erp_legacy", reset=True)
    with psycopg.connect(url) as reader:
        assert reader.execute("select 1").fetchone() == (1,)


@pytest.mark.parametrize("server", ["procurement", "apauto", "erp_cloud"])
def test_a_server_goes_down_and_comes_back_on_its_port(sandbox: Sandbox, server: str) -> None:
    url = sandbox.endpoints[server]["url"]
    sandbox.chaos(server, down=True)
    with pytest.raises(httpx.ConnectError):
        httpx.get(url)
    sandbox.chaos(server, down=False)
    assert httpx.get(url).status_code == 404


@pytest.mark.parametrize("server", ["inventory", "sourcing", "distributor"])
def test_a_file_server_goes_down_is_slow_and_comes_back(sandbox: Sandbox, server: str) -> None:
    place = sandbox.endpoints[server]
    sandbox.chaos(server, down=True)
    with pytest.raises(paramiko.SSHException):
        paramiko.Transport((place["host"], place["port"]))
    sandbox.chaos(server, reset=True)
    sandbox.chaos(server, slow_next=1, slow_seconds=0.3, fail_next=1)
    began = time.monotonic()
    with paramiko.Transport((place["host"], place["port"])) as transport:
        with pytest.raises(paramiko.AuthenticationException):
            transport.connect(username=place["user"], password=place["password"])
        assert time.monotonic() - began >= 0.3
    with paramiko.Transport((place["host"], place["port"])) as transport:
        transport.connect(username=place["user"], password=place["password"])


def test_files_are_repeated_and_turned_round(sandbox: Sandbox, drop: paramiko.SFTPClient) -> None:
    before = set(drop.listdir("/outbound"))
    [again] = sandbox.chaos("inventory", repeat_files=1, match="items_*.csv")["files"]
    assert set(drop.listdir("/outbound")) - before == {again, f"{again}.done"}
    [name] = sandbox.chaos("inventory", reorder_files=1, match="items_2*0.csv")["files"]
    with drop.open(f"/outbound/{name}") as source:
        turned = source.read().decode().splitlines()
    sandbox.chaos("inventory", reset=True)
    with drop.open(f"/outbound/{name}") as source:
        whole = source.read().decode().splitlines()
    assert turned == [whole[0], *whole[-2:0:-1], whole[-1]] != whole
    assert set(drop.listdir("/outbound")) == before
    [prices] = sandbox.chaos("sourcing", text_in_amount=1)["files"]
    text = (sandbox.world / "sourcing" / "outbound" / prices).read_text()
    assert text.splitlines()[1].count(",n/a,") == 1
    sandbox.chaos("sourcing", reset=True)
    assert ",n/a," not in (sandbox.world / "sourcing" / "outbound" / prices).read_text()


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


def test_fields_that_go_change_or_take_other_values_until_reset(sandbox: Sandbox, apauto: ApAuto) -> None:
    whole = apauto.pull("invoices")
    sandbox.chaos("apauto", drop_field="lines.amount", retype_field="gross_amount", new_value="status=PARKED")
    changed = apauto.pull("invoices")
    assert len(changed) == len(whole)
    for before, after in zip(whole, changed, strict=True):
        assert after["status"] == "PARKED" and after["gross_amount"] == {"value": before["gross_amount"]}
        assert all("amount" not in line and "unit_price" in line for line in after["lines"])
    sandbox.chaos("apauto", reset=True)
    assert apauto.pull("invoices") == whole


def test_every_answer_names_the_version_of_its_interface(
    sandbox: Sandbox, procurement: Procurement, apauto: ApAuto
) -> None:
    erp = Erp(sandbox)
    for server, answered, header, version in (
        ("procurement", lambda: procurement.page("items"), "X-API-Version", "R35"),
        ("apauto", lambda: apauto.http.get("/v1/vendors"), "X-API-Version", "1"),
        ("erp_cloud", lambda: erp.http.get(SUPPLIER), "DataServiceVersion", "2.0"),
    ):
        assert answered().headers[header] == version
        sandbox.chaos(server, api_version="another")
        assert answered().headers[header] == "another"


def test_a_column_of_a_file_changes_for_all_rows(sandbox: Sandbox, drop: paramiko.SFTPClient) -> None:
    (name,) = sandbox.chaos("inventory", retype_column="StockQuantity", new_column_value="Uom=PALLET")[
        "files"
    ][:1]
    with drop.open(f"/outbound/{name}") as source:
        header, *lines, trailer = (line.split(",") for line in source.read().decode().splitlines())
    assert trailer[0] == "TRL" and lines
    assert all(line[header.index("StockQuantity")].startswith("about ") for line in lines)
    assert {line[header.index("Uom")] for line in lines} == {"PALLET"}


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


def test_interchanges_are_repeated_turned_round_and_counted_wrong(sandbox: Sandbox) -> None:
    folder = sandbox.world / "distributor" / "outbound"
    before = {path.name: path.read_text() for path in folder.iterdir()}
    [again] = sandbox.chaos("distributor", repeat_files=1)["files"]
    assert {path.name for path in folder.iterdir()} - set(before) == {again}
    [name] = sandbox.chaos("distributor", wrong_count=1, match="810_*.x12")["files"]
    [cut] = sandbox.chaos("distributor", truncate_files=1, match="832_*.x12")["files"]
    assert (folder / name).read_text() != before[name] and "IEA" not in (folder / cut).read_text()
    [turned] = sandbox.chaos("distributor", reorder_files=1, match="850_*.x12")["files"]
    assert sorted((folder / turned).read_text()) == sorted(before[turned])
    sandbox.chaos("distributor", reset=True)
    assert {path.name: path.read_text() for path in folder.iterdir()} == before

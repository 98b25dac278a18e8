"""Inventory takes a corrected conversion by file, and what follows: units, receipts, goods receipts."""

from __future__ import annotations

import csv
import io
import time
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import paramiko
import psycopg
import pytest
from erp_client import JOURNAL_ITEM, Erp

from sandbox.generate import generate
from sandbox.serve import Sandbox
from sandbox.servers.erp_legacy import DATABASE
from sandbox.servers.postgres import PostgresServer
from sandbox.servers.unit_corrections import Correction, corrected_units, factor_on

Row = dict[str, str]
HEADER = "ItemNumber,Uom,Factor,ValidFrom,ValidTo,Reference"
GOODS = "API_MATERIAL_DOCUMENT_SRV/A_MaterialDocumentItem"


@contextmanager
def connected(sandbox: Sandbox) -> Iterator[paramiko.SFTPClient]:
    place = sandbox.endpoints["inventory"]
    with paramiko.Transport((place["host"], place["port"])) as transport:
        transport.connect(username=place["user"], password=place["password"])
        client = paramiko.SFTPClient.from_transport(transport)
        assert client
        yield client


def upload(client: paramiko.SFTPClient, name: str, *rows: str, trailer: str = "") -> None:
    text = "\n".join([HEADER, *rows, trailer or f"TRL,{len(rows)},0", ""])
    with client.open(f"/inbound/{name}.part", "wb") as file:
        file.write(text.encode())
    client.posix_rename(f"/inbound/{name}.part", f"/inbound/{name}")
    client.open(f"/inbound/{name}.done", "wb").close()


def acknowledged(sandbox: Sandbox, name: str) -> list[Row]:
    deadline = time.monotonic() + 20
    with connected(sandbox) as client:
        while f"{name}.done" not in client.listdir("/outbound/acks"):
            assert time.monotonic() < deadline, "no acknowledgement"
            time.sleep(0.1)
        assert name in client.listdir("/inbound/processed")
        assert name not in client.listdir("/inbound")
        return rows_of(client, f"/outbound/acks/{name}")


def rows_of(client: paramiko.SFTPClient, path: str) -> list[Row]:
    with client.open(path) as file:
        lines = file.read().decode().splitlines()
    assert lines[-1].startswith(f"TRL,{len(lines) - 2},")
    return list(csv.DictReader(io.StringIO("\n".join(lines[:-1]))))


def receipts(client: paramiko.SFTPClient) -> dict[str, list[Row]]:
    """Every statement of each receipt line, oldest first."""
    found: dict[str, list[Row]] = {}
    for name in sorted(client.listdir("/outbound")):
        if name.startswith("receipts_") and name.endswith(".csv"):
            for row in rows_of(client, f"/outbound/{name}"):
                found.setdefault(f"{row['ReceiptNumber']}|{row['LineNumber']}", []).append(row)
    return found


def newest_units(client: paramiko.SFTPClient) -> list[Row]:
    names = [name for name in client.listdir("/outbound") if name.startswith("item_units_")]
    return rows_of(client, f"/outbound/{max(name for name in names if name.endswith('.csv'))}")


def book(sandbox: Sandbox) -> dict[str, Any]:
    answer = httpx.get(f"{sandbox.endpoints['control']['url']}/_control/book")
    return dict(answer.raise_for_status().json())


@pytest.fixture
def flagship(tmp_path: Path) -> Iterator[Sandbox]:
    """A world of its own with the unit drift in full: what is done here cannot be undone."""
    generate(5, 300, "UNIT_DRIFT", None, tmp_path)
    with Sandbox(tmp_path, 0) as sandbox:
        yield sandbox


def refused(sandbox: Sandbox, known: dict[str, list[Row]]) -> list[Row]:
    """The receipts in boxes that the ERP of the first legal entity does not have."""
    erp = Erp(sandbox)
    has = {f"{row['ReferenceDocument']}|{row['ReferenceDocumentItem']}" for row in erp.find(GOODS)}
    orders = {row["PurchaseOrder"] for row in erp.find("API_PURCHASEORDER_PROCESS_SRV/A_PurchaseOrder")}
    return [
        rows[-1]
        for key, rows in known.items()
        if key not in has and rows[-1]["PoNumber"] in orders and rows[-1]["Uom"] == "BX"
    ]


def test_a_corrected_conversion_restates_receipts_and_the_erp_takes_them(flagship: Sandbox) -> None:
    with connected(flagship) as client:
        before, units = receipts(client), newest_units(client)
    [receipt] = refused(flagship, before)
    item, counted = receipt["ItemNumber"], Decimal(receipt["Quantity"])
    assert Decimal(receipt["StockQuantity"]) == counted * 10
    [old] = [row for row in units if (row["ItemNumber"], row["Uom"]) == (item, "BX")]
    lines = len(Erp(flagship).find(JOURNAL_ITEM))
    with connected(flagship) as client:
        upload(client, "item_units_r1.csv", f"{item},BX,12.00000000,2026-02-01,,r1")
    [ack] = acknowledged(flagship, "item_units_r1.csv")
    assert (ack["Reference"], ack["Status"]) == ("r1", "APPLIED")
    with connected(flagship) as client:
        after, new = receipts(client), newest_units(client)
    mine = [row for row in new if (row["ItemNumber"], row["Uom"]) == (item, "BX")]
    assert [(row["Factor"], row["ValidFrom"], row["ValidTo"]) for row in mine] == [
        (old["Factor"], old["ValidFrom"], "2026-02-01"),
        ("12.00000000", "2026-02-01", ""),
    ]
    assert len(new) == len(units) + 1
    key = f"{receipt['ReceiptNumber']}|{receipt['LineNumber']}"
    [*_, first, last] = after[key]
    changed = {name for name in last if last[name] != first[name]}
    assert changed == {"StockQuantity", "RecordedAt"} and last["RecordedAt"] > first["RecordedAt"]
    assert Decimal(last["StockQuantity"]) == counted * 12
    restated = [name for name, rows in after.items() if len(rows) > len(before[name])]
    assert all(after[name][-1]["ItemNumber"] == item for name in restated)
    assert all(after[name][-1]["ReceiptDate"] >= "2026-02-01" for name in restated)
    erp = Erp(flagship)
    [taken] = [row for row in erp.find(GOODS) if row["ReferenceDocument"] == receipt["ReceiptNumber"]]
    assert Decimal(taken["QuantityInBaseUnit"]) == counted * 12
    debit, credit = erp.find(JOURNAL_ITEM)[lines:]
    assert (debit["DebitCreditCode"], credit["DebitCreditCode"]) == ("S", "H")
    assert (credit["GLAccount"], credit["AccountingDocumentType"]) == ("210000", "WE")
    assert credit["AssignmentReference"] == f"{receipt['PoNumber']}|{receipt['PoLine']}"
    reference = (taken["MaterialDocumentYear"], taken["MaterialDocument"], taken["MaterialDocumentItem"])
    assert debit["ReferenceDocument"] == credit["ReferenceDocument"] == "|".join(reference)
    [order] = [
        row
        for row in erp.find("API_PURCHASEORDER_PROCESS_SRV/A_PurchaseOrderItem")
        if (row["PurchaseOrder"], row["PurchaseOrderItem"]) == (receipt["PoNumber"], receipt["PoLine"])
    ]
    assert Decimal(credit["AmountInTransactionCurrency"]) == counted * Decimal(order["NetPriceAmount"])
    assert [row["reference"] for row in book(flagship)["inventory"]["item_units"]] == ["r1"]


LEGACY = """
    select ext_receipt_id || '|' || ext_receipt_ln as key, receiver_id, qty_base, receipt_dt, entered_dttm,
        received.last_dttm_update, business_unit || '|' || receiver_id || '|' || recv_ln_nbr as reference,
        inv_item_id, qty_sh_recvd, price_po, lines.account, po_id || '|' || line_nbr as po_ref
    from sysadm.ps_recv_ln_ship as received
    inner join sysadm.ps_po_line as lines using (business_unit, po_id, line_nbr, inv_item_id)
    where recv_type = 'R' and receive_uom = 'BX' and unit_of_measure = 'BX'
    order by key
"""
JOURNAL = """
    select account, monetary_amount, po_ref, ref_type, jrnl_ln_source from sysadm.ps_jrnl_ln
    where ref_id = %s and journal_id > 'RCV9' order by journal_id, journal_line
"""


def legacy(sandbox: Sandbox) -> dict[str, dict[str, Any]]:
    """The legacy ERP's receipts of boxes ordered by the box, by inventory's number."""
    url = sandbox.endpoints["erp_legacy"]["url"]
    with psycopg.connect(url, row_factory=psycopg.rows.dict_row) as reader:
        return {row["key"]: row for row in reader.execute(LEGACY).fetchall()}


def booked(sandbox: Sandbox, reference: str) -> list[tuple[Any, ...]]:
    """What the receipt accrual of the legacy ERP booked since the world began."""
    with psycopg.connect(sandbox.endpoints["erp_legacy"]["url"]) as reader:
        return reader.execute(JOURNAL, (reference,)).fetchall()


def forget(sandbox: Sandbox, receipt: dict[str, Any]) -> None:
    """As if the legacy ERP had refused the receipt."""
    owner = PostgresServer(sandbox.world / "state" / "erp_legacy" / "data")
    owner.port = int(sandbox.endpoints["erp_legacy"]["url"].rsplit(":", 1)[1].split("/")[0])
    with psycopg.connect(owner.url(DATABASE)) as admin:
        admin.execute("delete from sysadm.ps_recv_ln_ship where receiver_id = %s", (receipt["receiver_id"],))
        admin.execute("delete from sysadm.ps_jrnl_ln where ref_id = %s", (receipt["reference"],))


def test_the_legacy_erp_takes_the_restated_receipts_of_its_own_orders(flagship: Sandbox) -> None:
    with connected(flagship) as client:
        known, units = receipts(client), newest_units(client)
    before = legacy(flagship)
    counted_right: dict[str, dict[str, Any]] = {}
    for row in before.values():
        factor = factor_on(units, row["inv_item_id"], "BX", row["receipt_dt"].isoformat())
        if factor and row["qty_base"] == row["qty_sh_recvd"] * factor:
            counted_right[row["inv_item_id"]] = {**row, "factor": factor}
    kept, refused_one, *_ = counted_right.values()
    forget(flagship, refused_one)
    files = [
        (f"item_units_l{n}.csv", f"{row['inv_item_id']},BX,{row['factor'] + 1},{row['receipt_dt']},,l{n}")
        for n, row in enumerate((kept, refused_one))
    ]
    cloud = len(Erp(flagship).find(GOODS))
    with connected(flagship) as client:
        upload(client, files[0][0], files[0][1])
    acknowledged(flagship, files[0][0])
    # The second comes while the database is down, and is taken when it is back.
    flagship.chaos("erp_legacy", down=True)
    with connected(flagship) as client:
        upload(client, files[1][0], files[1][1])
    acknowledged(flagship, files[1][0])
    flagship.chaos("erp_legacy", down=False)
    after = legacy(flagship)
    for receipt in (kept, refused_one):
        taken, factor = after[receipt["key"]], receipt["factor"]
        counted, unit_price = receipt["qty_sh_recvd"], receipt["price_po"]
        assert taken["qty_base"] == counted * (factor + 1)
        assert taken["last_dttm_update"] > receipt["entered_dttm"]
        debit, credit = booked(flagship, taken["reference"])
        assert (debit[0], credit[0], credit[2]) == (receipt["account"], "210000", receipt["po_ref"])
        assert (credit[3], credit[4]) == ("RECV", "RCV") and debit[1] == -credit[1] > 0
        whole = (counted * (factor + 1) / factor * unit_price).quantize(Decimal("0.01"))
        was = Decimal(0) if receipt is refused_one else (counted * unit_price).quantize(Decimal("0.01"))
        assert debit[1] == whole - was
    assert after[kept["key"]]["receiver_id"] == kept["receiver_id"]
    assert after[refused_one["key"]]["receiver_id"] > max(row["receiver_id"] for row in before.values())
    touched = {
        key for key, row in after.items() if key not in before or row["qty_base"] != before[key]["qty_base"]
    }
    assert {kept["key"], refused_one["key"]} <= touched
    assert all(
        known[key][-1]["ItemNumber"] in (kept["inv_item_id"], refused_one["inv_item_id"]) for key in touched
    )
    # The same statement is taken once, also by a server that starts again.
    lines = booked(flagship, after[kept["key"]]["reference"])
    flagship.chaos("erp_legacy", down=True)
    flagship.chaos("erp_legacy", down=False)
    assert booked(flagship, after[kept["key"]]["reference"]) == lines and legacy(flagship) == after
    posted_elsewhere = {row["PurchaseOrder"] for row in Erp(flagship).find(GOODS)[cloud:]}
    assert not posted_elsewhere & {row["po_ref"].split("|")[0] for row in before.values()}


def test_a_goods_receipt_with_the_old_quantity_is_posted_again(flagship: Sandbox) -> None:
    erp = Erp(flagship)
    with connected(flagship) as client:
        known = receipts(client)
        units = newest_units(client)
    taken = [row for row in erp.find(GOODS) if (row["EntryUnit"], row["GoodsMovementType"]) == ("BX", "101")]
    goods = taken[-1]
    [receipt] = known[f"{goods['ReferenceDocument']}|{goods['ReferenceDocumentItem']}"]
    item, counted = receipt["ItemNumber"], Decimal(receipt["Quantity"])
    factor = factor_on(units, item, "BX", receipt["ReceiptDate"])
    assert factor and Decimal(goods["QuantityInBaseUnit"]) == counted * factor
    with connected(flagship) as client:
        upload(client, "item_units_more.csv", f"{item},BX,{factor + 1},{receipt['ReceiptDate']},,r1")
    acknowledged(flagship, "item_units_more.csv")
    mine = [
        (row["GoodsMovementType"], Decimal(row["QuantityInBaseUnit"]))
        for row in erp.find(GOODS)
        if row["ReferenceDocument"] == receipt["ReceiptNumber"]
        and row["ReferenceDocumentItem"] == receipt["LineNumber"]
    ]
    assert mine == [
        ("101", counted * factor),
        ("102", counted * factor),
        ("101", counted * (factor + 1)),
    ]
    entries = [row for row in erp.find(JOURNAL_ITEM) if row["AccountingDocument"].startswith("59")]
    clearing = [row for row in entries if row["GLAccount"] == "210000"]
    assert [row["DebitCreditCode"] for row in clearing][:2] == ["S", "H"]
    before, after = (Decimal(row["AmountInTransactionCurrency"]) for row in clearing[:2])
    assert after > before > 0


def test_the_same_reference_under_another_name_is_applied_again(flagship: Sandbox) -> None:
    with connected(flagship) as client:
        [receipt] = refused(flagship, receipts(client))
        row = f"{receipt['ItemNumber']},BX,12,2026-02-01,,r1"
        upload(client, "item_units_a.csv", row)
        acknowledged(flagship, "item_units_a.csv")
        once = receipts(client), newest_units(client)
        upload(client, "item_units_b.csv", row)
        acknowledged(flagship, "item_units_b.csv")
        assert receipts(client) == once[0]
        assert [{**unit, "UpdatedAt": ""} for unit in newest_units(client)] == [
            {**unit, "UpdatedAt": ""} for unit in once[1]
        ]
    entries = book(flagship)
    assert [row["file"] for row in entries["inventory"]["item_units"]] == [
        "item_units_a.csv",
        "item_units_b.csv",
    ]
    assert len(entries["erp_cloud"]["goods_receipts"]) == 1


def test_bad_rows_and_bad_files_are_rejected(sandbox: Sandbox, drop: paramiko.SFTPClient) -> None:
    unit = newest_units(drop)[0]
    good = f"{unit['ItemNumber']},{unit['Uom']}"
    upload(
        drop,
        "item_units_bad.csv",
        "0,BX,12,2026-02-01,,r1",
        f"{unit['ItemNumber']},ZQ,12,2026-02-01,,r2",
        f"{good},zero,2026-02-01,,r3",
        f"{good},12,2026-02-01,2026-02-01,r4",
        f"{good},12,2026-02-01,,",
    )
    acks = acknowledged(sandbox, "item_units_bad.csv")
    assert [(row["Status"], row["Message"].split(":")[0]) for row in acks] == [
        ("REJECTED", "UNKNOWN_ITEM"),
        ("REJECTED", "UNKNOWN_UNIT"),
        ("REJECTED", "INVALID_VALUE"),
        ("REJECTED", "INVALID_VALUE"),
        ("REJECTED", "REFERENCE_MISSING"),
    ]
    upload(drop, "item_units_cut.csv", f"{good},12,2026-02-01,,r5", trailer="TRL,2,0")
    [ack] = acknowledged(sandbox, "item_units_cut.csv")
    assert (ack["Reference"], ack["Status"]) == ("r5", "REJECTED") and "trailer" in ack["Message"]
    assert book(sandbox)["inventory"]["item_units"] == []
    assert newest_units(drop)[0] == unit


@pytest.mark.parametrize(
    ("switch", "is_complete"), [("timeout_before_commit", False), ("timeout_after_commit", True)]
)
def test_an_upload_loses_its_connection(sandbox: Sandbox, switch: str, is_complete: bool) -> None:
    name = f"item_units_{switch}.csv"
    sandbox.chaos("inventory", hold_inbound=True, **{switch: 1})
    with connected(sandbox) as client, pytest.raises((OSError, EOFError, paramiko.SSHException)):
        upload(client, name, "0,BX,12,2026-02-01,,r1")
    with connected(sandbox) as client:
        time.sleep(0.8)
        assert (f"{name}.done" in client.listdir("/inbound")) is is_complete
        assert f"{name}.done" not in client.listdir("/outbound/acks")
    sandbox.chaos("inventory", hold_inbound=False)
    if is_complete:
        assert acknowledged(sandbox, name)[0]["Status"] == "REJECTED"


def test_a_correction_is_cut_into_the_intervals_it_overlaps() -> None:
    units = [
        {"ItemNumber": "1", "Uom": "BX", "Factor": "10", "ValidFrom": "2020-01-01", "ValidTo": "2026-03-01"},
        {"ItemNumber": "1", "Uom": "BX", "Factor": "20", "ValidFrom": "2026-03-01", "ValidTo": ""},
        {"ItemNumber": "1", "Uom": "CS", "Factor": "99", "ValidFrom": "2020-01-01", "ValidTo": ""},
    ]
    correction = Correction("1", "BX", Decimal(12), "2026-02-01", "2026-04-01", "r")
    rows = corrected_units([{**unit, "UpdatedAt": ""} for unit in units], correction, "now")
    assert [(row["Uom"], row["Factor"], row["ValidFrom"], row["ValidTo"]) for row in rows] == [
        ("BX", "10", "2020-01-01", "2026-02-01"),
        ("BX", "12.00000000", "2026-02-01", "2026-04-01"),
        ("BX", "20", "2026-04-01", ""),
        ("CS", "99", "2020-01-01", ""),
    ]
    days = ("2019-12-31", "2026-01-31", "2026-02-01", "2026-04-01")
    assert [factor_on(rows, "1", "BX", day) for day in days] == [None, 10, 12, 20]

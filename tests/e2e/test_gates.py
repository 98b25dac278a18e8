"""What the gates at both edges hold back: rows on the way out, a batch on the way in."""

from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from house import Laboratory, outbox, posted

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]
FACTOR = 100_000


def test_failing_rows_stay_behind_then_a_batch_is_held_and_a_switch_stops_all(laboratory: Laboratory) -> None:
    world = laboratory.world("gates", 13, 400, "none")
    invoice = _make_one_line_cost_a_fortune(world)
    sandbox = laboratory.start(world)
    house = laboratory.house
    try:
        first = house.run()
        assert first.code == 3, first.text
        wanted = outbox(house)
        assert house.summary["attention"] == [
            "1 invoice_match_status rows withheld from apauto by the posting suite"
        ]
        assert Decimal(wanted[invoice][2]) > 10_000_000
        assert {item["invoice_id"] for item in posted(sandbox)} == set(wanted) - {invoice}
        listed = house.ask("outbox", "list")
        assert "WITHHELD" in listed.out and "a person releases such an invoice" in listed.out

        items = house.query("select count(*) from conformed.dim_item")
        book = posted(sandbox)
        _drop_a_snapshot_of_one_item(world / "inventory" / "outbound")
        (house.home / "PUBLISHING_OFF").touch()
        second = house.run()
        assert second.code == 3, second.text
        [held] = [line for line in house.summary["attention"] if "held by" in line]
        assert "the snapshot of item has 1 keys in 1 good rows" in held
        assert house.query("select count(*) from conformed.dim_item") == items
        assert house.warehouse("select distinct status from raw_concord.load_batch order by 1") == [
            ("HELD",),
            ("LOADED",),
        ]
        assert house.delivery["mode"] == "off" and "PUBLISHING_OFF" in house.delivery["note"]
        assert posted(sandbox) == book
    finally:
        sandbox.stop()


def _make_one_line_cost_a_fortune(world: Path) -> str:
    """Raises the price of one order line and of its invoice alike, so that it still matches."""
    lines, bills = _table(world, "procurement/purchase_order_line"), _table(world, "apauto/invoice_line")
    per_invoice = bills.group_by("parent").aggregate([("line_id", "count")])
    alone = set(per_invoice.filter(pc.equal(per_invoice["line_id_count"], 1))["parent"].to_pylist())
    per_order_line = {}
    for bill in bills.to_pylist():
        per_order_line.setdefault((bill["po_number"], bill["po_line_number"]), []).append(bill)
    numbers = {
        order["id"]: order["po-number"] for order in _table(world, "procurement/purchase_order").to_pylist()
    }
    for line in lines.to_pylist():
        found = per_order_line.get((numbers[line["parent"]], line["line-num"]), [])
        if (
            len(found) == 1
            and found[0]["parent"] in alone
            and found[0]["charge_class"] == "GOODS"
            and found[0]["quantity"] == line["quantity"]
            and found[0]["unit_price"] == line["price"]
            and found[0]["amount"] > 100
            and line["custom-fields.delivery-complete"]
        ):
            bill = found[0]
            break
    else:
        raise AssertionError("no order line is billed by an invoice of its own")
    prices = {name: line[name] * FACTOR for name in ("price", "total")}
    _write(world, "procurement/purchase_order_line", "id", line["id"], prices)
    prices = {name: bill[name] * FACTOR for name in ("unit_price", "amount")}
    _write(world, "apauto/invoice_line", "line_id", bill["line_id"], prices)
    [header] = [
        row for row in _table(world, "apauto/invoice").to_pylist() if row["invoice_id"] == bill["parent"]
    ]
    # Tax and freight stay, so that header and lines still agree.
    gross = header["gross_amount"] + bill["amount"] * (FACTOR - 1)
    _write(world, "apauto/invoice", "invoice_id", bill["parent"], {"gross_amount": gross})
    return str(bill["parent"])


def _table(world: Path, name: str) -> pa.Table:
    return pq.read_table(world / name)


def _write(world: Path, name: str, key: str, value: object, content: dict[str, Decimal]) -> None:
    [file] = (world / name).glob("*.parquet")
    table = pq.read_table(file)
    rows = [row | content if row[key] == value else row for row in table.to_pylist()]
    pq.write_table(pa.Table.from_pylist(rows, schema=table.schema), file)


def _drop_a_snapshot_of_one_item(folder: Path) -> None:
    header, row = (folder / "items_20260630.csv").read_text(encoding="utf-8").splitlines()[:2]
    (folder / "items_20260701.csv").write_text(f"{header}\n{row}\nTRL,1,0\n", encoding="utf-8")
    (folder / "items_20260701.csv.done").touch()

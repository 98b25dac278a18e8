"""A small home without servers, and a second version of the interface of its AP automation.

Six invoices of one order that match. Version 2 states the price of `price_per` units under another name.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ingestion import pipelines
from ingestion.configuration.landscape import load_landscape
from ingestion.formats.content import InMemory
from ingestion.landing_copy.landing import Payload, write_batch
from ingestion.runs import start_run
from ingestion.settings import load_settings

LANDSCAPE = """\
name: small
environment: test
currency: USD
timezone: America/Chicago
as_of: 2026-01-20
instances:
  erp:
    system: feed
    connection: {folder: files}
  ap:
    system: apauto
    connection: {url: 'http://127.0.0.1:9', api_key: '${AP_KEY}', api_secret: '${AP_KEY}'}
publishing:
  ap: {mode: live, entities: [invoice_match_status]}
"""
RECORD = """\
domain,attribute_group,source_instance,write_policy
supplier,master,erp,MASTER
supplier,master,ap,REPLICA
purchase_order,document,erp,MASTER
receipt,document,erp,MASTER
invoice,document,ap,MASTER
"""
COUNT = 6
LINES = range(1, COUNT + 1)
FILES = {
    "supplier": "supplier_id,supplier_number,legal_name\nS1,S1,Example Medical Supply LLC\n",
    "purchase_order": "po_id,po_number,supplier_id,currency_code,status,approved_at\n"
    "1,PO-1,S1,USD,APPROVED,2026-01-05T15:00:00Z\n",
    "purchase_order_line": "po_line_id,po_id,line_number,quantity,order_uom_code,unit_price\n"
    + "".join(f"1-{n},1,{n},100,EA,10.00\n" for n in LINES),
    "receipt_line": "receipt_line_id,receipt_type,po_line_id,quantity,uom_code,receipt_date\n"
    + "".join(f"R{n},RECEIPT,1-{n},100,EA,2026-01-12\n" for n in LINES),
}
SPEC = """\
from dataclasses import replace

from ingestion.spec import PRICE, column
from ingestion.systems.apauto.spec import INVOICE_LINE, SPEC

columns = (
    *(replace(one, path="price") if one.name == "unit_price" else one for one in INVOICE_LINE.columns),
    column("price_per", PRICE),
)
line = replace(INVOICE_LINE, columns=columns)
tables = tuple(line if one.name == "invoice_line" else one for one in SPEC.tables)
SPEC = replace(SPEC, api_version="2", tables=tables)
"""
STAGING = Path("models") / "staging" / "apauto" / "stg_apauto__invoice_line.sql"
VENDOR = {
    **{"vendor_id": "V1", "vendor_number": "S1", "name": "Example Medical Supply LLC", "currency": "USD"},
    **{"active": True, "erp_vendor_number": "S1", "updated_at": "2025-01-01T00:00:00Z"},
}


def invoice(number: int) -> dict[str, Any]:
    line = {
        **{"line_id": f"I{number}-1", "line_number": 1, "charge_class": "GOODS", "po_number": "PO-1"},
        **{"po_line_number": str(number), "quantity": "100", "uom": "EA", "unit_price": "10.00"},
        **{"amount": "1000.00"},
    }
    return {
        **{"invoice_id": f"I{number}", "invoice_number": f"INV-{number}", "document_type": "INVOICE"},
        **{"vendor_id": "V1", "invoice_date": "2026-01-14", "received_at": "2026-01-14T10:00:00Z"},
        **{"posting_date": "2026-01-15", "currency": "USD", "gross_amount": "1000.00"},
        **{"tax_amount": "0.00", "freight_amount": "0.00", "status": "POSTED", "po_number": "PO-1"},
        **{"version": 1, "updated_at": "2026-01-15T10:00:00Z", "lines": [line]},
    }


def in_version_2(number: int, **changed: Any) -> dict[str, Any]:
    record = invoice(number)
    line = record["lines"][0]
    del line["unit_price"]
    line |= {"price": "1000.00", "price_per": "100", **changed}
    return record


def page(records: Iterable[dict[str, Any]]) -> str:
    return json.dumps({"data": list(records), "next_cursor": None}, indent=2)


def record(folder: Path, invoices: Iterable[dict[str, Any]]) -> Path:
    """Answers as somebody records them, a file each."""
    folder.mkdir()
    (folder / "vendor_1.json").write_text(page([VENDOR]))
    (folder / "invoice_1.json").write_text(page(invoices))
    return folder


def new_contract(folder: Path, shipped: Path | None = None) -> Path:
    """Version 2; with the `shipped` project also the staging that divides by `price_per`."""
    folder.mkdir()
    (folder / "spec.py").write_text(SPEC)
    if shipped:
        (folder / STAGING).parent.mkdir(parents=True)
        text = (shipped / STAGING).read_text()
        assert "        unit_price,\n" in text
        divided = "        cast(unit_price / price_per as decimal(18, 6)) as unit_price,\n"
        (folder / STAGING).write_text(text.replace("        unit_price,\n", divided))
    return folder


@dataclass(frozen=True)
class World:
    """A home that landed everything once, and its landscape."""

    home: Path
    landscape: Path


def make_world(folder: Path) -> World:
    world = World(folder / "home", folder / "landscape")
    (world.landscape / "seeds").mkdir(parents=True)
    (world.landscape / "files").mkdir()
    (world.landscape / "landscape.yaml").write_text(LANDSCAPE)
    (world.landscape / "seeds" / "system_of_record.csv").write_text(RECORD)
    for name, text in FILES.items():
        (world.landscape / "files" / f"{name}.csv").write_text(text)
    landscape = load_landscape(world.landscape, {"AP_KEY": "1"})
    now = datetime(2026, 1, 20, 12, tzinfo=UTC)
    run = start_run(load_settings({}, home=world.home), landscape, now=now)
    payloads = {"vendor": [VENDOR], "invoice": [invoice(number) for number in LINES]}
    own = write_batch(
        run.settings.landing_dir,
        batch_id="first",
        instance="ap",
        system="apauto",
        run_id=run.run_id,
        known_at=run.started_at,
        payloads=[
            Payload(f"{name}.jsonl", name, InMemory(json.dumps({"data": records}).encode()))
            for name, records in payloads.items()
        ],
        cursors={},
    )
    run.state.save_batch(own)
    run.state.set_instance_status("ap", at=run.started_at, is_available=True, message="")
    feed = pipelines.land(run, "erp").batch
    assert feed is not None
    for batch in (feed, own):
        pipelines.accept_batch(run, batch)
    run.state.close()
    return world

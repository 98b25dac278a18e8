"""Writes one world: truth, then each system's belief, then the labels of what was planted.

`generate` is the only entry; equal arguments give equal bytes. Orders are made in chunks, so that memory does
not grow with the number of lines. Nothing written here tells the time of the machine.
"""

from __future__ import annotations

import json
import shutil
from collections import Counter
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from sandbox import clock, columns, names
from sandbox.banks import Payments, payments_of, together
from sandbox.beliefs import (
    apauto,
    distributor,
    erp_cloud,
    erp_cloud_documents,
    erp_legacy,
    exclusions,
    inventory,
    procurement,
    sourcing,
    workforce,
)
from sandbox.beliefs.books import Books
from sandbox.beliefs.identity import Chunk, Offsets
from sandbox.columns import WorldWriter
from sandbox.documents import CREDIT, Documents
from sandbox.faults import FAULTS, Fault, select_faults
from sandbox.fulfilment import derive
from sandbox.labels import label_table, master_label_table
from sandbox.master_making import build_masters, extent_for
from sandbox.masters import Masters
from sandbox.orders import place_orders
from sandbox.whois import write_supplier_records

CHUNK_LINES = 250_000
# Identifiers of added records have room for so many.
MOST_AT_LEAST = 200
WORLD_FILE = "world.json"
LABELS_FILE = "labels.parquet"
_FOLDERS = (
    *("truth", "procurement", "apauto", "inventory", "erp_cloud", "erp_legacy", "sourcing"),
    *("workforce", "distributor", "exclusions"),
    "state",
)


@dataclass(frozen=True)
class World:
    """What `world.json` says about a generated world."""

    organization: str
    seed: int
    lines: int
    faults: dict[str, float]
    at_least: int
    as_of: str
    starts_on: str
    timezone: str
    currency: str
    counts: dict[str, int]
    labels: dict[str, int]


def generate(
    seed: int = 1,
    lines: int = 20_000,
    faults: str = "all",
    rates: dict[str, float] | None = None,
    out_dir: Path | str = "world",
    *,
    at_least: int = 1,
    chunk_lines: int = CHUNK_LINES,
) -> World:
    """Write the world into `out_dir` (new, or an earlier world, which is replaced) and say what it holds.

    Whatever its rate, a fault is planted `at_least` times; above 1 there are more suppliers and items for it.
    """
    if lines < 1:
        raise ValueError("a world needs at least one order line")
    if not 1 <= at_least <= MOST_AT_LEAST:
        raise ValueError(f"a fault can be planted at least 1 to {MOST_AT_LEAST} times")
    selected = select_faults(faults, rates)
    folder = Path(out_dir)
    _clear(folder)
    writer = WorldWriter(folder)
    masters = build_masters(seed, extent_for(at_least))
    offsets, counts = Offsets(), Counter[str]()
    labels: list[pa.Table] = []
    paid: list[Payments] = []
    first: list[Fault] = []
    for number, start in enumerate(range(0, lines, chunk_lines)):
        rng = np.random.Generator(np.random.PCG64([seed, 2, number]))
        planted = [FAULTS[code](rate, number, at_least) for code, rate in selected]
        first = first or planted
        size = min(chunk_lines, lines - start)
        chunk, chunk_labels = _make_chunk(number, size, offsets, masters, planted, rng, writer)
        labels.append(chunk_labels)
        counts += _write_chunk(chunk, writer)
        paid.append(payments_of(chunk))
        offsets = _advance(offsets, chunk)
    labels.append(_close(together(paid), masters, seed, first))
    _write_masters(masters, writer)
    table = pa.concat_tables(labels).replace_schema_metadata({"seed": str(seed), "lines": str(lines)})
    pq.write_table(table, folder / LABELS_FILE, compression="zstd")
    found = Counter(table["fault_code"].to_pylist())
    short = _short(at_least, [code for code, rate in selected if rate > 0], found)
    if short:
        _remove(folder)
        raise ValueError(f"too few lines to plant each fault {at_least} times ({short}); ask for more lines")
    world = World(
        organization=names.ORGANIZATION,
        seed=seed,
        lines=lines,
        faults=dict(selected),
        at_least=at_least,
        as_of=clock.AS_OF.isoformat(),
        starts_on=clock.STARTS_ON.isoformat(),
        timezone=clock.TIMEZONE,
        currency="USD",
        counts=dict(counts),
        labels={code: found[code] for code, _ in selected},
    )
    (folder / WORLD_FILE).write_text(json.dumps(asdict(world), indent=2) + "\n", encoding="utf-8")
    return world


def _short(at_least: int, codes: list[str], found: Counter[str]) -> str:
    """The faults planted less often than asked, with how often; that each comes once was never promised."""
    least = {code: min(at_least, FAULTS[code].most or at_least) for code in codes if at_least > 1}
    return ", ".join(f"{code} {found[code]}" for code in least if found[code] < least[code])


def _clear(folder: Path) -> None:
    if folder.is_dir() and any(folder.iterdir()) and not (folder / WORLD_FILE).exists():
        raise ValueError(f"{folder} is not empty and holds no {WORLD_FILE}: not a world, so it is left alone")
    _remove(folder)
    folder.mkdir(parents=True, exist_ok=True)


def _remove(folder: Path) -> None:
    for name in _FOLDERS:
        shutil.rmtree(folder / name, ignore_errors=True)
    (folder / LABELS_FILE).unlink(missing_ok=True)
    (folder / WORLD_FILE).unlink(missing_ok=True)


def _make_chunk(
    number: int, size: int, offsets: Offsets, masters: Masters, planted: list[Fault],
    rng: np.random.Generator, writer: WorldWriter,
) -> tuple[Chunk, pa.Table]:  # fmt: skip
    orders = place_orders(size, masters, rng)
    for fault in planted:
        fault.shape(orders, masters, rng)
    documents = derive(orders, masters, rng)
    _write_truth(Chunk(number, offsets, masters, documents), writer)
    for fault in planted:
        documents = fault.extend(documents, masters, rng)
    labels = [label for fault in planted for label in fault.plant(documents, masters, rng)]
    chunk = Chunk(number, offsets, masters, documents)
    return chunk, label_table(chunk, labels)


def _close(payments: Payments, masters: Masters, seed: int, faults: list[Fault]) -> pa.Table:
    """Plants what depends on all that was paid, and labels it; `faults` are those of the first chunk."""
    rng = np.random.Generator(np.random.PCG64([seed, 3]))
    return master_label_table([label for fault in faults for label in fault.close(payments, masters, rng)])


def _write_truth(chunk: Chunk, writer: WorldWriter) -> None:
    """What happened, in base units, before any system or fault touched it."""
    documents, factor = chunk.documents, chunk.masters.factor
    orders, receipts, bills = documents.orders, documents.receipts, documents.invoices
    base = factor[orders.item, orders.unit]
    line_id = pa.array(chunk.line_ids)
    writer.write(
        "truth/order_line",
        {
            "order_line_id": line_id,
            "po_number": chunk.po_numbers.take(pa.array(orders.po)),
            "line_number": pa.array(orders.number),
            "item_number": columns.pick([row.number for row in chunk.masters.items], orders.item),
            "base_quantity": columns.quantities(orders.quantity * base),
            "is_heavy": pa.array(orders.heavy),
        },
        chunk.number,
    )
    writer.write(
        "truth/receipt",
        {
            "order_line_id": line_id.take(pa.array(receipts.line)),
            "kind": columns.pick(("RECEIPT", "RETURN", "VOID"), receipts.kind),
            "base_quantity": columns.quantities(receipts.quantity * base[receipts.line]),
            "date": columns.dates(receipts.day),
        },
        chunk.number,
    )
    writer.write(
        "truth/invoice_line",
        {
            "order_line_id": line_id.take(pa.array(bills.line)),
            "line_id": chunk.invoice_line_ids,
            "kind": columns.pick(("INVOICE", "CREDIT_MEMO"), bills.doc_kind[bills.doc]),
            "is_void": pa.array(bills.doc_void[bills.doc]),
            "base_quantity": columns.quantities(bills.quantity * base[bills.line]),
            "amount": columns.money(documents.line_amount),
            "date": columns.dates(bills.doc_day[bills.doc]),
        },
        chunk.number,
    )


def _write_chunk(chunk: Chunk, writer: WorldWriter) -> Counter[str]:
    documents: Documents = chunk.documents
    procurement.write_orders(chunk, writer)
    apauto.write_invoices(chunk, writer)
    receipt_lines = inventory.write_receipts(chunk, writer.folder / inventory.FOLDER)
    books = Books(chunk)
    erp_rows = erp_cloud_documents.write_documents(books, writer)
    legacy_rows = erp_legacy.write_documents(books, writer)
    credits = int((documents.invoices.doc_kind == CREDIT).sum())
    return Counter(
        {
            "purchase_orders": len(documents.orders.po_day),
            "purchase_order_lines": len(documents.orders.po),
            "receipt_lines": receipt_lines,
            "invoices": len(documents.invoices.doc_po) - credits,
            "credit_memos": credits,
            "invoice_lines": len(documents.invoices.line),
            "payments": len(chunk.settlement.payment_day),
            "erp_cloud_rows": erp_rows,
            "erp_legacy_rows": legacy_rows,
            "distributor_documents": distributor.write_documents(chunk, writer.folder / distributor.FOLDER),
        }
    )


def _advance(offsets: Offsets, chunk: Chunk) -> Offsets:
    receipts = chunk.documents.receipts
    return Offsets(
        orders=offsets.orders + len(chunk.documents.orders.po_day),
        lines=offsets.lines + len(chunk.documents.orders.po),
        invoices=offsets.invoices + len(chunk.documents.invoices.doc_po),
        receipts=offsets.receipts + len(np.unique(receipts.document[receipts.alive])),
        payments=offsets.payments + len(chunk.settlement.payment_day),
    )


def _write_masters(masters: Masters, writer: WorldWriter) -> None:
    write_supplier_records(masters, writer)
    procurement.write_suppliers(masters, writer)
    procurement.write_items(masters, writer)
    procurement.write_contract_prices(masters, writer)
    apauto.write_vendors(masters, writer)
    inventory.write_items(masters, writer.folder / inventory.FOLDER)
    erp_cloud.write_masters(masters, writer)
    erp_legacy.write_vendors(masters, writer)
    sourcing.write_contracts(masters, writer.folder / sourcing.FOLDER)
    workforce.write_organization(masters, writer)
    distributor.write_catalogues(masters, writer.folder / distributor.FOLDER)
    exclusions.write_lists(masters, writer.folder / exclusions.FOLDER)

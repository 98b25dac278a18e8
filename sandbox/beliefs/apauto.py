"""What AP automation believes: vendors under its own numbers, invoices and credit memos with their lines."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from sandbox import clock, columns, names
from sandbox.beliefs.identity import Chunk
from sandbox.beliefs.procurement import TERM_CODES, master_times, printed_terms, supplier_parts
from sandbox.columns import WorldWriter
from sandbox.documents import CREDIT, prints_buyer_items
from sandbox.masters import UNITS, Masters

_STATUSES = ("RECEIVED", "IN_WORKFLOW", "APPROVED", "POSTED", "PAID", "VOID")


def vendor_ids(masters: Masters) -> list[str]:
    """AP automation's id of each vendor record."""
    usual = [f"V{30_011 + n * 13}" for n in range(len(masters.suppliers))]
    return [*usual, *(extra.native_id for extra in masters.extras_of("apauto"))]


def write_vendors(masters: Masters, writer: WorldWriter) -> int:
    """The vendor records, linked to the finance system by its supplier number."""
    rows, usual = masters.supplier_rows("apauto"), len(masters.suppliers)
    count = len(rows)
    touched = columns.timestamps(master_times(count))
    table = {
        "vendor_id": pa.array(vendor_ids(masters)),
        "vendor_number": pa.array([f"{70_000 + n * 3}" for n in range(count)]),
        "name": pa.array([row.name.upper() for row in rows]),
        "tax_id": pa.array([row.tax_id for row in rows]),
        "currency": columns.constant("USD", count),
        "terms": pa.array(masters.terms_of("apauto")),
        "active": columns.constant(True, count),
        "erp_vendor_number": pa.array([row.number if n < usual else None for n, row in enumerate(rows)]),
        "remit_to.line1": pa.array([row.remit_to for row in rows]),
        "remit_to.city": pa.array([row.city[0] for row in rows]),
        "remit_to.region": pa.array([row.city[1] for row in rows]),
        "remit_to.postal_code": pa.array([row.postal_code for row in rows]),
        "remit_to.country": columns.constant("US", count),
        "created_at": touched,
        "updated_at": touched,
    }
    return writer.write("apauto/vendor", table, 0)


def write_invoices(chunk: Chunk, writer: WorldWriter) -> int:
    """Invoice headers and, as their children, invoice lines; gross is lines plus freight and tax."""
    orders, bills, masters = chunk.documents.orders, chunk.documents.invoices, chunk.masters
    count = len(bills.doc_po)
    supplier = orders.po_supplier[bills.doc_po]
    vendor = masters.record_of("apauto", supplier, chunk.order_ids[bills.doc_po])
    entity = np.where(bills.doc_misfiled, 1 - orders.entity[bills.doc_po], orders.entity[bills.doc_po])
    settlement, posted = chunk.settlement, chunk.settlement.posted
    age = clock.LAST_DAY - bills.doc_received_at // clock.SECONDS_A_DAY
    # The news of a payment arrives the day after its run.
    told_at = (settlement.run_day + 1) * clock.SECONDS_A_DAY + 72_000
    paid = (settlement.run_day > 0) & (told_at <= clock.world_end()) & bills.doc_paid_in_ap
    status = np.where(paid, 4, np.where(posted, 3, np.where(bills.doc_held, 1, np.clip(age, 0, 2))))
    status = np.where(bills.doc_void, 5, status)
    voided_at = bills.doc_received_at + 1_200
    updated = np.where(posted, settlement.posted_at, bills.doc_received_at + 900)
    updated = np.where(bills.doc_void, voided_at, np.where(paid, told_at, updated))
    credit = bills.doc_kind == CREDIT
    vendors = masters.supplier_rows("apauto")
    original = chunk.invoice_ids.take(pa.array(np.where(credit, bills.doc_original, 0)))
    table = {
        "invoice_id": chunk.invoice_ids,
        "invoice_number": chunk.printed_numbers,
        "document_type": columns.pick(("INVOICE", "CREDIT_MEMO"), bills.doc_kind),
        "vendor_id": columns.pick(vendor_ids(masters), vendor),
        "vendor_name": columns.pick([row.name.upper() for row in vendors], vendor),
        "company_code": columns.pick([row.code for row in names.ENTITIES], entity),
        "invoice_date": columns.dates(bills.doc_day),
        "received_at": columns.timestamps(bills.doc_received_at),
        "posting_date": columns.where(posted, columns.dates(settlement.posting_day)),
        "currency": columns.constant("USD", count),
        "gross_amount": columns.money(chunk.documents.gross_amount),
        "tax_amount": columns.money(bills.doc_tax),
        "freight_amount": columns.money(bills.doc_freight),
        "status": columns.pick(_STATUSES, status),
        "payment_terms": columns.pick(
            TERM_CODES,
            printed_terms(masters.suppliers, supplier, orders.po_terms[bills.doc_po], bills.doc_terms),
        ),
        "po_number": columns.where(bills.doc_refers, chunk.po_numbers.take(pa.array(bills.doc_po))),
        "original_invoice_id": columns.where(credit, original),
        "credit_kind": columns.where(credit, columns.pick(("QUANTITY", "REVERSAL"), bills.doc_credit_kind)),
        "document_hash": columns.numbered("img", chunk.images),
        "voided_at": columns.where(bills.doc_void, columns.timestamps(voided_at)),
        "version": pa.array(1 + posted.astype(np.int64) + paid + bills.doc_void),
        "created_at": columns.timestamps(bills.doc_received_at),
        "updated_at": columns.timestamps(updated),
    }
    return writer.write("apauto/invoice", table, chunk.number) + _write_lines(chunk, writer)


def _write_lines(chunk: Chunk, writer: WorldWriter) -> int:
    orders, bills, masters = chunk.documents.orders, chunk.documents.invoices, chunk.masters
    line, po = bills.line, orders.po[bills.line]
    item = orders.item[line]
    # All suppliers print their own part.
    knows_item, refers = prints_buyer_items(orders.po_supplier[po]), bills.doc_refers[bills.doc]
    table = {
        "parent": chunk.invoice_ids.take(pa.array(bills.doc)),
        "line_id": chunk.invoice_line_ids,
        "line_number": pa.array(chunk.invoice_line_numbers),
        "charge_class": columns.pick(("SERVICE", "GOODS"), orders.three_way[line].astype(np.int64)),
        "po_number": columns.where(refers, chunk.po_numbers.take(pa.array(po))),
        "po_line_number": columns.where(refers, columns.numbered("", orders.number[line])),
        "item_number": columns.where(knows_item, columns.pick([row.number for row in masters.items], item)),
        "supplier_part_number": supplier_parts(chunk).take(pa.array(line)),
        "description": columns.pick([row.name.upper() for row in masters.items], item),
        "quantity": columns.quantities(bills.bill_quantity),
        "uom": columns.pick(UNITS, bills.bill_unit),
        "unit_price": columns.prices(bills.bill_price),
        "amount": columns.money(chunk.documents.line_amount),
        "gl_account": columns.pick(
            [*(row.account for row in masters.items), names.MISCODED_ACCOUNT],
            np.where(orders.coding[line] == names.MISCODED, len(masters.items), item),
        ),
        "cost_center": columns.pick([row.code for row in masters.cost_centers], orders.po_cost_center[po]),
        "facility": columns.pick([place.code for place in names.PLACES], orders.po_place[po]),
    }
    return writer.write("apauto/invoice_line", table, chunk.number)

"""The chain of an order line from order to payment and ledger, with what was found on it and what was sent.

Reads the serving copy; what Concord posted comes from the delivery ledger. Returns plain rows for the command
line and for a web page; says nothing about right or wrong that the models have not said.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from publishing.serving import read

LINE = """
    select lines.*, items.item_number, items.description as item_description, suppliers.supplier_name
    from conformed.fct_purchase_order_line as lines
    left join conformed.dim_item as items on lines.item_key = items.item_key
    left join conformed.dim_supplier as suppliers on lines.supplier_key = suppliers.supplier_key
    where lines.purchase_order_line_key = $1
"""
STATE = "select * from marts.mart_p2p_trace where source_instance = $1 and native_id = $2"
RECEIPTS = """
    select * from conformed.fct_receipt_line where purchase_order_line_key = $1
    order by business_date, receipt_number, line_number
"""
INVOICE_LINES = """
    select lines.*, invoices.invoice_number, invoices.invoice_date, invoices.invoice_type,
        invoices.status as invoice_status, invoices.native_id as invoice_native_id,
        matches.match_status, matches.codes
    from conformed.fct_invoice_line as lines
    inner join conformed.fct_invoice as invoices on lines.invoice_key = invoices.invoice_key
    left join marts.mart_invoice_match as matches
        on lines.source_instance = matches.source_instance and lines.native_id = matches.native_id
    where (lines.purchase_order_line_key = $1) or ($1 is null and lines.invoice_key = $2)
    order by invoices.invoice_date, invoices.invoice_number, lines.line_number
"""
BILLS = """
    select * from controls.rec_supplier_bill_vs_invoice
    where list_contains($1, invoice_key) order by invoice_date, invoice_number, received_at
"""
PAYMENTS = """
    select * from conformed.fct_payment_application
    where list_contains($1, invoice_key) order by payment_date, payment_number, native_id
"""
POSTINGS = """
    select * from conformed.fct_gl_posting
    where purchase_order_line_key = $1 or list_contains($2, receipt_line_key)
        or (
            list_contains($3, invoice_key) and subledger_type = 'INVOICE'
            and coalesce(purchase_order_line_key, $1) is not distinct from $1
        )
    order by posting_date, journal_id, line_number
"""
FINDINGS = """
    with documents as (select unnest($1) as document)
    select findings.* from controls.exc_exception as findings
    inner join documents
        on documents.document
            = findings.entity_type || '~' || findings.source_instance || '~' || findings.native_id
    order by findings.first_seen_at, findings.code, findings.native_id
"""
EDGES = """
    select * from conformed.fct_trace_edge
    where purchase_order_line_key = $1 or list_contains($2, parent_key)
        or (parent_type = 'supplier_bill' and list_contains($2, child_key))
    order by parent_type, child_type, parent_key, child_key
"""
Row = dict[str, Any]


@dataclass(frozen=True)
class Chain:
    """One order line, or one invoice without an order (`line` is None), and everything that hangs on it."""

    line: Row | None
    state: Row | None
    receipts: list[Row]
    invoice_lines: list[Row]
    bills: list[Row]
    payments: list[Row]
    postings: list[Row]
    findings: list[Row]
    edges: list[Row]
    deliveries: list[Row]


def trace_line(serving_dir: Path, line_key: str, deliveries: Iterable[Mapping[str, Any]]) -> Chain:
    """The chain of one order line; `deliveries` are the rows of the delivery ledger."""
    [line] = read(serving_dir, LINE, [line_key]).to_pylist()
    states = read(serving_dir, STATE, [line["source_instance"], line["native_id"]]).to_pylist()
    receipts = read(serving_dir, RECEIPTS, [line_key]).to_pylist()
    invoice_lines = read(serving_dir, INVOICE_LINES, [line_key, None]).to_pylist()
    return _chain(serving_dir, line, states[0] if states else None, receipts, invoice_lines, deliveries)


def trace_invoice(serving_dir: Path, invoice_key: str, deliveries: Iterable[Mapping[str, Any]]) -> Chain:
    """The chain of an invoice that belongs to no order."""
    invoice_lines = read(serving_dir, INVOICE_LINES, [None, invoice_key]).to_pylist()
    return _chain(serving_dir, None, None, [], invoice_lines, deliveries)


def _chain(
    serving_dir: Path,
    line: Row | None,
    state: Row | None,
    receipts: list[Row],
    invoice_lines: list[Row],
    deliveries: Iterable[Mapping[str, Any]],
) -> Chain:
    line_key = line["purchase_order_line_key"] if line else None
    receipt_keys = [row["receipt_line_key"] for row in receipts]
    invoice_keys = sorted({row["invoice_key"] for row in invoice_lines})
    payments = read(serving_dir, PAYMENTS, [invoice_keys]).to_pylist()
    return Chain(
        line=line,
        state=state,
        receipts=receipts,
        invoice_lines=invoice_lines,
        bills=read(serving_dir, BILLS, [invoice_keys]).to_pylist(),
        payments=payments,
        postings=read(serving_dir, POSTINGS, [line_key, receipt_keys, invoice_keys]).to_pylist(),
        findings=read(serving_dir, FINDINGS, [_documents(line, receipts, invoice_lines)]).to_pylist(),
        edges=read(serving_dir, EDGES, [line_key, invoice_keys]).to_pylist(),
        deliveries=_postings_about(line, receipts, invoice_lines, deliveries),
    )


def _documents(line: Row | None, receipts: list[Row], invoice_lines: list[Row]) -> list[str]:
    """The documents of a chain as findings name them."""
    named = [("receipt_line", row["source_instance"], row["native_id"]) for row in receipts]
    for row in invoice_lines:
        named.append(("invoice_line", row["source_instance"], row["native_id"]))
        named.append(("invoice", row["source_instance"], row["invoice_native_id"]))
    if line:
        named.append(("purchase_order_line", line["source_instance"], line["native_id"]))
        named.append(("purchase_order", line["source_instance"], line["po_id"]))
    return sorted({"~".join(one) for one in named})


def _postings_about(
    line: Row | None, receipts: list[Row], invoice_lines: list[Row], deliveries: Iterable[Mapping[str, Any]]
) -> list[Row]:
    """The messages whose document is of this chain: a receipt, an invoice, or a unit of the line's item."""
    natives = {(row["source_instance"], row["native_id"]) for row in receipts}
    invoices = {row["invoice_native_id"] for row in invoice_lines}
    order = (line["po_number"], line["line_number"]) if line else None
    item = line["item_number"] if line else None
    found = []
    for delivery in deliveries:
        payload = json.loads(delivery["payload"] or "{}")
        if (
            payload.get("invoice_id") in invoices
            or (payload.get("source_instance"), payload.get("native_id")) in natives
            or (order and (payload.get("po_number"), payload.get("po_line_number")) == order)
            or (item and delivery["entity"] == "item_uom" and payload.get("item_number") == item)
        ):
            found.append({**delivery, "payload": payload})
    return sorted(found, key=lambda one: (one["first_ready_at"], one["posting_key"]))

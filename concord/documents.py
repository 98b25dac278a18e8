"""Finds the document a person names: order, order line, receipt, invoice, payment or finding.

Reads the serving copy only. What is found leads to order lines, which is where a trace starts.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from publishing.serving import read

MOST_SHOWN = 20
SHORTEST_ID = 6
FIND = """
    with named as (select upper($1) as name, $2 as kind),
    found as (
        select 'order' as kind, po_number as number, po_number as native_id, source_instance,
            min(ordered_date) as day, sum(line_amount) as amount, any_value(supplier_key) as supplier_key,
            list(purchase_order_line_key order by length(line_number), line_number) as line_keys,
            null as invoice_key
        from conformed.fct_purchase_order_line, named where upper(po_number) = name
        group by po_number, source_instance
        union all
        select 'line', po_number || '|' || line_number, native_id, source_instance, ordered_date, line_amount,
            supplier_key, [purchase_order_line_key], null
        from conformed.fct_purchase_order_line, named
        where upper(po_number || '|' || line_number) = name or upper(po_number || '/' || line_number) = name
        union all
        select 'receipt', receipt_number, min(native_id), source_instance, min(receipt_date), null, null,
            list(distinct purchase_order_line_key), null
        from conformed.fct_receipt_line, named where name in (upper(receipt_number), upper(native_id))
        group by receipt_number, source_instance
        union all
        select 'invoice', invoices.invoice_number, invoices.native_id, invoices.source_instance,
            any_value(invoices.invoice_date), any_value(invoices.gross_amount),
            any_value(invoices.supplier_key),
            list(distinct lines.purchase_order_line_key), invoices.invoice_key
        from conformed.fct_invoice as invoices
        left join conformed.fct_invoice_line as lines on invoices.invoice_key = lines.invoice_key, named
        where name in (upper(invoices.invoice_number), upper(invoices.native_id), upper(lines.native_id))
        group by all
        union all
        select 'payment', payments.payment_number, payments.native_id, payments.source_instance,
            any_value(payments.payment_date), any_value(payments.amount), any_value(payments.supplier_key),
            list(distinct lines.purchase_order_line_key), any_value(applications.invoice_key)
        from conformed.fct_payment as payments
        left join conformed.fct_payment_application as applications
            on payments.payment_key = applications.payment_key
        left join conformed.fct_invoice_line as lines on applications.invoice_key = lines.invoice_key, named
        where name in (upper(payments.payment_number), upper(payments.native_id))
        group by all
        union all
        select 'finding', findings.code || ' ' || findings.business_key, findings.exception_id,
            findings.source_instance, cast(findings.first_seen_at as date), findings.amount_at_risk,
            findings.supplier_key,
            list(distinct coalesce(orders.purchase_order_line_key, receipts.purchase_order_line_key,
                invoice_lines.purchase_order_line_key)),
            any_value(coalesce(invoices.invoice_key, invoice_lines.invoice_key))
        from named
        inner join controls.exc_exception as findings
            on length(name) >= $3 and starts_with(upper(findings.exception_id), name)
        left join conformed.fct_purchase_order_line as orders
            on findings.source_instance = orders.source_instance
            and (findings.entity_type = 'purchase_order_line' and findings.native_id = orders.native_id
                or findings.entity_type = 'purchase_order' and findings.native_id = orders.po_id)
        left join conformed.fct_receipt_line as receipts
            on findings.entity_type = 'receipt_line'
            and findings.source_instance = receipts.source_instance
            and findings.native_id = receipts.native_id
        left join conformed.fct_invoice_line as invoice_lines
            on findings.entity_type = 'invoice_line'
            and findings.source_instance = invoice_lines.source_instance
            and findings.native_id = invoice_lines.native_id
        left join conformed.fct_invoice as invoices
            on findings.entity_type = 'invoice'
            and findings.source_instance = invoices.source_instance
            and findings.native_id = invoices.native_id
        group by all
    )
    select found.* replace (list_filter(found.line_keys, one -> one is not null) as line_keys),
        suppliers.supplier_name
    from found
    cross join named
    left join conformed.dim_supplier as suppliers on found.supplier_key = suppliers.supplier_key
    where named.kind is null or named.kind = found.kind
    order by found.kind, found.day desc, found.native_id
"""
KINDS = ("order", "line", "receipt", "invoice", "payment", "finding")
LINES_OF_INVOICE = """
    select list(distinct purchase_order_line_key) filter (purchase_order_line_key is not null) as line_keys
    from conformed.fct_invoice_line where invoice_key = $1
"""


@dataclass(frozen=True)
class Document:
    """One document of the facts: `line_keys` are the order lines it belongs to, empty without an order."""

    kind: str
    number: str
    native_id: str
    source_instance: str
    day: date | None
    amount: Decimal | None
    supplier_name: str | None
    line_keys: tuple[str, ...]
    invoice_key: str | None

    @property
    def narrow_key(self) -> str:
        """What names this document and no other."""
        return f"{self.kind}:{self.number if self.kind in ('order', 'line') else self.native_id}"


def find_documents(serving_dir: Path, name: str) -> list[Document]:
    """All documents with this number or id; `KIND:NAME` asks for one kind only."""
    kind, _, rest = name.partition(":")
    asked = (rest, kind) if kind in KINDS and rest else (name, None)
    rows = read(serving_dir, FIND, (*asked, SHORTEST_ID)).to_pylist()
    return _unique([_document(serving_dir, row) for row in rows])


def _document(serving_dir: Path, row: dict[str, Any]) -> Document:
    keys: Sequence[str] = row["line_keys"] or ()
    if not keys and row["invoice_key"]:
        [found] = read(serving_dir, LINES_OF_INVOICE, [row["invoice_key"]]).to_pylist()
        keys = found["line_keys"] or ()
    return Document(
        kind=row["kind"],
        number=row["number"],
        native_id=row["native_id"],
        source_instance=row["source_instance"],
        day=row["day"],
        amount=row["amount"],
        supplier_name=row["supplier_name"],
        line_keys=tuple(dict.fromkeys(keys)),
        invoice_key=row["invoice_key"],
    )


def _unique(found: list[Document]) -> list[Document]:
    """One entry a document, whatever number of its names fitted; a payment may settle several invoices."""
    merged: dict[tuple[str, str, str], Document] = {}
    for document in found:
        key = (document.kind, document.source_instance, document.native_id)
        merged.setdefault(key, document)
    return list(merged.values())

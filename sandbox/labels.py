"""The labels of a chunk under the identifiers that the systems print, as `labels.parquet` holds them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from sandbox import clock, columns
from sandbox.beliefs.erp_cloud_documents import stray_line_ids
from sandbox.beliefs.identity import Chunk
from sandbox.clock import Ints
from sandbox.faults.base import (
    INVOICE,
    INVOICE_LINE,
    JOURNAL_LINE,
    ORDER,
    ORDER_LINE,
    RECEIPT_LINE,
    SUPPLIER,
    Label,
    MasterLabel,
)

LABEL_SCHEMA = pa.schema(
    [
        ("fault_id", pa.string()),
        ("fault_code", pa.string()),
        ("instance", pa.string()),
        ("entity_type", pa.string()),
        ("native_id", pa.string()),
        ("business_key", pa.string()),
        ("expected_exception_code", pa.string()),
        ("expected_cause_code", pa.string()),
        ("amount", pa.decimal128(18, 2)),
        ("planted_at", pa.timestamp("ms")),
    ]
)


@dataclass(frozen=True)
class _Printed:
    """What identifies some rows of one entity type, and when each was known."""

    instance: pa.Array
    native_id: pa.Array
    business_key: pa.Array
    at: Ints


def label_table(chunk: Chunk, labels: list[Label]) -> pa.Table:
    """The labels in their order."""
    types = np.array([label.entity_type for label in labels], dtype=object)
    rows = np.array([label.row for label in labels], dtype=np.int64)
    parts, places = [], []
    for entity_type, printer in _PRINTERS.items():
        hits = np.flatnonzero(types == entity_type)
        if len(hits):
            parts.append(printer(chunk, rows[hits]))
            places.append(hits)
    if not parts:
        return LABEL_SCHEMA.empty_table()
    back = pa.array(np.argsort(np.concatenate(places), kind="stable"))
    return pa.table(
        [
            pa.array([label.fault_id for label in labels], pa.string()),
            pa.array([label.fault_code for label in labels], pa.string()),
            pa.concat_arrays([part.instance for part in parts]).take(back),
            pa.array([label.entity_type for label in labels], pa.string()),
            pa.concat_arrays([part.native_id for part in parts]).take(back),
            pa.concat_arrays([part.business_key for part in parts]).take(back),
            pa.array([label.expected_code for label in labels], pa.string()),
            pa.array([label.cause_code for label in labels], pa.string()),
            columns.money(np.array([label.amount for label in labels], dtype=np.int64)),
            columns.timestamps(np.concatenate([part.at for part in parts])[back.to_numpy()]).cast(
                pa.timestamp("ms")
            ),
        ],
        schema=LABEL_SCHEMA,
    )


def master_label_table(labels: list[MasterLabel]) -> pa.Table:
    """The labels of faults that were planted in the masters at the end."""
    if not labels:
        return LABEL_SCHEMA.empty_table()
    at = np.full(len(labels), clock.FIRST_DAY * clock.SECONDS_A_DAY)
    return pa.table(
        [
            pa.array([label.fault_id for label in labels], pa.string()),
            pa.array([label.fault_code for label in labels], pa.string()),
            pa.array([label.instance for label in labels], pa.string()),
            pa.array([label.entity_type for label in labels], pa.string()),
            pa.array([label.native_id for label in labels], pa.string()),
            pa.array([label.native_id for label in labels], pa.string()),
            pa.array([label.expected_code for label in labels], pa.string()),
            pa.array([label.cause_code for label in labels], pa.string()),
            columns.money(np.array([label.amount for label in labels], dtype=np.int64)),
            columns.timestamps(at).cast(pa.timestamp("ms")),
        ],
        schema=LABEL_SCHEMA,
    )


def _invoice_lines(chunk: Chunk, rows: Ints) -> _Printed:
    bills = chunk.documents.invoices
    doc = bills.doc[rows]
    key = columns.joined(
        "|",
        chunk.printed_numbers.take(pa.array(doc)),
        columns.numbered("", chunk.invoice_line_numbers[rows]),
    )
    native_id = chunk.invoice_line_ids.take(pa.array(rows))
    return _Printed(columns.constant("apauto", len(rows)), native_id, key, bills.doc_received_at[doc])


def _invoices(chunk: Chunk, rows: Ints) -> _Printed:
    place = pa.array(rows)
    return _Printed(
        columns.constant("apauto", len(rows)),
        chunk.invoice_ids.take(place),
        chunk.printed_numbers.take(place),
        chunk.documents.invoices.doc_received_at[rows],
    )


def _orders(chunk: Chunk, rows: Ints) -> _Printed:
    return _Printed(
        columns.constant("procurement", len(rows)),
        columns.numbered("", chunk.order_ids[rows]),
        columns.joined("|", chunk.entity_codes(rows), chunk.po_numbers.take(pa.array(rows))),
        chunk.documents.orders.approved_at[rows],
    )


def _order_lines(chunk: Chunk, rows: Ints) -> _Printed:
    orders = chunk.documents.orders
    order = _orders(chunk, orders.po[rows])
    key = columns.joined("|", order.business_key, columns.numbered("", orders.number[rows]))
    return _Printed(order.instance, columns.numbered("", chunk.line_ids[rows]), key, order.at)


def _receipt_lines(chunk: Chunk, rows: Ints) -> _Printed:
    orders, receipts = chunk.documents.orders, chunk.documents.receipts
    native_id = columns.joined(
        "|",
        columns.numbered("GR", chunk.receipt_numbers[rows], 9),
        columns.numbered("", chunk.receipt_line_numbers[rows]),
    )
    key = columns.joined("|", chunk.entity_codes(orders.po[receipts.line[rows]]), native_id)
    return _Printed(columns.constant("inventory", len(rows)), native_id, key, receipts.recorded_at[rows])


def _journal_lines(chunk: Chunk, rows: Ints) -> _Printed:
    """Rows are those of receipts that the cloud ERP booked astray."""
    native_id, at = stray_line_ids(chunk, rows), chunk.documents.receipts.recorded_at[rows]
    return _Printed(columns.constant("erp_cloud", len(rows)), native_id, native_id, at)


def _suppliers(chunk: Chunk, rows: Ints) -> _Printed:
    """Rows are positions among the extra supplier records."""
    extras = [chunk.masters.extra_suppliers[row] for row in rows.tolist()]
    native_id = pa.array([extra.native_id for extra in extras])
    at = np.full(len(rows), clock.FIRST_DAY * clock.SECONDS_A_DAY)
    return _Printed(pa.array([extra.instance for extra in extras]), native_id, native_id, at)


_PRINTERS: dict[str, Callable[[Chunk, Ints], _Printed]] = {
    INVOICE_LINE: _invoice_lines,
    INVOICE: _invoices,
    ORDER: _orders,
    ORDER_LINE: _order_lines,
    RECEIPT_LINE: _receipt_lines,
    JOURNAL_LINE: _journal_lines,
    SUPPLIER: _suppliers,
}

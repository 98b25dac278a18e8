"""What the acquired hospital's legacy ERP believes: vendors under its own numbers, and its documents.

Columns are those of its PostgreSQL tables. Times are local without a zone; the stamp of the last update is
missing where a row was never touched again.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from sandbox import clock, columns, names
from sandbox.beliefs.books import ACCOUNTS, GOODS_RECEIPT, GRNI, PAYMENT, SUPPLIER_INVOICE, Books
from sandbox.beliefs.erp_cloud_documents import month_of, year_of
from sandbox.beliefs.procurement import master_times
from sandbox.clock import Ints
from sandbox.columns import WorldWriter
from sandbox.documents import CREDIT
from sandbox.masters import UNITS, Masters

ENTITY = 1
_UNIT = names.ENTITIES[ENTITY].code
_NEVER = -1


def vendor_ids(masters: Masters) -> list[str]:
    """The legacy ERP's number of each supplier."""
    return [f"{20_040 + n * 11:010d}" for n in range(len(masters.suppliers))]


def _local(seconds: Ints) -> pa.Array:
    return columns.timestamps(clock.local(seconds))


def _touched(seconds: Ints) -> pa.Array:
    """Local time of the last update, null where there was none."""
    return columns.where(seconds != _NEVER, _local(np.where(seconds == _NEVER, clock.world_end(), seconds)))


def _letter(first: str, second: str, is_second: Ints) -> pa.Array:
    return columns.pick((first, second), is_second)


def write_vendors(masters: Masters, writer: WorldWriter) -> int:
    """The vendor table: names in capitals without punctuation."""
    rows, count = masters.suppliers, len(masters.suppliers)
    tax_forms = masters.tax_forms
    entered = master_times(count)
    table = {
        "setid": columns.constant("SHARE", count),
        "vendor_id": pa.array(vendor_ids(masters)),
        "name1": pa.array([row.name.upper().replace(",", "").replace(".", "") for row in rows]),
        "vendor_status": columns.constant("A", count),
        "tin": pa.array([(row.tax_id or "").replace("-", "") for row in rows]),
        "duns": pa.array([row.duns for row in rows]),
        "pymnt_terms_cd": pa.array(masters.terms_of("erp_legacy")[:count]),
        "currency_cd": columns.constant("USD", count),
        "wthd_sw": pa.array(["Y" if row.in_legacy else "N" for row in tax_forms]),
        "entered_dttm": columns.timestamps(entered),
        "last_update_dttm": columns.where(np.arange(count) % 3 > 0, columns.timestamps(entered + 86_400)),
    }
    return writer.write("erp_legacy/ps_vendor", table, 0)


def write_documents(books: Books, writer: WorldWriter) -> int:
    """All documents of one chunk."""
    tables = {
        "ps_po_hdr": _orders(books),
        "ps_po_line": _order_lines(books),
        "ps_recv_ln_ship": _receipts(books),
        "ps_voucher": _vouchers(books),
        "ps_pymnt_vchr_xref": _payment_schedule(books),
        "ps_payment_tbl": _payments(books),
        "ps_jrnl_ln": _journal(books),
    }
    number = books.chunk.number
    return sum(writer.write(f"erp_legacy/{name}", table, number) for name, table in tables.items())


def _orders(books: Books) -> dict[str, pa.Array]:
    chunk, orders = books.chunk, books.chunk.documents.orders
    rows = np.flatnonzero(books.has_order & (orders.entity == ENTITY))
    status = np.where(books.order_cancelled, 2, np.where(books.order_closed, 1, 0))[rows]
    entered, changed = books.order_known_at[rows], books.order_changed_at[rows]
    return {
        "business_unit": columns.constant(_UNIT, len(rows)),
        "po_id": chunk.po_numbers.take(pa.array(rows)),
        "vendor_id": columns.pick(vendor_ids(chunk.masters), orders.po_supplier[rows]),
        "po_dt": columns.dates(orders.po_day[rows]),
        "po_status": columns.pick(("D", "C", "X"), status),
        "currency_cd": columns.constant("USD", len(rows)),
        "entered_dttm": _local(entered),
        "last_dttm_update": _touched(np.where(changed > entered, changed, _NEVER)),
    }


def _order_lines(books: Books) -> dict[str, pa.Array]:
    chunk, orders, masters = books.chunk, books.chunk.documents.orders, books.chunk.masters
    rows = np.flatnonzero((books.has_order & (orders.entity == ENTITY))[orders.po])
    po, item, count = orders.po[rows], orders.item[rows], len(rows)
    events = np.minimum(chunk.last_event + 600, clock.world_end())
    changed = np.maximum(books.order_changed_at, events)[po]
    return {
        "business_unit": columns.constant(_UNIT, count),
        "po_id": chunk.po_numbers.take(pa.array(po)),
        "line_nbr": columns.numbered("", orders.number[rows]),
        "inv_item_id": columns.pick([row.number for row in masters.items], item),
        "descr254": columns.pick([row.name for row in masters.items], item),
        "qty_po": columns.quantities(orders.quantity[rows]),
        "unit_of_measure": columns.pick(UNITS, orders.unit[rows]),
        "price_po": columns.prices(orders.price[rows]),
        "merchandise_amt": columns.money(columns.extend(orders.quantity[rows], orders.price[rows])),
        "deptid": columns.pick([row.code for row in masters.cost_centers], orders.po_cost_center[po]),
        "account": columns.pick([row.account for row in masters.items], item),
        "location": columns.pick([place.code for place in names.PLACES], orders.po_place[po]),
        "cancel_status": _letter("A", "X", books.order_cancelled[po].astype(np.int64)),
        "recv_complete": _letter("N", "Y", chunk.delivery_complete[rows].astype(np.int64)),
        "last_dttm_update": _touched(changed),
    }


def _receiver(books: Books, rows: Ints) -> pa.Array:
    return columns.numbered("", books.chunk.receipt_numbers[rows] + 3_000_000, 10)


def _receipts(books: Books) -> dict[str, pa.Array]:
    chunk, orders, receipts = books.chunk, books.chunk.documents.orders, books.chunk.documents.receipts
    rows = np.flatnonzero(books.has_receipt & (orders.entity[orders.po[receipts.line]] == ENTITY))
    line, count = receipts.line[rows], len(rows)
    entered = books.receipt_known_at[rows]
    return {
        "business_unit": columns.constant(_UNIT, count),
        "receiver_id": _receiver(books, rows),
        "recv_ln_nbr": columns.numbered("", chunk.receipt_line_numbers[rows]),
        "recv_type": columns.pick(("R", "T", "V"), receipts.kind[rows]),
        "po_id": chunk.po_numbers.take(pa.array(orders.po[line])),
        "line_nbr": columns.numbered("", orders.number[line]),
        "inv_item_id": columns.pick([row.number for row in chunk.masters.items], orders.item[line]),
        "qty_sh_recvd": columns.quantities(receipts.counted[rows]),
        "receive_uom": columns.pick(UNITS, receipts.counted_unit[rows]),
        "qty_base": columns.quantities(receipts.stock[rows]),
        "base_uom": columns.constant("EA", count),
        "receipt_dt": columns.dates(receipts.day[rows]),
        "acctg_dt": columns.dates(receipts.posting_day[rows]),
        "ext_receipt_id": columns.numbered("GR", chunk.receipt_numbers[rows], 9),
        "ext_receipt_ln": columns.numbered("", chunk.receipt_line_numbers[rows]),
        "entered_dttm": _local(entered),
        "last_dttm_update": _touched(np.where(receipts.document[rows] % 4 == 0, entered, _NEVER)),
    }


def _voucher_ids(books: Books, rows: Ints) -> pa.Array:
    return columns.numbered("", books.chunk.invoice_numbers[rows] + 600_000, 8)


def _payment_ids(books: Books, payments: Ints) -> pa.Array:
    return columns.numbered("P", books.chunk.offsets.payments + payments + 1, 9)


def _vouchers(books: Books) -> dict[str, pa.Array]:
    chunk, bills, settlement = books.chunk, books.chunk.documents.invoices, books.chunk.settlement
    rows = np.flatnonzero(books.has_invoice(ENTITY))
    count, supplier = len(rows), chunk.documents.orders.po_supplier[bills.doc_po[rows]]
    credit = bills.doc_kind[rows] == CREDIT
    return {
        "business_unit": columns.constant(_UNIT, count),
        "voucher_id": _voucher_ids(books, rows),
        "voucher_style": _letter("REG", "ADJ", credit.astype(np.int64)),
        "invoice_id": chunk.printed_numbers.take(pa.array(rows)),
        "invoice_dt": columns.dates(bills.doc_day[rows]),
        "vendor_id": columns.pick(vendor_ids(chunk.masters), supplier),
        "gross_amt": columns.money(
            np.where(credit, -1, 1) * chunk.documents.gross_amount[rows] + bills.doc_misread[rows]
        ),
        "txn_currency_cd": columns.constant("USD", count),
        "accounting_dt": columns.dates(settlement.posting_day[rows]),
        "entry_status": columns.constant("P", count),
        "post_status_ap": columns.constant("P", count),
        "entered_dttm": _local(settlement.posted_at[rows] + 1_800),
        "last_dttm_update": _touched(np.full(count, _NEVER)),
    }


def _payment_schedule(books: Books) -> dict[str, pa.Array]:
    chunk, bills, settlement = books.chunk, books.chunk.documents.invoices, books.chunk.settlement
    rows = np.flatnonzero(books.has_invoice(ENTITY))
    own = chunk.documents.orders.entity[bills.doc_po[rows]] == ENTITY
    payment = np.where(own, settlement.payment[rows], -1)
    paid, count = payment >= 0, len(rows)
    amount = np.where(bills.doc_kind[rows] == CREDIT, -1, 1) * chunk.documents.gross_amount[rows]
    posted_at = settlement.posted_at[rows] + 1_800
    paid_at = settlement.run_day[rows] * clock.SECONDS_A_DAY + 79_200
    return {
        "business_unit": columns.constant(_UNIT, count),
        "voucher_id": _voucher_ids(books, rows),
        "pymnt_cnt": columns.constant("1", count),
        "pymnt_id": columns.where(paid, _payment_ids(books, payment)),
        "paid_amt": columns.money(np.where(paid, amount, 0)),
        "dscnt_taken": columns.money(np.zeros(count, dtype=np.int64)),
        "due_dt": columns.dates(settlement.due_day[rows]),
        "last_dttm_update": _touched(np.where(paid, paid_at, posted_at)),
    }


def _payments(books: Books) -> dict[str, pa.Array]:
    chunk, settlement = books.chunk, books.chunk.settlement
    rows = np.flatnonzero(settlement.payment_entity == ENTITY)
    count = len(rows)
    return {
        "pymnt_id": _payment_ids(books, rows),
        "pymnt_dt": columns.dates(settlement.payment_day[rows]),
        "remit_vendor": columns.pick(vendor_ids(chunk.masters), settlement.payment_record[rows]),
        "pymnt_amt": columns.money(settlement.payment_amount[rows]),
        "currency_pymnt": columns.constant("USD", count),
        "pymnt_method": columns.constant("ACH", count),
        "pymnt_status": columns.constant("P", count),
        "entered_dttm": _local(settlement.paid_at[rows]),
        "last_dttm_update": _touched(np.full(count, _NEVER)),
    }


def _journal(books: Books) -> dict[str, pa.Array]:
    chunk, orders, entries = books.chunk, books.chunk.documents.orders, books.entries(ENTITY)
    count = len(entries.kind)
    unit = columns.constant(_UNIT, count)
    of_kind = [np.where(entries.kind == kind, entries.source, 0) for kind in range(3)]
    some = [bool(len(chunk.receipt_numbers)), bool(len(chunk.invoice_numbers))]
    empty = columns.nulls(count)
    received, billed = of_kind[GOODS_RECEIPT], of_kind[SUPPLIER_INVOICE]
    line_number = columns.numbered("", chunk.receipt_line_numbers[received]) if some[0] else empty
    receiver = columns.joined("|", unit, _receiver(books, received), line_number) if some[0] else empty
    voucher = columns.joined("|", unit, _voucher_ids(books, billed)) if some[1] else empty
    reference = pc.case_when(
        pc.make_struct(
            pa.array(entries.kind == GOODS_RECEIPT), pa.array(entries.kind == SUPPLIER_INVOICE)
        ),
        receiver,
        voucher,
        _payment_ids(books, of_kind[PAYMENT]),
    )  # fmt: skip
    clearing = (entries.account == ACCOUNTS.index(GRNI)) & (entries.line >= 0)
    line, po = np.maximum(entries.line, 0), np.maximum(entries.po, 0)
    departments = columns.pick([row.code for row in chunk.masters.cost_centers], orders.po_cost_center[po])
    order_line = columns.joined(
        "|", chunk.po_numbers.take(pa.array(orders.po[line])), columns.numbered("", orders.number[line])
    )
    return {
        "business_unit": unit,
        "journal_id": columns.joined(
            "", columns.pick(("RCV", "APX", "APP"), entries.kind), columns.numbered("", entries.document, 9)
        ),
        "journal_date": columns.dates(entries.day),
        "journal_line": columns.numbered("", entries.number),
        "ledger": columns.constant("ACTUALS", count),
        "account": columns.pick(ACCOUNTS, entries.account),
        "deptid": columns.where(entries.kind != PAYMENT, departments),
        "monetary_amount": columns.money(entries.cents),
        "currency_cd": columns.constant("USD", count),
        "jrnl_ln_source": columns.pick(("RCV", "APX", "APP"), entries.kind),
        "ref_type": columns.pick(("RECV", "VCHR", "PYMT"), entries.kind),
        "ref_id": reference,
        "line_descr": columns.pick(("Goods receipt", "Voucher", "Payment"), entries.kind),
        "po_ref": columns.where(clearing, order_line),
        "accounting_period": pa.array(month_of(entries.day)),
        "fiscal_year": pa.array(year_of(entries.day)),
        "last_dttm_update": _local(entries.at),
    }

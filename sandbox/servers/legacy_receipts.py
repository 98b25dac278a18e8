"""How inventory's restated receipts reach the legacy ERP.

A receipt that it had refused is entered; one that it has with another quantity is corrected in its row, and
the receipt accrual books the difference: the order line's account against goods received, not invoiced.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any
from zoneinfo import ZoneInfo

import psycopg
from psycopg.rows import dict_row

from sandbox.clock import TIMEZONE
from sandbox.servers.unit_corrections import Row
from sandbox.servers.write_log import EPOCH, WorldClock, WriteLog

# Base units in one of a unit of an item on a day.
Factor = Callable[[str, str, date], Decimal]
Line = dict[str, Any]
_CENT = Decimal("0.01")
_GRNI = "210000"
_FIRST_JOURNAL = 900_000_001

_ORDER_LINE = """
    select lines.*, headers.po_dt, headers.currency_cd
    from sysadm.ps_po_line as lines
    inner join sysadm.ps_po_hdr as headers using (business_unit, po_id)
    where lines.po_id = %s and lines.line_nbr = %s
"""
_RECEIPT = """
    select * from sysadm.ps_recv_ln_ship
    where ext_receipt_id = %s and ext_receipt_ln = %s and recv_type = 'R'
"""
_BOOKED = """
    select -sum(monetary_amount) as amount from sysadm.ps_jrnl_ln
    where account = %s and ref_type = 'RECV' and ref_id = %s
"""


class LegacyReceipts:
    """Takes receipts for the database at `url`, each statement once; what comes while it is down waits.

    The statements are kept in `log`, so that a database that was loaded again takes them again.
    """

    def __init__(self, log: WriteLog, clock: WorldClock, factor: Factor) -> None:
        self._log, self._clock, self._factor = log, clock, factor
        for entry in log.entries():
            clock.seen(entry["at"])

    def take(self, receipts: Sequence[Row], url: str | None) -> None:
        """Keep the receipts, and post them now if the database answers at `url`."""
        rows = [row for row in receipts if row["TransactionType"] == "RECEIPT"]
        if rows:
            self._log.append({"at": self._clock.tick(), "receipts": rows})
        if url:
            try:
                self.catch_up(url)
            except psycopg.OperationalError:
                return  # it went down meanwhile and catches up at its next start

    def catch_up(self, url: str) -> None:
        """Post what has not been posted yet, in the order in which it came."""
        with psycopg.connect(url, row_factory=dict_row) as database:
            for number, entry in enumerate(self._log.entries()):
                with database.transaction():
                    taken = database.execute(
                        "insert into interface.taken values (%s) on conflict do nothing", (number,)
                    )
                    if taken.rowcount:
                        for row in entry["receipts"]:
                            self._post(database, row, _local(entry["at"]))

    def _post(self, database: psycopg.Connection[Line], row: Row, at: datetime) -> None:
        """One receipt; nothing for an order that this ERP does not know."""
        line = database.execute(_ORDER_LINE, (row["PoNumber"], int(row["PoLine"]))).fetchone()
        known = database.execute(_RECEIPT, (row["ReceiptNumber"], int(row["LineNumber"]))).fetchone()
        wanted = Decimal(row["StockQuantity"])
        if line is None or (known and known["qty_base"] == wanted):
            return
        if known:
            database.execute(
                "update sysadm.ps_recv_ln_ship set qty_base = %s, last_dttm_update = %s"
                " where business_unit = %s and receiver_id = %s and recv_ln_nbr = %s",
                (wanted, at, known["business_unit"], known["receiver_id"], known["recv_ln_nbr"]),
            )
        else:
            known = _entered(database, line, row, at)
        reference = "|".join(str(known[name]) for name in ("business_unit", "receiver_id", "recv_ln_nbr"))
        booked = database.execute(_BOOKED, (_GRNI, reference)).fetchone()
        before = (booked and booked["amount"]) or Decimal(0)
        factor = self._factor(line["inv_item_id"], line["unit_of_measure"], line["po_dt"])
        value = (wanted / factor * line["price_po"]).quantize(_CENT, ROUND_HALF_UP)
        if value != before:
            _book(database, line, value - before, reference, self._posting_day(known["acctg_dt"]), at)

    def _posting_day(self, day: date) -> date:
        """Today when the period of that day is closed: all but this month and the last."""
        today = self._clock.last_day
        open_from = (today.replace(day=1) - timedelta(days=1)).replace(day=1)
        return day if day >= open_from else today


def _entered(database: psycopg.Connection[Line], line: Line, row: Row, at: datetime) -> Line:
    """A receiver of its own for a receipt that comes at last."""
    last = database.execute("select max(receiver_id) as id from sysadm.ps_recv_ln_ship").fetchone()
    receiver = int((last and last["id"]) or 0) + 1
    entered: Line = {
        "business_unit": line["business_unit"],
        "receiver_id": f"{receiver:010d}",
        "recv_ln_nbr": int(row["LineNumber"]),
        "recv_type": "R",
        "po_id": line["po_id"],
        "line_nbr": line["line_nbr"],
        "inv_item_id": line["inv_item_id"],
        "qty_sh_recvd": Decimal(row["Quantity"]),
        "receive_uom": row["Uom"],
        "qty_base": Decimal(row["StockQuantity"]),
        "base_uom": row["StockUom"],
        "receipt_dt": date.fromisoformat(row["ReceiptDate"]),
        "acctg_dt": date.fromisoformat(row["PostingDate"] or row["ReceiptDate"]),
        "ext_receipt_id": row["ReceiptNumber"],
        "ext_receipt_ln": int(row["LineNumber"]),
        "entered_dttm": at,
        "last_dttm_update": at,
    }
    _insert(database, "ps_recv_ln_ship", entered)
    return entered


def _book(
    database: psycopg.Connection[Line], line: Line, amount: Decimal, reference: str, day: date, at: datetime
) -> None:
    """Both sides of a journal of the receipt accrual; `amount` is what is owed more."""
    last = database.execute(
        "select count(distinct journal_id) as made from sysadm.ps_jrnl_ln where journal_id >= %s"
        " and jrnl_ln_source = 'RCV'",
        (f"RCV{_FIRST_JOURNAL}",),
    ).fetchone()
    number = _FIRST_JOURNAL + (int(last["made"]) if last else 0)
    order = f"{line['po_id']}|{line['line_nbr']}"
    for place, (account, cents, po) in enumerate(
        ((line["account"], amount, None), (_GRNI, -amount, order)), start=1
    ):
        entry = {
            "business_unit": line["business_unit"],
            "journal_id": f"RCV{number}",
            "journal_date": day,
            "journal_line": place,
            "ledger": "ACTUALS",
            "account": account,
            "deptid": line["deptid"],
            "monetary_amount": cents,
            "currency_cd": line["currency_cd"],
            "jrnl_ln_source": "RCV",
            "ref_type": "RECV",
            "ref_id": reference,
            "line_descr": "Goods receipt",
            "po_ref": po,
            "accounting_period": day.month,
            "fiscal_year": day.year,
            "last_dttm_update": at,
        }
        _insert(database, "ps_jrnl_ln", entry)


def _insert(database: psycopg.Connection[Line], table: str, row: Line) -> None:
    names, places = ", ".join(row), ", ".join(["%s"] * len(row))
    database.execute(f"insert into sysadm.{table} ({names}) values ({places})".encode(), tuple(row.values()))


def _local(millis: int) -> datetime:
    """The hospital's local time of an instant, without its zone."""
    moment = (EPOCH + timedelta(milliseconds=millis)).astimezone(UTC)
    return moment.astimezone(ZoneInfo(TIMEZONE)).replace(tzinfo=None)

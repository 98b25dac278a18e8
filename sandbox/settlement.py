"""When invoices were posted and paid: weekly payment runs, one payment for what a supplier record is owed.

Part of the truth. The ERP of a legal entity posts and pays, AP automation hears of it; who was told nothing
is said by the flags of the invoices, not here.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sandbox import clock, names
from sandbox.clock import Bools, Ints
from sandbox.documents import CREDIT, Documents
from sandbox.masters import Masters

# 1970-01-01 was a Thursday; payments run on Tuesdays.
_TUESDAY = 5
_PAID_AT = 79_200
_POSTED_AT = 72_000
_PATIENCE = 12
RECORD_OF_ENTITY = ("erp_cloud", "erp_legacy")


@dataclass(frozen=True)
class Settlement:
    """Per invoice: posting, due and run day (0 = unpaid), its payment (-1 = none); per payment: the rest.

    `record` is the position of the supplier record in the ERP of the paying entity; amounts are cents.
    """

    posted: Bools
    posting_day: Ints
    due_day: Ints
    run_day: Ints
    record: Ints
    payment: Ints
    payment_entity: Ints
    payment_record: Ints
    payment_day: Ints
    payment_amount: Ints

    @property
    def posted_at(self) -> Ints:
        """UTC seconds at which the ERP booked each invoice; meaningless where it is not posted."""
        return self.posting_day * clock.SECONDS_A_DAY + _POSTED_AT

    @property
    def paid_at(self) -> Ints:
        """UTC seconds of each payment."""
        return self.payment_day * clock.SECONDS_A_DAY + _PAID_AT


def settle(documents: Documents, masters: Masters, order_ids: Ints) -> Settlement:
    """Post what is not void or held, pay what is due; credits reduce a run, it waits while negative."""
    orders, bills = documents.orders, documents.invoices
    count, supplier = len(bills.doc_po), orders.po_supplier[bills.doc_po]
    entity = orders.entity[bills.doc_po]
    posting_day = bills.doc_received_at // clock.SECONDS_A_DAY + 1 + np.arange(count) % 4
    posted = (posting_day <= clock.LAST_DAY) & ~bills.doc_void & ~bills.doc_held
    terms = np.array([names.TERMS[row.terms][1] for row in masters.suppliers])
    due_day = bills.doc_day + terms[supplier]
    first = np.maximum(posting_day + 1, due_day)
    day = first + (_TUESDAY - first) % 7
    record = masters.record_of(RECORD_OF_ENTITY[0], supplier, order_ids[bills.doc_po])
    record = np.where(entity == 0, record, supplier)
    signed = np.where(bills.doc_kind == CREDIT, -1, 1) * documents.gross_amount
    group = (entity * 1_000_000 + record) * 100_000
    owed = posted & (day <= clock.LAST_DAY)
    for _ in range(_PATIENCE):
        rows = np.flatnonzero(owed)
        keys, place = np.unique((group + day)[rows], return_inverse=True)
        total = np.zeros(len(keys), dtype=np.int64)
        np.add.at(total, place, signed[rows])
        waiting = rows[(total <= 0)[place]]
        if not len(waiting):
            break
        day[waiting] += 7
        owed[waiting] = day[waiting] <= clock.LAST_DAY
    else:
        owed[waiting] = False
    # What only AP automation believes to be paid is in no payment.
    rows = np.flatnonzero(owed & bills.doc_paid_in_erp)
    keys, first_row, place = np.unique((group + day)[rows], return_index=True, return_inverse=True)
    total = np.zeros(len(keys), dtype=np.int64)
    np.add.at(total, place, signed[rows])
    payment = np.full(count, -1)
    payment[rows] = place
    return Settlement(
        posted=posted,
        posting_day=posting_day,
        due_day=due_day,
        run_day=np.where(owed, day, 0),
        record=record,
        payment=payment,
        payment_entity=entity[rows][first_row],
        payment_record=record[rows][first_row],
        payment_day=day[rows][first_row],
        payment_amount=total,
    )

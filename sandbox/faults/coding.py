"""Order lines for which no account can be derived, and invoices coded on another account than their order.

Relevant are the goods lines that one invoice bills. The buyer of a victim picked a commodity that the account
rules of the demo landscape do not cover, cover twice, send to an account that is no longer in the chart, or
send to an expense account though it is capital.
"""

from __future__ import annotations

import numpy as np

from sandbox.clock import Bools
from sandbox.columns import CENT, extend
from sandbox.documents import Documents
from sandbox.faults.base import INVOICE_LINE, ORDER_LINE, Fault, Label, plainly_billed
from sandbox.masters import EA, Masters
from sandbox.names import AMBIGUOUS, CAPITAL, MISCODED, RETIRED, UNCOVERED
from sandbox.orders import ISSUED

# Above the capital threshold of the demo landscape, in cents of one each.
_CAPITAL_CENTS = 80_000


class _CodingFault(Fault):
    """One way in which a line is coded; the label stands on the order line."""

    coding: int
    expected = "DERIVATION_FAILED"
    cause: str
    rate = 4

    def suits(self, documents: Documents, masters: Masters) -> Bools:
        """Which order lines can have this fault; every one, if not said otherwise."""
        return np.ones(len(documents.orders.po), dtype=np.bool_)

    def plant(self, documents: Documents, masters: Masters, rng: np.random.Generator) -> list[Label]:
        bills, orders = documents.invoices, documents.orders
        issued = orders.po_state[orders.po[bills.line]] == ISSUED
        able = plainly_billed(documents) & issued & orders.three_way[bills.line]
        suited = self.suits(documents, masters)[bills.line]
        # The rate is of all relevant lines, whether or not this coding suits them.
        count = self.count(int(able.sum()))
        rows = np.sort(rng.permutation(np.flatnonzero(able & suited))[:count])
        lines = bills.line[rows]
        orders.coding[lines] = self.coding
        orders.taken[lines] = True
        amount = extend(orders.quantity[lines], orders.price[lines])
        return [
            Label(self.fault_id(n), self.code, ORDER_LINE, int(line), self.expected, self.cause, int(cents))
            for n, (line, cents) in enumerate(zip(lines, amount, strict=True), 1)
        ]


class DerivationGap(_CodingFault):
    """A commodity that no rule covers."""

    code = "DERIVATION_GAP"
    coding = UNCOVERED
    cause = "NO_RULE"


class DerivationAmbiguous(_CodingFault):
    """A commodity that two rules of equal right claim."""

    code = "DERIVATION_AMBIGUOUS"
    coding = AMBIGUOUS
    cause = "AMBIGUOUS_RULE"


class SegmentInactive(_CodingFault):
    """A commodity whose rule still names an account that the chart no longer has."""

    code = "SEGMENT_INACTIVE"
    coding = RETIRED
    cause = "SEGMENT_INACTIVE"


class CapitalAsExpense(_CodingFault):
    """A device above the capital threshold whose rule names an expense account."""

    code = "CAPITAL_AS_EXPENSE"
    coding = CAPITAL
    cause = "CAPITAL_THRESHOLD"

    def suits(self, documents: Documents, masters: Masters) -> Bools:
        orders = documents.orders
        suited: Bools = (orders.unit == EA) & (orders.price >= _CAPITAL_CENTS * CENT)
        return suited


class CodingDiffers(Fault):
    """Accounts payable coded the invoice on another account than the order's."""

    code = "CODING_DIFFERS"
    rate = 4

    def plant(self, documents: Documents, masters: Masters, rng: np.random.Generator) -> list[Label]:
        bills, orders = documents.invoices, documents.orders
        rows = self.choose(np.flatnonzero(plainly_billed(documents) & orders.three_way[bills.line]), rng)
        lines = bills.line[rows]
        orders.coding[lines] = MISCODED
        orders.taken[lines] = True
        amount = extend(bills.bill_quantity[rows], bills.bill_price[rows])
        return [
            Label(
                self.fault_id(n),
                self.code,
                INVOICE_LINE,
                int(row),
                self.code,
                "PO_INVOICE_DIFFER",
                int(cents),
            )
            for n, (row, cents) in enumerate(zip(rows, amount, strict=True), 1)
        ]

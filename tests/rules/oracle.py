"""An independent reading of domain_rules 3.4.3-3.4.6 for one order line, written from that page only.

Plain loops over plain numbers, on purpose nothing like the SQL: returns and credits are taken back document
by document, receipts are handed out one after another, and each invoice is judged when its turn comes.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

ZERO = Decimal(0)


@dataclass(frozen=True)
class Receipt:
    """A receipt, or (negative kind) a return or void of one."""

    id: str
    kind: str
    quantity: Decimal
    day: date
    original: str | None = None
    is_credit_expected: bool = True


@dataclass(frozen=True)
class Invoice:
    """An invoice line alone on its invoice, or a quantity credit."""

    id: str
    kind: str
    quantity: Decimal
    price: Decimal
    day: date
    original: str | None = None


@dataclass(frozen=True)
class Tolerance:
    """Upper limits only; None is no limit."""

    absolute: Decimal | None = None
    share: Decimal | None = None
    combine: str = "ALL"

    def is_broken_by(self, amount: Decimal, share_amount: Decimal, base: Decimal) -> bool:
        if share_amount <= 0:
            return False
        broken = []
        if self.absolute is not None:
            broken.append(amount > self.absolute)
        if self.share is not None:
            broken.append(share_amount > self.share * base)
        return all(broken) and bool(broken) if self.combine == "ANY" else any(broken)


@dataclass(frozen=True)
class OrderLine:
    """One order line with everything that refers to it."""

    ordered: Decimal
    price: Decimal
    is_complete: bool
    promised: date | None
    receipts: Sequence[Receipt]
    invoices: Sequence[Invoice]
    price_rule: Tolerance = field(default_factory=Tolerance)
    ordered_rule: Tolerance = field(default_factory=Tolerance)
    received_rule: Tolerance = field(default_factory=Tolerance)


@dataclass(frozen=True)
class Verdict:
    codes: tuple[str, ...]
    status: str
    covered: Decimal
    previous: Decimal


BLOCKING = {"ZERO_PRICE_PO", "PRICE_OVER", "QTY_OVER_ORDERED", "QTY_OVER_RECEIVED", "RECEIPT_OVERDUE"}


def net(
    documents: Sequence[tuple[str, Decimal]], taken_back: Sequence[tuple[str | None, Decimal]]
) -> dict[str, Decimal]:
    """What is left of documents (oldest first): a named one is reduced first, the rest newest first."""
    left = dict(documents)
    unnamed = ZERO
    for name, quantity in taken_back:
        if name in left:
            taken = min(quantity, left[name])
            left[name] -= taken
            unnamed += quantity - taken
        else:
            unnamed += quantity
    for name, _ in reversed(documents):
        taken = min(left[name], unnamed)
        left[name] -= taken
        unnamed -= taken
    return left


def judge(
    line: OrderLine, as_of: date, limit_days: int
) -> tuple[dict[str, Verdict], dict[tuple[str, str], Decimal]]:
    """Verdicts of the invoices (credits left out) and the pairs (invoice, receipt) that cover each other."""
    arrivals = sorted((r for r in line.receipts if r.kind == "RECEIPT"), key=lambda r: (r.day, r.id))
    back = [r for r in line.receipts if r.kind == "VOID" or (r.kind == "RETURN" and r.is_credit_expected)]
    received = net([(r.id, r.quantity) for r in arrivals], [(r.original, r.quantity) for r in back])
    bills = sorted((i for i in line.invoices if i.kind == "INVOICE"), key=lambda i: (i.day, i.id))
    credits = [i for i in line.invoices if i.kind == "CREDIT"]
    billed = net([(i.id, i.quantity) for i in bills], [(i.original, i.quantity) for i in credits])
    total = sum(received.values(), ZERO)
    counted = sum((r.quantity for r in arrivals), ZERO) - sum(
        (r.quantity for r in line.receipts if r.kind in ("VOID", "RETURN")), ZERO
    )
    is_complete = line.is_complete or (line.ordered > 0 and counted >= line.ordered)

    pairs: dict[tuple[str, str], Decimal] = {}
    open_receipts = [[r.id, received[r.id]] for r in arrivals]
    for bill in bills:
        wanted = billed[bill.id]
        for stock in open_receipts:
            taken = min(wanted, stock[1])
            if taken > 0:
                pairs[bill.id, stock[0]] = taken
                stock[1] -= taken
                wanted -= taken

    verdicts: dict[str, Verdict] = {}
    previous = ZERO
    for bill in bills:
        quantity = billed[bill.id]
        to_date = previous + quantity
        codes: list[str] = []
        differs = False
        if quantity > 0:
            rise = bill.price - line.price
            differs = rise != 0 or to_date > line.ordered or to_date > total
            if line.price == 0 and rise != 0:
                codes.append("ZERO_PRICE_PO")
            elif line.price_rule.is_broken_by(rise * bill.quantity, rise, line.price):
                codes.append("PRICE_OVER")
            over_ordered = line.ordered_rule.is_broken_by(
                to_date - line.ordered, to_date - line.ordered, line.ordered
            )
            if over_ordered:
                codes.append("QTY_OVER_ORDERED")
            if line.received_rule.is_broken_by(to_date - total, to_date - total, total):
                waited = (as_of - max(bill.day, line.promised or bill.day)).days
                if is_complete or over_ordered:
                    codes.append("QTY_OVER_RECEIVED")
                else:
                    codes.append("RECEIPT_OVERDUE" if waited > limit_days else "AWAITING_RECEIPT")
        verdicts[bill.id] = Verdict(
            codes=tuple(codes),
            status=_status(codes, differs),
            covered=sum((taken for (name, _), taken in pairs.items() if name == bill.id), ZERO),
            previous=previous,
        )
        previous = to_date
    return verdicts, pairs


def _status(codes: Sequence[str], differs: bool) -> str:
    if BLOCKING & set(codes):
        return "EXCEPTION"
    if "AWAITING_RECEIPT" in codes:
        return "WAITING"
    return "MATCHED_IN_TOLERANCE" if codes or differs else "MATCHED"

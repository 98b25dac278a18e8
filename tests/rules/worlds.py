"""Random order lines with their receipts and bills, and the canonical rows that say the same."""

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from hypothesis import strategies as st

from tests.rules.engine import canonical
from tests.rules.oracle import Invoice, OrderLine, Receipt, Tolerance

AS_OF = date(2026, 3, 31)
LIMIT_DAYS = 14
FIRST = date(2026, 3, 1)
LINES = 150
SIX = Decimal("0.000001")
QUANTITIES = tuple(Decimal(text) for text in ("1", "2", "3", "5", "10", "0.5", "7.25"))
PRICES = tuple(Decimal(text) for text in ("0", "1", "9.99", "10", "12.3456"))
RISES = tuple(Decimal(text) for text in ("0", "0", "0", "0.02", "0.0201", "0.25", "-0.01"))
ABSOLUTES = (None, None, Decimal(0), Decimal(1), Decimal(25))
SHARES = (None, Decimal(0), Decimal("0.02"), Decimal("0.25"), Decimal(1))


def tolerance(random: Random) -> Tolerance:
    return Tolerance(random.choice(ABSOLUTES), random.choice(SHARES), random.choice(("ALL", "ANY")))


def order_line(random: Random) -> OrderLine:
    def quantity() -> Decimal:
        return random.choice(QUANTITIES)

    def day() -> date:
        return FIRST + timedelta(days=random.randint(0, 29))

    arrivals = [Receipt(f"R{n}", "RECEIPT", quantity(), day()) for n in range(random.randint(0, 4))]
    back = [
        Receipt(
            f"B{n}",
            random.choice(("RETURN", "VOID")),
            quantity(),
            day(),
            random.choice([None, *(receipt.id for receipt in arrivals)]),
            random.random() < 0.8,
        )
        for n in range(random.choice((0, 0, 0, 1, 2)))
    ]
    price = random.choice(PRICES)
    bills: dict[Decimal, Invoice] = {}
    for n in range(random.randint(1, 4)):
        bill = Invoice(
            f"I{n}", "INVOICE", quantity(), (price * (1 + random.choice(RISES))).quantize(SIX), day()
        )
        # Bills of one amount for one order are another rule's: they may be the same bill twice (3.4.9).
        bills[round(bill.quantity * bill.price, 2) or Decimal(-n)] = bill
    credits = [
        Invoice(
            *(f"C{n}", "CREDIT", quantity(), price, day()),
            random.choice([None, *(bill.id for bill in bills.values())]),
        )
        for n in range(random.choice((0, 0, 1)))
    ]
    return OrderLine(
        ordered=quantity() * random.randint(1, 4),
        price=price,
        is_complete=random.random() < 0.3,
        promised=random.choice((None, day())),
        receipts=(*arrivals, *back),
        invoices=(*bills.values(), *credits),
        price_rule=tolerance(random),
        ordered_rule=tolerance(random),
        received_rule=tolerance(random),
    )


def order_lines() -> st.SearchStrategy[list[OrderLine]]:
    """A world of lines from one seed: many lines judged at once need variety more than a small example."""
    return st.integers(0, 10**9).map(lambda seed: [order_line(random) for random in [Random(seed)] * LINES])


def rows(lines: Sequence[OrderLine], shuffled: Any = None) -> dict[str, list[dict[str, Any]]]:
    """Canonical rows of the lines; line k has an entity and a supplier of its own."""
    tables: dict[str, list[dict[str, Any]]] = {
        "raw_landscape.run": [
            {
                "run_id": "r",
                "as_of": AS_OF,
                "as_of_ends_at": "2026-04-01 05:00",
                "known_at": "2026-04-02",
                "currency": "USD",
                "timezone": "America/Chicago",
                "rule_set_version": "1",
            }
        ],
        "raw_landscape.instance": [
            {
                "source_instance": "main",
                "source_system": "feed",
                "timezone": "America/Chicago",
                "fresh_within_hours": 1000,
                "last_loaded_at": "2026-04-02",
            }
        ],
        "raw_landscape.parameter": [{"parameter_code": "RECEIPT_SLA_DAYS", "value": LIMIT_DAYS}],
        "raw_landscape.tolerance": [],
    }
    for number, line in enumerate(lines):
        for table, found in _line_rows(number, line):
            tables.setdefault(table, []).extend(found)
    if shuffled is not None:
        for found in tables.values():
            shuffled.shuffle(found)
    return tables


def _line_rows(number: int, line: OrderLine) -> Iterable[tuple[str, list[dict[str, Any]]]]:
    order, entity, supplier = f"L{number}", f"E{number}", f"V{number}"
    yield (
        "canonical.can_supplier",
        [
            canonical(
                *("supplier", supplier),
                supplier_id=supplier,
                supplier_number=supplier,
                legal_name=supplier,
                status="ACTIVE",
            )
        ],
    )
    for check, rule in (
        ("PRICE", line.price_rule),
        ("QTY_ORDERED", line.ordered_rule),
        ("QTY_RECEIVED", line.received_rule),
    ):
        yield (
            "raw_landscape.tolerance",
            [
                {
                    "entity": entity,
                    "check_code": check,
                    "upper_abs": rule.absolute,
                    "upper_pct": rule.share,
                    "combine": rule.combine,
                }
            ],
        )
    yield (
        "canonical.can_purchase_order",
        [
            canonical(
                "purchase_order",
                order,
                po_id=order,
                po_number=order,
                po_type="STANDARD",
                supplier_id=supplier,
                legal_entity_code=entity,
                currency_code="USD",
                status="SENT",
                created_at="2026-01-02 15:00",
                approved_at="2026-01-02 15:00",
            )
        ],
    )
    yield (
        "canonical.can_purchase_order_line",
        [
            canonical(
                "purchase_order_line",
                f"{order}-1",
                po_line_id=f"{order}-1",
                po_id=order,
                line_number="1",
                quantity=line.ordered,
                order_uom_code="ML",
                unit_price=line.price,
                line_amount=round(line.ordered * line.price, 2),
                is_delivery_complete=line.is_complete,
                promised_date=line.promised,
            )
        ],
    )
    yield (
        "canonical.can_receipt_line",
        [
            canonical(
                "receipt_line",
                f"{order}{receipt.id}",
                receipt_line_id=f"{order}{receipt.id}",
                receipt_number=f"{order}{receipt.id}",
                line_number="1",
                receipt_type=receipt.kind,
                po_number=order,
                po_line_number="1",
                quantity=receipt.quantity if receipt.kind == "RECEIPT" else -receipt.quantity,
                uom_code="ML",
                receipt_date=receipt.day,
                original_receipt_line_id=f"{order}{receipt.original}" if receipt.original else None,
                is_credit_expected=receipt.is_credit_expected,
            )
            for receipt in line.receipts
        ],
    )
    for bill in line.invoices:
        sign = -1 if bill.kind == "CREDIT" else 1
        name, amount = f"{order}{bill.id}", sign * round(bill.quantity * bill.price, 2)
        yield (
            "canonical.can_invoice",
            [
                canonical(
                    "invoice",
                    name,
                    invoice_id=name,
                    invoice_number=name,
                    invoice_type=bill.kind,
                    supplier_id=supplier,
                    legal_entity_code=entity,
                    invoice_date=bill.day,
                    currency_code="USD",
                    gross_amount=amount,
                    status="RECEIVED",
                    original_invoice_id=f"{order}{bill.original}" if bill.original else None,
                    credit_kind="QUANTITY" if bill.kind == "CREDIT" else None,
                )
            ],
        )
        yield (
            "canonical.can_invoice_line",
            [
                canonical(
                    "invoice_line",
                    f"{name}",
                    invoice_line_id=name,
                    invoice_id=name,
                    line_number="1",
                    charge_class="GOODS",
                    po_number=order,
                    po_line_number="1",
                    quantity=sign * bill.quantity,
                    uom_code="ML",
                    unit_price=bill.price,
                    line_amount=amount,
                )
            ],
        )

"""Random order lines with their receipts and bills, and the canonical rows that say the same."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from tests.rules.engine import canonical
from tests.rules.oracle import Invoice, OrderLine, Receipt, Tolerance

AS_OF = date(2026, 3, 31)
LIMIT_DAYS = 14
FIRST = date(2026, 3, 1)
QUANTITY = st.sampled_from([Decimal(text) for text in ("1", "2", "3", "5", "10", "0.5", "7.25")])
DAY = st.integers(0, 29).map(lambda days: FIRST + timedelta(days=days))
PRICES = tuple(Decimal(text) for text in ("0", "1", "9.99", "10", "12.3456"))
RISES = tuple(Decimal(text) for text in ("0", "0", "0", "0.02", "0.0201", "0.5", "-0.01"))
LIMITS = (None, Decimal(0), Decimal("0.02"), Decimal("0.25"), Decimal(1))


@st.composite
def tolerances(draw: st.DrawFn) -> Tolerance:
    absolute = draw(st.sampled_from((None, Decimal(0), Decimal(1), Decimal(25))))
    return Tolerance(absolute, draw(st.sampled_from(LIMITS)), draw(st.sampled_from(("ALL", "ANY"))))


@st.composite
def order_lines(draw: st.DrawFn, with_rules: bool = True) -> OrderLine:
    arrivals = [
        Receipt(f"R{n}", "RECEIPT", draw(QUANTITY), draw(DAY)) for n in range(draw(st.integers(0, 4)))
    ]
    named = st.sampled_from([None, *(receipt.id for receipt in arrivals)])
    back = [
        Receipt(
            f"B{n}",
            draw(st.sampled_from(("RETURN", "VOID"))),
            draw(QUANTITY),
            draw(DAY),
            draw(named),
            draw(st.booleans()),
        )
        for n in range(draw(st.integers(0, 2)))
    ]
    price = draw(st.sampled_from(PRICES))
    bills = [
        Invoice(f"I{n}", "INVOICE", draw(QUANTITY), price + price * draw(st.sampled_from(RISES)), draw(DAY))
        for n in range(draw(st.integers(1, 4)))
    ]
    bills = [replace(bill, price=bill.price.quantize(Decimal("0.000001"))) for bill in bills]
    billed = st.sampled_from([None, *(bill.id for bill in bills)])
    credits = [
        Invoice(f"C{n}", "CREDIT", draw(QUANTITY), price, draw(DAY), draw(billed))
        for n in range(draw(st.integers(0, 1)))
    ]
    rule = tolerances() if with_rules else st.just(Tolerance(Decimal(0), Decimal(0)))
    return OrderLine(
        ordered=draw(QUANTITY) * draw(st.integers(1, 4)),
        price=price,
        is_complete=draw(st.booleans()),
        promised=draw(st.none() | DAY),
        receipts=(*arrivals, *back),
        invoices=(*bills, *credits),
        price_rule=draw(rule),
        ordered_rule=draw(rule),
        received_rule=draw(rule),
    )


def rows(lines: Sequence[OrderLine], shuffled: Any = None) -> dict[str, list[dict[str, Any]]]:
    """Canonical rows of the lines; line k belongs to entity `Ek`, whose tolerances are its own."""
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
        "canonical.can_supplier": [
            canonical("supplier", "V", supplier_id="V", supplier_number="V", legal_name="V", status="ACTIVE")
        ],
    }
    for number, line in enumerate(lines):
        for table, found in _line_rows(number, line):
            tables.setdefault(table, []).extend(found)
    if shuffled is not None:
        for found in tables.values():
            shuffled.shuffle(found)
    return tables


def _line_rows(number: int, line: OrderLine) -> Iterable[tuple[str, list[dict[str, Any]]]]:
    order, entity = f"L{number}", f"E{number}"
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
                supplier_id="V",
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
                    supplier_id="V",
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

"""Charges are shared to the cent, and a quantity survives the way into base units and back."""

from collections.abc import Sequence
from decimal import Decimal

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.rules.engine import Rules, canonical
from tests.rules.worlds import rows

several = settings(
    max_examples=4, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck), print_blob=False
)
cents = st.integers(-50_000, 100_000).map(lambda value: Decimal(value) / 100)
charged = st.lists(st.tuples(st.lists(cents, min_size=1, max_size=7), cents), min_size=20, max_size=40)
FACTORS = (Decimal(1), Decimal(7), Decimal(12), Decimal("0.25"), Decimal("28.34952313"))
packed = st.lists(
    st.tuples(st.sampled_from(FACTORS), st.integers(1, 5000).map(Decimal), cents.map(abs)),
    min_size=20,
    max_size=40,
)


@several
@given(invoices=charged)
def test_charges_are_shared_to_the_cent(
    rules: Rules, invoices: Sequence[tuple[list[Decimal], Decimal]]
) -> None:
    tables = rows([])
    for number, (amounts, charge) in enumerate(invoices):
        name = f"N{number}"
        tables.setdefault("canonical.can_invoice", []).append(
            canonical(
                "invoice", name, invoice_id=name, invoice_number=name, invoice_type="INVOICE", supplier_id="V"
            )
            | {"invoice_date": "2026-03-01", "currency_code": "USD", "gross_amount": sum(amounts) + charge}
        )
        for line, (amount, kind) in enumerate(
            [*((amount, "GOODS") for amount in amounts), (charge, "FREIGHT")]
        ):
            key = f"{name}-{line}"
            tables.setdefault("canonical.can_invoice_line", []).append(
                canonical("invoice_line", key, invoice_line_id=key, invoice_id=name, line_number=line)
                | {"charge_class": kind, "line_amount": amount}
            )
    rules.judge(tables)
    found = rules.query(
        "select facts.invoice_id, sum(allocated_amount) as amount, count(*) as lines"
        " from conformed.bridge_charge_x_invoice_line"
        " join conformed.fct_invoice_line as facts using (invoice_line_key)"
        " group by all"
    )
    assert {row["invoice_id"]: (row["amount"], row["lines"]) for row in found} == {
        f"N{number}": (charge, len(amounts)) for number, (amounts, charge) in enumerate(invoices)
    }


@several
@given(lines=packed)
def test_units_there_and_back(rules: Rules, lines: Sequence[tuple[Decimal, Decimal, Decimal]]) -> None:
    """A line ordered in packs has the same quantity and price after the way through base units."""
    tables = rows([])
    for number, (factor, quantity, price) in enumerate(lines):
        order = f"P{number}"
        for table, row in (
            ("item", canonical("item", order, item_id=order, item_number=order, base_uom_code="ML")),
            (
                "item_uom_conversion",
                canonical(
                    "item_uom_conversion", f"{order}||BX|", item_id=order, from_uom_code="BX", factor=factor
                ),
            ),
            (
                "purchase_order",
                canonical(
                    "purchase_order",
                    order,
                    po_id=order,
                    po_number=order,
                    supplier_id="V",
                    legal_entity_code="E",
                )
                | {"currency_code": "USD", "status": "SENT", "created_at": "2026-01-02"},
            ),
            (
                "purchase_order_line",
                canonical(
                    "purchase_order_line", order, po_line_id=order, po_id=order, line_number=1, item_id=order
                )
                | {"quantity": quantity, "order_uom_code": "BX", "unit_price": price},
            ),
        ):
            tables.setdefault(f"canonical.can_{table}", []).append(row)
    rules.judge(tables)
    for row in rules.query("select * from conformed.fct_purchase_order_line"):
        factor, quantity, price = lines[int(row["native_id"].removeprefix("P"))]
        assert row["unit_factor"] == factor
        assert row["ordered_quantity"] == (quantity * factor).quantize(Decimal("0.000001"))
        assert abs(row["ordered_quantity"] / factor - quantity) <= Decimal("0.000001")
        assert abs(row["base_unit_price"] * factor - price) <= factor * Decimal("0.0000005")
        assert row["order_unit_price"] == price

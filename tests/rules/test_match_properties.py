"""Properties that hold for every order line, and the models against an independent reading of the rules."""

from decimal import Decimal
from random import Random
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.rules.engine import Rules
from tests.rules.oracle import OrderLine, judge
from tests.rules.worlds import AS_OF, LIMIT_DAYS, order_lines, rows

JUDGED = "select * from controls.rec_invoice_line_vs_purchase_order_line order by native_id"
PAIRS = "select * from conformed.bridge_invoice_line_x_receipt_line order by all"
OPEN = "select * from controls.rec_receipt_vs_invoice order by native_id"
STATES = "select * from controls.int_lifecycle__line order by purchase_order_line_key"
several = settings(
    max_examples=3, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck), print_blob=False
)
worlds = order_lines()


def codes_of(row: dict[str, Any]) -> tuple[str, ...]:
    return tuple(code for code in row["codes"].split(",") if code)


@several
@given(lines=worlds)
def test_models_agree_with_an_independent_reading(rules: Rules, lines: list[OrderLine]) -> None:
    rules.judge(rows(lines))
    found = {row["native_id"]: row for row in rules.query(JUDGED)}
    pairs = {
        (row["invoice_line_native_id"], row["receipt_line_native_id"]): row["allocated_quantity"]
        for row in rules.query(PAIRS)
    }
    for number, line in enumerate(lines):
        verdicts, expected_pairs = judge(line, AS_OF, LIMIT_DAYS)
        prefix = f"L{number}"
        for name, verdict in verdicts.items():
            row = found[f"{prefix}{name}"]
            seen = (
                codes_of(row),
                row["match_status"],
                row["covered_quantity"],
                row["previously_invoiced_quantity"],
            )
            assert seen == (verdict.codes, verdict.status, verdict.covered, verdict.previous), (name, line)
        mine = {
            key: quantity
            for key, quantity in pairs.items()
            if key[0].startswith((f"{prefix}I", f"{prefix}C"))
        }
        assert mine == {(f"{prefix}{i}", f"{prefix}{r}"): q for (i, r), q in expected_pairs.items()}, line


@several
@given(lines=worlds)
def test_allocation_conserves_quantity(rules: Rules, lines: list[OrderLine]) -> None:
    """Per line it hands out min(received, invoiced), and no document more than it has left."""
    rules.judge(rows(lines))
    wrong = rules.query(
        """
        with invoiced as (
            select purchase_order_line_key, sum(net_quantity) as quantity
            from conformed.fct_invoice_line_net group by all
        ), received as (
            select purchase_order_line_key, sum(net_quantity) as quantity
            from conformed.fct_receipt_line_net group by all
        ), handed as (
            select purchase_order_line_key, sum(allocated_quantity) as quantity
            from conformed.bridge_invoice_line_x_receipt_line group by all
        )
        select * from conformed.fct_purchase_order_line
        left join invoiced using (purchase_order_line_key)
        left join received using (purchase_order_line_key)
        left join handed using (purchase_order_line_key)
        where coalesce(handed.quantity, 0)
            <> least(coalesce(invoiced.quantity, 0), coalesce(received.quantity, 0))
        """
    )
    assert not wrong
    for net, key in (
        ("fct_invoice_line_net", "invoice_line_key"),
        ("fct_receipt_line_net", "receipt_line_key"),
    ):
        assert not rules.query(
            f"select {key} from conformed.bridge_invoice_line_x_receipt_line"
            f" join conformed.{net} using ({key}) group by {key}, net_quantity"
            " having sum(allocated_quantity) > net_quantity or min(allocated_quantity) <= 0"
        )


@several
@given(lines=worlds, seed=st.integers(0, 1000))
def test_order_of_rows_does_not_matter(rules: Rules, lines: list[OrderLine], seed: int) -> None:
    """Nor of events: verdicts, allocation, what is open (3.9) and states (3.11) follow from facts alone."""
    asked = (JUDGED, PAIRS, OPEN, STATES)
    rules.judge(rows(lines))
    before = [rules.query(sql) for sql in asked]
    assert all(before) and len({row["line_state"] for row in before[3]}) > 2
    rules.judge(rows(lines, shuffled=Random(seed)))
    assert [rules.query(sql) for sql in asked] == before


@several
@given(lines=worlds, seed=st.integers(0, 1000))
def test_every_unit_is_open_in_one_class(rules: Rules, lines: list[OrderLine], seed: int) -> None:
    """Received less posted is what is owed less what is due back, and no unit is both (3.9)."""
    given_rows, random = rows(lines), Random(seed)
    for bill in given_rows["canonical.can_invoice"]:
        if random.random() < 0.5:
            bill |= {"status": "POSTED", "posting_date": bill["invoice_date"]}
    rules.judge(given_rows)
    found = [row for row in rules.query(OPEN) if row["is_counted"]]
    classes = ("grni", "not_posted", "credit_expected", "irng")
    for row in found:
        grni, waiting, credit, ahead = (row[f"{name}_quantity"] for name in classes)
        assert row["received_quantity"] - row["posted_quantity"] == grni + waiting - credit - ahead, row
        assert min(grni, waiting, credit, ahead) >= 0 and not (grni + waiting and credit + ahead), row
        assert credit <= row["returned_quantity"] and row["posted_quantity"] <= row["billed_quantity"], row
    assert all(any(row[f"{name}_quantity"] for row in found) for name in classes)


@several
@given(lines=worlds, more=st.sampled_from([Decimal("0.01"), Decimal("0.3"), Decimal(5)]))
def test_a_larger_tolerance_never_creates_an_exception(
    rules: Rules, lines: list[OrderLine], more: Decimal
) -> None:
    given_rows = rows(lines)
    rules.judge(given_rows)
    before = {row["native_id"]: row["match_status"] for row in rules.query(JUDGED)}
    for rule in given_rows["raw_landscape.tolerance"]:
        for limit in ("upper_abs", "upper_pct"):
            if rule[limit] is not None:
                rule[limit] += more
    rules.judge(given_rows)
    after = {row["native_id"]: row["match_status"] for row in rules.query(JUDGED)}
    assert [name for name in after if after[name] == "EXCEPTION" and before[name] != "EXCEPTION"] == []

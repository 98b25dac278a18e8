"""`trace` and `explain` on a finished demo: every kind of document leads to its chain."""

import json

import pytest
from house import Finished

pytestmark = pytest.mark.timeout(1800)
WIDTH = 110
# An order line with receipt, invoice and payment, and one of its findings.
WHOLE = """
    select lines.po_number, lines.line_number, receipts.receipt_number, invoices.native_id,
        payments.native_id as payment
    from conformed.fct_purchase_order_line as lines
    inner join conformed.fct_receipt_line as receipts
        on lines.purchase_order_line_key = receipts.purchase_order_line_key
    inner join conformed.fct_invoice_line as bills
        on lines.purchase_order_line_key = bills.purchase_order_line_key
    inner join conformed.fct_invoice as invoices on bills.invoice_key = invoices.invoice_key
    inner join conformed.fct_payment_application as applications
        on invoices.invoice_key = applications.invoice_key
    inner join conformed.fct_payment as payments on applications.payment_key = payments.payment_key
    order by lines.po_number, lines.line_number, payments.native_id limit 1
"""
FINDING = """
    select exception_id, code, business_key from controls.exc_exception
    where code = 'PRICE_OVER' and status = 'OPEN' order by exception_id limit 1
"""


def test_every_document_of_a_chain_leads_to_it(demo: Finished) -> None:
    [(po, line, receipt, invoice, payment)] = demo.house.query(WHOLE)
    for name in (
        f"{po}|{line}",
        f"order:{po}",
        f"receipt:{receipt}",
        f"invoice:{invoice}",
        f"payment:{payment}",
    ):
        outcome = demo.house.ask("trace", name, "--json")
        assert outcome.code == 0, outcome.text
        numbers = {
            (chain["line"]["po_number"], chain["line"]["line_number"])
            for chain in json.loads(outcome.out)["chains"]
        }
        assert (po, line) in numbers, name
    outcome = demo.house.ask("trace", f"{po}|{line}")
    for words in (
        f"order {po}|{line}",
        f"receipt {receipt}",
        "payment ",
        "State by system",
        "General ledger",
    ):
        assert words in outcome.out, words
    assert max(map(len, outcome.out.splitlines())) <= WIDTH


def test_a_finding_is_explained_in_plain_words(demo: Finished) -> None:
    [(exception_id, code, key)] = demo.house.query(FINDING)
    outcome = demo.house.ask("explain", exception_id[:12])
    assert outcome.code == 0, outcome.text
    for words in (code, key, "means", "rule", "owner", "cure", "po unit price", "invoice unit price"):
        assert words in outcome.out, words
    assert max(map(len, outcome.out.splitlines())) <= WIDTH
    same = demo.house.ask("explain", code, key, "--json")
    assert [one["exception_id"] for one in json.loads(same.out)] == [exception_id]
    chain = demo.house.ask("trace", f"finding:{exception_id[:12]}")
    assert chain.code == 0 and code in chain.out


def test_what_nobody_knows_and_what_several_are(demo: Finished) -> None:
    unknown = demo.house.ask("trace", "NO-SUCH-PAPER")
    assert unknown.code == 2 and "NO-SUCH-PAPER" in unknown.err
    [(line, _)] = demo.house.query(
        "select native_id, count(*) from controls.exc_exception"
        " group by native_id having count(*) > 1 order by native_id limit 1"
    )
    several = demo.house.ask("explain", line)
    assert several.code == 2 and "ask for one by its id" in several.out


def test_a_code_is_explained_before_its_findings(demo: Finished) -> None:
    found = demo.house.ask("explain", "price_over")
    assert found.code == 0 and found.out.startswith("PRICE_OVER  BLOCK"), found.text
    for words in (
        "means",
        "procurement_buyer",
        "A credit memo, a corrected invoice",
        "ask for one by its id",
    ):
        assert words in found.out, words
    assert max(map(len, found.out.splitlines())) <= WIDTH
    never = demo.house.ask("explain", "PERIOD_CLOSED")
    assert never.code == 0 and "Post into an open period." in never.out and "0 findings have it." in never.out
    as_json = demo.house.ask("explain", "PRICE_OVER", "--json")
    assert {one["code"] for one in json.loads(as_json.out)} == {"PRICE_OVER"}

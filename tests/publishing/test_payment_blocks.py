"""Payments to a supplier are blocked and unblocked once, and never over somebody else's block."""

from __future__ import annotations

from target_world import (
    Publisher,
    payment_block,
    reasons,
)

from publishing.messages import State
from publishing.odata import ODataClient
from sandbox.serve import Sandbox


def _blocks(publish: Publisher, number: str) -> list[str]:
    book = publish.book("erp_cloud", "supplier_companies")
    return [each["PaymentBlockingReason"] for each in book if each["Supplier"] == number]


def test_payments_are_blocked_once_and_unblocked_once(publish: Publisher, estate: Sandbox) -> None:
    number, entity = "100200", "supplier_payment_block"
    estate.chaos("erp_cloud", timeout_after_commit=1, hang_seconds=0.2)
    assert publish("erp_cloud", entity, payment_block(number)).confirmed == 1
    assert publish("erp_cloud", entity, payment_block(number)).unchanged == 1
    assert _blocks(publish, number) == ["B"]
    assert publish("erp_cloud", entity, payment_block(number, "UNBLOCK")).confirmed == 1
    assert publish("erp_cloud", entity, payment_block(number, "UNBLOCK")).unchanged == 1
    assert publish("erp_cloud", entity, payment_block(number)).confirmed == 1
    assert _blocks(publish, number) == ["B", "", "B"]


def test_a_block_of_somebody_else_is_left_alone(publish: Publisher) -> None:
    number, entity = "100207", "supplier_payment_block"
    path = f"API_BUSINESS_PARTNER/A_SupplierCompany(Supplier='{number}',CompanyCode='LH01')"
    somebody = ODataClient(publish.endpoints["erp_cloud"], "API_BUSINESS_PARTNER/A_SupplierCompany")
    somebody.write("PATCH", path, json={"PaymentBlockingReason": "A"}, headers={"If-Match": "*"})
    somebody.close()
    assert publish("erp_cloud", entity, payment_block(number)).confirmed == 1
    assert publish("erp_cloud", entity, payment_block(number, "UNBLOCK")).confirmed == 1
    assert _blocks(publish, number) == ["A"]


def test_a_supplier_the_erp_does_not_know_cannot_be_blocked(publish: Publisher) -> None:
    report = publish("erp_cloud", "supplier_payment_block", payment_block("0"))
    assert (report.confirmed, report.rejected) == (0, 1)
    assert "no company code" in reasons(publish, State.REJECTED)[0]

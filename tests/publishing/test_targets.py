"""Each adapter on its target's real wire: content arrives, once, and every refusal has its reason."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from target_world import (
    MADE,
    TAX_ID,
    TOKEN,
    Publisher,
    contract_price,
    item_uom,
    journal,
    key_of,
    reasons,
    reversal,
    states,
    supplier,
)

from publishing.messages import State
from publishing.odata import ODataClient
from publishing.outbox import delivery_rows
from sandbox.serve import Sandbox

WRITES = [(target, entity) for target, entity in MADE if target != "apauto"]
BOOKS = {
    "supplier": "suppliers",
    "accrual_journal": "journals",
    "contract_price": "contract_prices",
    "item_uom": "item_units",
}


@pytest.fixture
def name() -> str:
    """A document no other test has used: the books of the sandbox go on."""
    return uuid.uuid4().hex[:10]


def newest(publish: Publisher, target: str, kind: str) -> dict[str, Any]:
    return publish.book(target, kind)[-1]


def test_a_supplier_arrives_with_its_tax_id_in_plain(publish: Publisher, name: str) -> None:
    assert publish("erp_cloud", "supplier", supplier(name)).confirmed == 1
    written = newest(publish, "erp_cloud", "suppliers")
    assert (written["TaxNumber1"], written["ExternalReference"]) == (TAX_ID, f"procurement|{name}")
    (row,) = delivery_rows(publish.run.state)
    assert (row["state"], row["reference"]) == ("CONFIRMED", written["Supplier"])
    assert json.loads(row["payload"])["tax_id"] == TOKEN


def test_a_journal_arrives_balanced_with_the_cost_center_at_the_expense(
    publish: Publisher, name: str
) -> None:
    assert publish("erp_cloud", "accrual_journal", journal(name, "0.10")).confirmed == 1
    items = newest(publish, "erp_cloud", "journals")["to_Items"]["results"]
    assert [(item["DebitCreditCode"], item["GLAccount"], item["CostCenter"]) for item in items] == [
        ("S", "610100", "7000"),
        ("H", "220000", None),
    ]
    assert {(item["Amount"], item["AssignmentReference"]) for item in items} == {("0.10", "PO1|1")}


def test_a_contract_price_arrives_exactly(publish: Publisher, name: str) -> None:
    assert publish("procurement", "contract_price", contract_price(name, "9.250001")).confirmed == 1
    written = newest(publish, "procurement", "contract_prices")
    assert (written["price"], written["end-date"]) == ("9.250001", "2027-07-01")
    assert written["item"] == {"item-number": "400000"}


def test_a_unit_is_confirmed_once_inventory_acknowledges_it(publish: Publisher, name: str) -> None:
    assert publish("inventory", "item_uom", item_uom(name)).confirmed == 1
    written = newest(publish, "inventory", "item_units")
    assert (written["reference"], Decimal(written["factor"])) == (key_of("inventory", name)[:32], 12)


@pytest.mark.parametrize(("target", "entity"), WRITES)
@pytest.mark.parametrize("when", ["before", "after"])
def test_x_2_a_time_out_around_the_commit_makes_one_posting(
    publish: Publisher, estate: Sandbox, name: str, target: str, entity: str, when: str
) -> None:
    """X-2: after the commit nothing is posted again, before it the message goes once more."""
    row, book = MADE[target, entity](name), BOOKS[entity]
    before = len(publish.book(target, book))
    switches: dict[str, Any] = {f"timeout_{when}_commit": 1}
    estate.chaos(target, **switches, **({} if target == "inventory" else {"hang_seconds": 0.2}))
    report = publish(target, entity, row)
    assert (report.confirmed + report.acknowledged, report.unknown) == (1, 0)
    if report.acknowledged:
        time.sleep(2)
    assert publish(target, entity, row).sent == 0
    assert states(publish, target, entity) == {"CONFIRMED": 1}
    assert len(publish.book(target, book)) == before + 1


@pytest.mark.parametrize(("when", "invoice"), [("before", "AP000000001"), ("after", "AP000000007")])
def test_a_time_out_around_a_match_status_makes_one_posting(
    publish: Publisher, estate: Sandbox, when: str, invoice: str
) -> None:
    estate.chaos("apauto", **{f"timeout_{when}_commit": 1, "hang_seconds": 0.2})
    row = MADE["apauto", "invoice_match_status"](invoice)
    assert publish("apauto", "invoice_match_status", row).confirmed == 1
    assert publish("apauto", "invoice_match_status", row).sent == 0
    posted = [each for each in publish.book("apauto", "match_status") if each["invoice_id"] == invoice]
    assert len(posted) == 1


@pytest.mark.parametrize(("target", "entity"), WRITES)
def test_a_busy_failing_target_gets_it_once(
    publish: Publisher, estate: Sandbox, name: str, target: str, entity: str
) -> None:
    row, book = MADE[target, entity](name), BOOKS[entity]
    before = len(publish.book(target, book))
    if target == "inventory":
        estate.chaos(target, fail_next=1)
    else:
        estate.chaos(target, throttle_next=1, fail_next=1)
    assert publish(target, entity, row).confirmed == 1
    assert len(publish.book(target, book)) == before + 1


@pytest.mark.parametrize(("target", "entity"), WRITES)
def test_a_lost_ledger_finds_its_messages_at_the_target(
    publisher_on: Callable[..., Publisher], database: str, name: str, target: str, entity: str
) -> None:
    """Our unique reference is taken: by the same content, so that is all that was wanted."""
    first, row = publisher_on(), MADE[target, entity](name)
    first(target, entity, row)
    before = len(first.book(target, BOOKS[entity]))
    second = publisher_on(database.replace("postgresql://", "postgresql+psycopg://"))
    assert second(target, entity, row).confirmed == 1
    assert len(first.book(target, BOOKS[entity])) == before


@pytest.mark.parametrize(
    ("target", "entity", "other", "column"),
    [
        ("erp_cloud", "supplier", {"payment_term_code": "NET45"}, "payment_term_code"),
        ("erp_cloud", "supplier", {"tax_id": "tok_b"}, "tax_id"),
        ("erp_cloud", "accrual_journal", {"amount": Decimal("1.00")}, "amount"),
        ("procurement", "contract_price", {"unit_price": Decimal("1.000000")}, "unit_price"),
    ],
)
def test_other_content_under_our_reference_waits_for_a_person(
    publisher_on: Callable[..., Publisher],
    database: str,
    name: str,
    target: str,
    entity: str,
    other: dict[str, Any],
    column: str,
) -> None:
    first = publisher_on()
    first(target, entity, MADE[target, entity](name))
    before = len(first.book(target, BOOKS[entity]))
    second = publisher_on(database.replace("postgresql://", "postgresql+psycopg://"))
    second.vault.values["tok_b"] = "987654329"
    make: Any = MADE[target, entity]
    report = second(target, entity, make(name, **other))
    assert (report.confirmed, report.conflicts) == (0, 1)
    (reason,) = reasons(second, State.CONFLICT)
    assert reason.startswith("CONFLICT: ")
    assert column in reason
    assert second(target, entity, make(name, **other)).sent == 0
    assert len(first.book(target, BOOKS[entity])) == before


@pytest.mark.parametrize(
    ("target", "entity", "wrong", "code"),
    [
        ("erp_cloud", "supplier", {"payment_term_code": "NET99"}, "UNKNOWN_PAYMENT_TERMS"),
        ("erp_cloud", "accrual_journal", {"debit_account_code": "999999"}, "UNKNOWN_ACCOUNT"),
        ("procurement", "contract_price", {"supplier_number": "0"}, "supplier does not exist"),
        ("inventory", "item_uom", {"uom_code": "ZZ"}, "UNKNOWN_UNIT"),
    ],
)
def test_a_refusal_carries_its_code_and_the_rest_goes(
    publish: Publisher, name: str, target: str, entity: str, wrong: dict[str, Any], code: str
) -> None:
    make: Any = MADE[target, entity]
    report = publish(target, entity, make(name, **wrong), make(f"{name}-good"))
    assert (report.confirmed, report.rejected) == (1, 1)
    (reason,) = reasons(publish, State.REJECTED)
    assert code in reason


def test_bad_journals_are_found_among_many_and_only_they_stay_behind(publish: Publisher, name: str) -> None:
    before = len(publish.book("erp_cloud", "journals"))
    rows = [journal(f"{name}-{n:02}") for n in range(60)]
    rows[7] = journal(f"{name}-07", debit_account_code="999999")
    rows[41] = reversal(f"{name}-nowhere") | {"depends_on": None}
    report = publish("erp_cloud", "accrual_journal", *rows)
    assert (report.confirmed, report.rejected) == (58, 2)
    assert len(publish.book("erp_cloud", "journals")) == before + 58
    assert sorted(reason.split(":")[0] for reason in reasons(publish, State.REJECTED)) == [
        "NOTHING_TO_REVERSE",
        "UNKNOWN_ACCOUNT",
    ]


def test_a_time_out_while_halving_neither_loses_nor_doubles(
    publish: Publisher, estate: Sandbox, name: str
) -> None:
    before = len(publish.book("erp_cloud", "journals"))
    estate.chaos("erp_cloud", timeout_after_commit=2, hang_seconds=0.2)
    rows = [journal(f"{name}-{n}") for n in range(8)]
    rows[3] = journal(f"{name}-3", currency_code="USD", debit_account_code="999999")
    report = publish("erp_cloud", "accrual_journal", *rows)
    assert (report.confirmed, report.rejected, report.unknown) == (7, 1, 0)
    assert len(publish.book("erp_cloud", "journals")) == before + 7


def test_a_session_that_ends_is_renewed(
    publish: Publisher, estate: Sandbox, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    find = ODataClient.find

    def find_and_expire(*args: Any) -> Any:
        estate.chaos("erp_cloud", expire_tokens=True)
        return find(*args)

    monkeypatch.setattr(ODataClient, "find", find_and_expire)
    report = publish("erp_cloud", "supplier", supplier(f"{name}-1"), supplier(f"{name}-2"))
    assert report.confirmed == 2


def test_a_changed_supplier_is_written_over_the_version_that_was_read(
    publish: Publisher, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish("erp_cloud", "supplier", supplier(name))
    number = newest(publish, "erp_cloud", "suppliers")["Supplier"]
    read, meddled = ODataClient.read, []

    def read_then_somebody_changes(self: ODataClient, path: str) -> Any:
        found = read(self, path)
        if f"('{number}')" in path and not meddled:
            meddled.append(path)
            place = path.partition("?")[0]
            self.write("PATCH", place, json={"DUNS": "111111111"}, headers={"If-Match": "*"})
        return found

    monkeypatch.setattr(ODataClient, "read", read_then_somebody_changes)
    report = publish("erp_cloud", "supplier", supplier(name, payment_term_code="NET45", duns=None))
    assert (report.confirmed, len(meddled)) == (1, 1)
    written = newest(publish, "erp_cloud", "suppliers")
    assert (written["Supplier"], written["PaymentTerms"], written["DUNS"]) == (number, "NET45", "111111111")


def test_a_changed_contract_price_is_put_over_its_record(publish: Publisher, name: str) -> None:
    publish("procurement", "contract_price", contract_price(name))
    first = newest(publish, "procurement", "contract_prices")
    assert publish("procurement", "contract_price", contract_price(name, "8.000000")).confirmed == 1
    second = newest(publish, "procurement", "contract_prices")
    assert (second["id"], second["price"]) == (first["id"], "8.000000")


def test_no_plain_value_is_kept_anywhere(
    publisher_on: Callable[..., Publisher], estate: Sandbox, name: str, capfd: Any
) -> None:
    shadow = publisher_on(mode="shadow")
    preview = shadow("erp_cloud", "supplier", supplier(name)).preview
    publish = publisher_on()
    publish("erp_cloud", "supplier", supplier(name), supplier(f"{name}-bad", payment_term_code="NET99"))
    shadow("erp_cloud", "supplier", supplier(name, duns="999999999"))
    assert preview is not None
    dump = [path.read_bytes() for path in shadow.home.rglob("*") if path.is_file()]
    dump += [part.encode() for part in capfd.readouterr()]
    spelled = (TAX_ID, f"{TAX_ID[:2]}-{TAX_ID[2:]}")
    assert not any(value.encode() in content for value in spelled for content in dump)


def test_what_a_target_echoes_is_scrubbed(publish: Publisher, name: str) -> None:
    publish.vault.values["tok_short"] = "9123456"
    report = publish("erp_cloud", "supplier", supplier(name, tax_id="tok_short", legal_name="91-23456"))
    assert report.rejected == 1
    assert "INVALID_TAX_NUMBER" in reasons(publish, State.REJECTED)[0]
    assert "9123456" not in reasons(publish, State.REJECTED)[0]


def test_an_unknown_token_is_rejected_with_its_remedy(publish: Publisher, name: str) -> None:
    before = len(publish.book("erp_cloud", "suppliers"))
    report = publish("erp_cloud", "supplier", supplier(name, tax_id="tok_unknown"))
    assert report.rejected == 1
    (reason,) = reasons(publish, State.REJECTED)
    assert "land its source again" in reason
    assert "tok_unknown" not in reason
    assert len(publish.book("erp_cloud", "suppliers")) == before


def test_a_unit_stays_acknowledged_until_the_target_says_done(
    publish: Publisher, estate: Sandbox, name: str
) -> None:
    publish.patience = 0.3
    estate.chaos("inventory", hold_inbound=True)
    report = publish("inventory", "item_uom", item_uom(name))
    assert (report.acknowledged, report.confirmed) == (1, 0)
    assert publish("inventory", "item_uom", item_uom(name)).sent == 0
    assert states(publish, "inventory", "item_uom") == {"ACKED": 1}
    before = len(publish.book("inventory", "item_units"))
    estate.chaos("inventory", reset=True)
    publish.patience = 5.0
    for _ in range(20):
        if publish("inventory", "item_uom", item_uom(name)).confirmed:
            break
    assert states(publish, "inventory", "item_uom") == {"CONFIRMED": 1}
    assert len(publish.book("inventory", "item_units")) == before + 1


def test_a_child_waits_until_its_parent_is_confirmed_by_any_target(publish: Publisher, name: str) -> None:
    parent = key_of("erp_cloud", name)
    child = contract_price(name, depends_on=parent)
    report = publish("procurement", "contract_price", child)
    assert (report.sent, report.held, report.withheld) == (0, 1, 0)
    assert parent in reasons(publish, State.WITHHELD)[0]
    publish("erp_cloud", "supplier", supplier(name))
    assert publish("procurement", "contract_price", child).confirmed == 1


def test_a_reversal_goes_before_a_repost_and_after_what_it_reverses(publish: Publisher, name: str) -> None:
    publish("erp_cloud", "accrual_journal", journal(name))
    rows = [journal(f"{name}-{n}") for n in range(3)]
    assert publish("erp_cloud", "accrual_journal", *rows, reversal(name)).confirmed == 4
    written = publish.book("erp_cloud", "journals")[-4:]
    assert [each["ReversesReferenceID"] is not None for each in written] == [True, False, False, False]


def test_another_amount_under_a_posted_key_is_a_conflict(publish: Publisher, name: str) -> None:
    publish("erp_cloud", "accrual_journal", journal(name))
    before = len(publish.book("erp_cloud", "journals"))
    assert publish("erp_cloud", "accrual_journal", journal(name, header_text="merged")).unchanged == 1
    report = publish("erp_cloud", "accrual_journal", journal(name, "99.00"))
    assert (report.sent, report.conflicts) == (0, 1)
    assert reasons(publish, State.CONFLICT) == [
        "amount 125.50 is confirmed under this key and 99.00 is wanted: a person decides"
    ]
    assert publish("erp_cloud", "accrual_journal", journal(name, "99.00")).conflicts == 1
    assert publish("erp_cloud", "accrual_journal", journal(name)).unchanged == 1
    assert states(publish, "erp_cloud", "accrual_journal") == {"CONFIRMED": 1, "DEAD": 1}
    assert len(publish.book("erp_cloud", "journals")) == before

"""What the cloud ERP and procurement take, what they refuse, and that they remember it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest
from erp_client import JOURNAL, JOURNAL_ITEM, SUPPLIER, Erp, journal
from wire_clients import Procurement

from sandbox.generate import generate
from sandbox.serve import Sandbox


@pytest.fixture
def erp(sandbox: Sandbox) -> Erp:
    return Erp(sandbox)


def refusal(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]["code"]


def test_a_write_needs_the_token_of_its_session(sandbox: Sandbox, erp: Erp) -> None:
    token = erp.http.headers.pop("X-CSRF-Token")
    for headers in ({}, {"X-CSRF-Token": "made up"}):
        refused = erp.http.post(SUPPLIER, json={}, headers=headers)
        assert (refused.status_code, refused.headers["x-csrf-token"]) == (403, "Required")
    erp.http.headers["X-CSRF-Token"] = token
    assert refusal(erp.http.post(SUPPLIER, json={})) == (400, "MISSING_FIELD")
    sandbox.chaos("erp_cloud", expire_tokens=True)
    assert erp.http.post(SUPPLIER, json={}).status_code == 403
    erp.log_on()
    erp.http.cookies.clear()
    assert erp.http.post(SUPPLIER, json={}).status_code == 403


def test_a_supplier_is_created_once_and_changed_by_who_saw_it(sandbox: Sandbox, erp: Erp) -> None:
    before = erp.find(SUPPLIER)
    content = {"SupplierName": "Harbor Optics", "TaxNumber1": "36-1234567", "TaxNumberType": "US1"}
    created = erp.http.post(SUPPLIER, json={**content, "ExternalReference": "procurement|77"})
    assert created.status_code == 201
    number = created.json()["d"]["Supplier"]
    again = erp.http.post(SUPPLIER, json={**content, "ExternalReference": "procurement|77"})
    assert refusal(again) == (400, "DUPLICATE_REFERENCE")
    for change, code in (
        ({"PaymentTerms": "NEVER"}, "UNKNOWN_PAYMENT_TERMS"),
        ({"Currency": "XXX"}, "UNKNOWN_CURRENCY"),
        ({"TaxNumber1": "12"}, "INVALID_TAX_NUMBER"),
        ({"Colour": "blue"}, "UNKNOWN_PROPERTY"),
    ):
        refused = erp.http.post(SUPPLIER, json={**content, "ExternalReference": "x", **change})
        assert refusal(refused) == (400, code)
    one = f"{SUPPLIER}('{number}')"
    seen = erp.http.get(one)
    assert seen.headers["etag"] == seen.json()["d"]["__metadata"]["etag"]
    assert erp.http.patch(one, json={"Currency": "USD"}).status_code == 428
    changed = erp.http.patch(one, json={"Currency": "USD"}, headers={"If-Match": seen.headers["etag"]})
    assert changed.status_code == 204
    stale = erp.http.patch(one, json={"Currency": "USD"}, headers={"If-Match": seen.headers["etag"]})
    assert refusal(stale) == (412, "PRECONDITION_FAILED")
    assert erp.http.get(f"{SUPPLIER}('nobody')").status_code == 404
    [found] = erp.find(
        SUPPLIER, filter="ExternalReference eq 'nobody' or ExternalReference eq 'procurement|77'"
    )
    assert (found["Supplier"], found["Currency"]) == (number, "USD")
    after = erp.find(SUPPLIER)
    assert after[:-1] == before and after[-1]["Supplier"] == number


def test_changing_a_supplier_of_the_files_moves_it_to_the_end(erp: Erp) -> None:
    before = erp.find(SUPPLIER)
    number = before[3]["Supplier"]
    answer = erp.http.patch(
        f"{SUPPLIER}('{number}')", json={"SupplierName": "Renamed"}, headers={"If-Match": "*"}
    )
    assert answer.status_code == 204
    after = erp.find(SUPPLIER)
    assert [row["Supplier"] for row in after] == [
        *(row["Supplier"] for row in before if row["Supplier"] != number),
        number,
    ]
    assert after[-1]["SupplierName"] == "Renamed"
    since = "LastChangeDateTime ge datetimeoffset'2026-07-01T04:59:59Z'"
    assert after[-1] in erp.find(SUPPLIER, filter=since)


def test_a_changeset_posts_whole_or_not(sandbox: Sandbox, erp: Erp) -> None:
    lines = len(erp.find(JOURNAL_ITEM))
    unbalanced = journal("B3")
    unbalanced["to_Items"]["results"][0]["Amount"] = "10.01"
    good, bad = erp.batch([journal("A1"), journal("A2", "0.37")], [journal("B1"), journal("B2"), unbalanced])
    assert [status for status, _ in good] == [201, 201]
    [(status, body)] = bad
    assert (status, body["error"]["code"]) == (400, "UNBALANCED")
    assert body["error"]["innererror"] == {"Content-ID": "3"}
    wanted = " or ".join(f"DocumentReferenceID eq '{name}'" for name in ("A1", "A2", "B1"))
    found = erp.find(JOURNAL, filter=wanted, expand="to_Items")
    assert [row["DocumentReferenceID"] for row in found] == ["A1", "A2"]
    assert [item["Amount"] for item in found[1]["to_Items"]["results"]] == ["0.37", "0.37"]
    assert "to_Items" not in erp.find(JOURNAL, filter=wanted)[0]
    posted = erp.find(JOURNAL_ITEM)[lines:]
    assert [(row["ReferenceDocument"], row["DebitCreditCode"]) for row in posted] == [
        ("A1", "S"), ("A1", "H"), ("A2", "S"), ("A2", "H"),
    ]  # fmt: skip
    assert posted[0].keys() >= {"Ledger", "FiscalPeriod", "CostCenter", "LastChangeDateTime"}
    assert (posted[1]["AssignmentReference"], posted[1]["FiscalPeriod"]) == ("PO1|1", "006")
    assert posted[0]["PostingDate"] == "/Date(1782777600000)/"


def test_journals_are_refused_for_a_reason(sandbox: Sandbox, erp: Erp) -> None:
    def code(content: dict[str, Any]) -> str:
        [[(status, body)]] = erp.batch([content])
        return "" if status == 201 else str(body["error"]["code"])

    assert code(journal("C1")) == ""
    assert code(journal("C1")) == "DUPLICATE_REFERENCE"
    assert code(journal("C2", PostingDate="2026-04-30")) == "PERIOD_CLOSED"
    sandbox.chaos("erp_cloud", open_from="2026-04-01")
    assert code(journal("C2", PostingDate="2026-04-30")) == ""
    assert code(journal("C3", CompanyCode="XX")) == "UNKNOWN_COMPANY_CODE"
    assert code(journal("C3", "1.001")) == "INVALID_AMOUNT"
    assert code(journal("C3", 5.0)) == "INVALID_AMOUNT"
    assert code(journal("C3", PostingDate="soon")) == "INVALID_DATE"
    wrong = journal("C3")
    wrong["to_Items"]["results"][0]["GLAccount"] = "999999"
    assert code(wrong) == "UNKNOWN_ACCOUNT"
    wrong["to_Items"]["results"][0].update(GLAccount="610100", CostCenter="0")
    assert code(wrong) == "UNKNOWN_COST_CENTER"
    assert code(journal("C4", ReversesReferenceID="nothing")) == "NOTHING_TO_REVERSE"
    assert code(journal("C4", ReversesReferenceID="C1", PostingDate="2026-07-01")) == ""
    assert code(journal("C5", ReversesReferenceID="C1")) == "NOTHING_TO_REVERSE"
    [first] = erp.find(JOURNAL, filter="DocumentReferenceID eq 'C1'")
    assert first["IsReversed"] is True
    assert refusal(erp.http.post(JOURNAL, json=journal("C1"))) == (400, "DUPLICATE_REFERENCE")
    assert erp.http.post("API_JOURNALENTRY_SRV/$batch", content=b"?").status_code == 400


@pytest.mark.parametrize(("switch", "count"), [("timeout_before_commit", 0), ("timeout_after_commit", 1)])
def test_a_journal_whose_answer_is_lost_can_be_looked_up(
    sandbox: Sandbox, erp: Erp, switch: str, count: int
) -> None:
    sandbox.chaos("erp_cloud", **{switch: 1, "hang_seconds": 0.05})
    assert erp.http.post(JOURNAL, json=journal(switch)).status_code == 504
    assert len(erp.find(JOURNAL, filter=f"DocumentReferenceID eq '{switch}'")) == count


def price(reference: str, **changes: Any) -> dict[str, Any]:
    return {
        "external-ref": reference,
        "contract": {"number": "K-1"},
        "supplier": {"number": "100200"},
        "item": {"item-number": "400000"},
        "manufacturer-part-number": None,
        "uom": {"code": "BX"},
        "tier": None,
        "minimum-quantity": "1.000000",
        "price": "12.500000",
        "currency": {"code": "USD"},
        "start-date": "2026-07-15",
        "end-date": None,
        **changes,
    }


def test_contract_prices_are_unique_by_reference(sandbox: Sandbox, procurement: Procurement) -> None:
    path = "/api/contract_prices"
    before = len(procurement.pull("contract_prices"))
    created = procurement.http.post(path, json=price("p1"))
    assert created.status_code == 201
    number = created.json()["id"]
    taken = procurement.http.post(path, json=price("p1"))
    assert (taken.status_code, taken.json()) == (
        422,
        {"errors": {"external-ref": ["has already been taken"]}},
    )
    for change, field in (
        ({"supplier": {"number": "1"}}, "supplier"),
        ({"price": "cheap"}, "price"),
        ({"end-date": "2026-07-15"}, "end-date"),
        ({"item": None}, "item"),
        ({"uom": {}}, "uom"),
        ({"discount": "1"}, "discount"),
    ):
        refused = procurement.http.post(path, json=price("p2", **change))
        assert refused.status_code == 422 and field in refused.json()["errors"]
    changed = procurement.http.put(f"{path}/{number}", json={"price": "13.000000"})
    assert (changed.status_code, changed.json()["price"]) == (200, "13.000000")
    assert procurement.http.put(f"{path}/1", json={"price": "13"}).status_code == 404
    [known] = procurement.page("contract_prices", **{"external-ref": "p1"}).json()
    assert (known["id"], known["price"]) == (number, "13.000000")
    assert procurement.page("contract_prices", **{"external-ref[in]": "p2,p1"}).json() == [known]
    recent = {"updated-at[gt_or_eq]": "2026-07-01T04:59:59Z"}
    assert known in procurement.pull("contract_prices", **recent)
    assert len(procurement.pull("contract_prices")) == before + 1
    sandbox.chaos("procurement", timeout_after_commit=1, hang_seconds=0.05)
    assert procurement.http.post(path, json=price("p3")).status_code == 504
    assert len(procurement.page("contract_prices", **{"external-ref": "p3"}).json()) == 1


def test_what_was_taken_outlives_the_servers(tmp_path: Path) -> None:
    generate(3, 300, "none", None, tmp_path)
    with Sandbox(tmp_path, 0) as sandbox:
        erp, procurement = Erp(sandbox), Procurement(sandbox)
        assert erp.http.post(SUPPLIER, json={"SupplierName": "A", "ExternalReference": "s"}).is_success
        erp.batch([journal("j1")])
        erp.batch([journal("j2", ReversesReferenceID="j1")])
        assert procurement.http.post("/api/contract_prices", json=price("p")).is_success
        book = httpx.get(f"{sandbox.endpoints['control']['url']}/_control/book").json()
        rows = erp.find(JOURNAL_ITEM), erp.find(SUPPLIER), procurement.pull("contract_prices")
    with Sandbox(tmp_path, 0) as sandbox:
        erp, procurement = Erp(sandbox), Procurement(sandbox)
        assert httpx.get(f"{sandbox.endpoints['control']['url']}/_control/book").json() == book
        assert (erp.find(JOURNAL_ITEM), erp.find(SUPPLIER), procurement.pull("contract_prices")) == rows
        [[(_, body)]] = erp.batch([journal("j3", ReversesReferenceID="j1")])
        assert body["error"]["code"] == "NOTHING_TO_REVERSE"
    assert [len(book[target][kind]) for target, kind in (
        ("erp_cloud", "suppliers"), ("erp_cloud", "journals"), ("erp_cloud", "goods_receipts"),
        ("procurement", "contract_prices"), ("inventory", "item_units"), ("apauto", "match_status"),
    )] == [1, 2, 0, 1, 0, 0]  # fmt: skip

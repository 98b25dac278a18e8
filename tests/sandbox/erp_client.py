"""A small client of the cloud ERP's write interface, as the tests use it."""

from __future__ import annotations

import json
from email.parser import BytesParser
from email.policy import HTTP
from typing import Any

import httpx

from sandbox.serve import Sandbox

ROOT = "/sap/opu/odata/sap"
SUPPLIER = "API_BUSINESS_PARTNER/A_Supplier"
JOURNAL = "API_JOURNALENTRY_SRV/A_JournalEntry"
JOURNAL_ITEM = "API_JOURNALENTRYITEMBASIC_SRV/A_JournalEntryItemBasic"


class Erp:
    """A client that holds a session."""

    def __init__(self, sandbox: Sandbox) -> None:
        place = sandbox.endpoints["erp_cloud"]
        self.http = httpx.Client(
            base_url=f"{place['url']}{ROOT}/", auth=(place["user"], place["password"]), timeout=30
        )
        self.log_on()

    def log_on(self) -> None:
        answer = self.http.get("API_COMPANYCODE_SRV/A_CompanyCode", headers={"X-CSRF-Token": "Fetch"})
        self.http.headers["X-CSRF-Token"] = answer.headers["x-csrf-token"]

    def find(self, path: str, **query: str) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = []
        url: str | None = str(httpx.URL(path, params={f"${name}": text for name, text in query.items()}))
        while url:
            page = self.http.get(url).raise_for_status().json()["d"]
            rows += page["results"]
            url = page.get("__next")
        return rows

    def batch(self, *changesets: list[dict[str, Any]]) -> list[list[tuple[int, dict[str, Any]]]]:
        """The answers of each changeset."""
        body = "".join(f"--B\r\n{_changeset(changes)}\r\n" for changes in changesets) + "--B--\r\n"
        headers = {"Content-Type": "multipart/mixed; boundary=B"}
        answer = self.http.post("API_JOURNALENTRY_SRV/$batch", content=body.encode(), headers=headers)
        assert answer.status_code == 202, answer.text
        head = f"Content-Type: {answer.headers['content-type']}\r\n\r\n".encode()
        parts = BytesParser(policy=HTTP).parsebytes(head + answer.content).iter_parts()
        return [
            [_answer(each) for each in (part.iter_parts() if part.is_multipart() else [part])]
            for part in parts
        ]


def journal(reference: str, amount: str = "10.00", **changes: Any) -> dict[str, Any]:
    """An accrual that the ERP takes."""
    items = [
        {"GLAccount": "610100", "DebitCreditCode": "S", "Amount": amount, "CostCenter": "7000"},
        {"GLAccount": "220000", "DebitCreditCode": "H", "Amount": amount, "AssignmentReference": "PO1|1"},
    ]
    return {
        "CompanyCode": "LH01",
        "DocumentDate": "2026-06-30",
        "PostingDate": "/Date(1782777600000)/",
        "ReversalDate": "2026-07-01T00:00:00",
        "AccountingDocumentType": "SA",
        "DocumentReferenceID": reference,
        "HeaderText": "goods received, not replicated",
        "TransactionCurrency": "USD",
        "to_Items": {"results": items},
        **changes,
    }


def _changeset(changes: list[dict[str, Any]]) -> str:
    parts = "".join(
        "--C\r\nContent-Type: application/http\r\nContent-Transfer-Encoding: binary\r\n"
        f"Content-ID: {number}\r\n\r\nPOST A_JournalEntry HTTP/1.1\r\nContent-Type: application/json\r\n\r\n"
        f"{json.dumps(change)}\r\n"
        for number, change in enumerate(changes, start=1)
    )
    return f"Content-Type: multipart/mixed; boundary=C\r\n\r\n{parts}--C--\r\n"


def _answer(part: Any) -> tuple[int, dict[str, Any]]:
    text = part.get_payload(decode=True).decode()
    head, _, body = text.replace("\r\n", "\n").partition("\n\n")
    return int(head.split(" ")[1]), json.loads(body)

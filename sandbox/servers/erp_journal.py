"""Journals as the cloud ERP reads, checks and posts them: balance, accounts, dates, amounts."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from sandbox.servers.erp_entities import CHANGED
from sandbox.servers.records import Collection, Record
from sandbox.servers.write_log import EPOCH, odata_date

_ODATA_DATE = re.compile(r"/Date\((-?\d+)\)/")
_CENT = Decimal("0.01")


class BusinessError(Exception):
    """The ERP refuses a write; `position` is that of the bad request in a changeset."""

    def __init__(self, code: str, message: str, *, status: int = 400) -> None:
        super().__init__(message)
        self.code = code
        self.status = status
        self.position: int | None = None


@dataclass(frozen=True)
class ChartOfAccounts:
    """What a journal may name, and who posts it."""

    companies: frozenset[str]
    accounts: frozenset[str]
    cost_centers: frozenset[str]
    user: str


def open_chart(entities: dict[str, Collection], user: str) -> ChartOfAccounts:
    """The chart of a world."""
    return ChartOfAccounts(
        companies=frozenset(entities["A_CompanyCode"].values("CompanyCode")),
        accounts=frozenset(entities["A_GLAccountInChartOfAccounts"].values("GLAccount")),
        cost_centers=frozenset(entities["A_CostCenter"].values("CostCenter")),
        user=user,
    )


@dataclass(frozen=True)
class JournalLine:
    """One line; amounts are positive."""

    account: str
    side: str
    amount: Decimal
    cost_center: str | None
    assignment: str | None

    def item(self) -> Record:
        """The line as it was asked for."""
        return {
            "GLAccount": self.account,
            "DebitCreditCode": self.side,
            "Amount": f"{self.amount:.2f}",
            "CostCenter": self.cost_center,
            "AssignmentReference": self.assignment,
        }


@dataclass(frozen=True)
class Journal:
    """A journal that is complete and balanced."""

    company: str
    reference: str
    document_date: date
    posting_date: date
    reversal_date: date | None
    text: str | None
    currency: str
    reverses: str | None
    lines: tuple[JournalLine, ...]

    def document(self, number: str, at: int, user: str) -> Record:
        """The posted document: its header and its lines, as the entity sets show them."""
        common = {
            "CompanyCode": self.company,
            "FiscalYear": str(self.posting_date.year),
            "AccountingDocument": number,
            "AccountingDocumentType": "SA",
            "PostingDate": _odata_day(self.posting_date),
            "TransactionCurrency": self.currency,
            "AccountingDocCreatedByUser": user,
            CHANGED: odata_date(at),
        }
        header = {
            **common,
            "DocumentDate": _odata_day(self.document_date),
            "ReversalDate": _odata_day(self.reversal_date) if self.reversal_date else None,
            "DocumentReferenceID": self.reference,
            "HeaderText": self.text,
            "ReversesReferenceID": self.reverses,
            "IsReversed": False,
            "to_Items": {"results": [line.item() for line in self.lines]},
        }
        lines = [
            {
                **common,
                "Ledger": "0L",
                "LedgerGLLineItem": f"{place:06d}",
                "GLAccount": line.account,
                "CostCenter": line.cost_center,
                "Plant": None,
                "FiscalPeriod": f"{self.posting_date.month:03d}",
                "DebitCreditCode": line.side,
                "AmountInTransactionCurrency": f"{line.amount:.2f}",
                "ReferenceDocumentType": "BKPF",
                "ReferenceDocument": self.reference,
                "AssignmentReference": line.assignment,
                "IsReversal": self.reverses is not None,
                "ReversalReferenceDocument": self.reverses,
            }
            for place, line in enumerate(self.lines, start=1)
        ]
        return {"header": header, "lines": lines}


def read_journal(content: Record, chart: ChartOfAccounts) -> Journal:
    """The journal a request asks for; a BusinessError says why it cannot be posted in any period."""
    for name in ("CompanyCode", "PostingDate", "DocumentReferenceID", "TransactionCurrency"):
        if not content.get(name):
            raise BusinessError("MISSING_FIELD", f"{name} is missing")
    if content["CompanyCode"] not in chart.companies:
        raise BusinessError("UNKNOWN_COMPANY_CODE", f"company code {content['CompanyCode']} does not exist")
    if content.get("AccountingDocumentType", "SA") != "SA":
        raise BusinessError("INVALID_DOCUMENT_TYPE", "only documents of type SA are taken")
    items = content.get("to_Items")
    items = items.get("results") if isinstance(items, dict) else items
    if not isinstance(items, list) or len(items) < 2:
        raise BusinessError("MISSING_FIELD", "to_Items needs at least two lines")
    lines = tuple(_line(item, chart) for item in items)
    balance = sum((line.amount if line.side == "S" else -line.amount for line in lines), Decimal(0))
    if balance:
        raise BusinessError("UNBALANCED", f"debits exceed credits by {balance}")
    posting_date = _day("PostingDate", content["PostingDate"])
    return Journal(
        company=content["CompanyCode"],
        reference=str(content["DocumentReferenceID"]),
        document_date=_day("DocumentDate", content.get("DocumentDate") or content["PostingDate"]),
        posting_date=posting_date,
        reversal_date=_day("ReversalDate", content["ReversalDate"]) if content.get("ReversalDate") else None,
        text=content.get("HeaderText"),
        currency=content["TransactionCurrency"],
        reverses=content.get("ReversesReferenceID") or None,
        lines=lines,
    )


def _line(item: Any, chart: ChartOfAccounts) -> JournalLine:
    if not isinstance(item, dict) or item.get("DebitCreditCode") not in ("S", "H"):
        raise BusinessError("INVALID_ITEM", "DebitCreditCode must be S or H")
    if item.get("GLAccount") not in chart.accounts:
        raise BusinessError("UNKNOWN_ACCOUNT", f"account {item.get('GLAccount')} does not exist")
    center = item.get("CostCenter") or None
    if center and center not in chart.cost_centers:
        raise BusinessError("UNKNOWN_COST_CENTER", f"cost center {center} does not exist")
    assignment = item.get("AssignmentReference") or None
    return JournalLine(item["GLAccount"], item["DebitCreditCode"], _amount(item), center, assignment)


def _amount(item: Record) -> Decimal:
    text = item.get("Amount")
    try:
        amount = Decimal(text) if isinstance(text, str) else Decimal("NaN")
    except InvalidOperation:
        amount = Decimal("NaN")
    if not amount.is_finite() or amount <= 0 or amount != amount.quantize(_CENT):
        raise BusinessError("INVALID_AMOUNT", f"Amount {text!r} is no positive decimal in cents, as text")
    return amount


def _day(name: str, value: object) -> date:
    match = _ODATA_DATE.fullmatch(str(value))
    if match:
        return (EPOCH + timedelta(milliseconds=int(match[1]))).date()
    try:
        return datetime.fromisoformat(str(value)).date()
    except ValueError:
        raise BusinessError("INVALID_DATE", f"{name} {value!r} is no date") from None


def _odata_day(day: date) -> str:
    return odata_date(datetime(day.year, day.month, day.day, tzinfo=UTC))

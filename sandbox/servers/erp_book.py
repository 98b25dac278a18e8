"""What the cloud ERP takes from others: suppliers, journals, goods receipts, and what it refuses.

Every commit is in the book's log first and then visible in the entity sets, also after a restart.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

from sandbox.servers.chaos import Switches
from sandbox.servers.erp_entities import (
    CHANGED,
    GOODS_MOVEMENT,
    JOURNAL,
    JOURNAL_ITEM,
    SUPPLIER,
    SUPPLIER_COMPANY,
)
from sandbox.servers.erp_journal import BusinessError, ChartOfAccounts, Journal, read_journal
from sandbox.servers.records import Collection, Record
from sandbox.servers.write_log import WorldClock, WriteLog, odata_date

_TEXTS = ("SupplierName", "SupplierFullName", "TaxNumber1", "TaxNumberType", "DUNS", "ExternalReference")
_CODES = ("PaymentTerms", "Currency")
_BLOCKS = ("PaymentIsBlockedForSupplier", "PostingIsBlocked", "PurchasingIsBlocked", "DeletionIndicator")
_FIRST_SUPPLIER = 5_000_001
_FIRST_JOURNAL = 1_900_000_001
_FIRST_MOVEMENT = 5_900_000_001


@dataclass
class _Written:
    suppliers: list[Record] = field(default_factory=list)
    supplier_companies: list[Record] = field(default_factory=list)
    journals: list[Record] = field(default_factory=list)
    goods_receipts: list[Record] = field(default_factory=list)


class ErpBook:
    """Writes over the entity sets of one world."""

    def __init__(
        self,
        log: WriteLog,
        clock: WorldClock,
        entities: dict[str, Collection],
        chart: ChartOfAccounts,
        switches: Switches,
    ) -> None:
        self._log, self._clock, self._entities, self._switches = log, clock, entities, switches
        self._chart = chart
        self._codes = {name: entities[SUPPLIER].values(name) for name in _CODES}
        self._references = _manual_references(entities[JOURNAL_ITEM])
        self._reversed: set[str] = set()
        self.written = _Written()
        for entry in log.entries():
            clock.seen(entry["at"])
            self._show(entry)

    def supplier(self, number: str) -> Record:
        """A supplier with its ETag."""
        found = self._entities[SUPPLIER].find("Supplier", [number])
        if not found:
            raise BusinessError("NOT_FOUND", f"supplier {number} does not exist", status=404)
        return {**found[0], "__metadata": {"type": SUPPLIER, "etag": _etag(found[0])}}

    def create_supplier(self, content: Record) -> Record:
        """A new supplier; its external reference must be new too."""
        self._check_supplier(content, required=("SupplierName", "ExternalReference"))
        reference = content["ExternalReference"]
        if self._entities[SUPPLIER].find("ExternalReference", [reference]):
            raise BusinessError("DUPLICATE_REFERENCE", f"external reference {reference} exists")
        made = sum(1 for record in self.written.suppliers if record["Action"] == "create")
        at = self._clock.tick()
        record = {
            "Supplier": str(_FIRST_SUPPLIER + made),
            **{name: content.get(name) for name in (*_TEXTS, *_CODES)},
            "SupplierFullName": content.get("SupplierFullName") or content["SupplierName"],
            "SupplierAccountGroup": "SUPL",
            **dict.fromkeys(_BLOCKS, False),
            "CreationDate": odata_date(_midnight(self._clock.last_day)),
            CHANGED: odata_date(at),
        }
        self._commit({"kind": "supplier", "action": "create", "at": at, "record": record})
        return self.supplier(record["Supplier"])

    def change_supplier(self, number: str, content: Record, if_match: str | None) -> str:
        """Change some fields of a supplier that has not changed since it was read; the new ETag."""
        known = self.supplier(number)
        etag = known.pop("__metadata")["etag"]
        if not if_match:
            raise BusinessError("PRECONDITION_REQUIRED", "header If-Match is missing", status=428)
        if if_match not in ("*", etag):
            raise BusinessError("PRECONDITION_FAILED", "the supplier was changed meanwhile", status=412)
        self._check_supplier(content)
        taken = self._entities[SUPPLIER].find("ExternalReference", [content.get("ExternalReference") or ""])
        if any(record["Supplier"] != number for record in taken):
            raise BusinessError("DUPLICATE_REFERENCE", "the external reference is another supplier's")
        at = self._clock.tick()
        record = {**known, **content, CHANGED: odata_date(at)}
        self._commit({"kind": "supplier", "action": "change", "at": at, "record": record})
        return _etag(record)

    def supplier_company(self, number: str, company: str) -> Record:
        """What a company code keeps of a supplier, with its ETag."""
        for record in self._entities[SUPPLIER_COMPANY].find("Supplier", [number]):
            if record["CompanyCode"] == company:
                return {**record, "__metadata": {"type": SUPPLIER_COMPANY, "etag": _company_etag(record)}}
        raise BusinessError("NOT_FOUND", f"supplier {number} does not exist in {company}", status=404)

    def change_supplier_company(
        self, number: str, company: str, content: Record, if_match: str | None
    ) -> str:
        """Block or unblock payments of a company code; the new ETag."""
        known = self.supplier_company(number, company)
        etag = known.pop("__metadata")["etag"]
        if if_match not in ("*", etag):
            raise BusinessError("PRECONDITION_FAILED", "the supplier was changed meanwhile", status=412)
        if set(content) != {"PaymentBlockingReason"} or len(content["PaymentBlockingReason"]) > 1:
            raise BusinessError("INVALID_BLOCK", "only PaymentBlockingReason of one character is taken")
        record = {**known, **content}
        self._commit({"kind": "supplier_company", "at": self._clock.tick(), "record": record})
        return _company_etag(record)

    def post_journals(self, contents: Sequence[Record]) -> list[Record]:
        """Post all of these journals, or none: the error names the position of the first bad one."""
        references, reversed_here = set(self._references), set(self._reversed)
        journals: list[Journal] = []
        for position, content in enumerate(contents):
            try:
                journal = read_journal(content, self._chart)
                self._check_journal(journal, references, reversed_here)
            except BusinessError as refusal:
                refusal.position = position
                raise
            references.add(journal.reference)
            reversed_here |= {journal.reverses} if journal.reverses else set()
            journals.append(journal)
        at, first = self._clock.tick(), _FIRST_JOURNAL + len(self.written.journals)
        documents = [
            journal.document(str(first + n), at, self._chart.user) for n, journal in enumerate(journals)
        ]
        self._commit({"kind": "journals", "at": at, "documents": documents})
        return [document["header"] for document in documents]

    def take_goods_receipts(self, movements: Sequence[Record], entries: Sequence[list[Record]]) -> None:
        """Goods movements with the lines of their journal entries; numbers and times are given here."""
        if not movements:
            return
        at, first = self._clock.tick(), _FIRST_MOVEMENT + len(self.written.goods_receipts)
        receipts = []
        for number, (movement, lines) in enumerate(zip(movements, entries, strict=True), start=first):
            own = {"MaterialDocument": str(number), "MaterialDocumentItem": "0001", CHANGED: odata_date(at)}
            receipt = {**movement, **own}
            key = f"{receipt['MaterialDocumentYear']}|{number}|0001"
            stamp = {"AccountingDocument": str(number), "ReferenceDocument": key, CHANGED: odata_date(at)}
            receipts.append({"movement": receipt, "lines": [{**line, **stamp} for line in lines]})
        self._commit({"kind": "goods_receipts", "at": at, "receipts": receipts})

    def posting_day(self, day: date) -> date:
        """The day a document of that day is posted on: today when its period is closed."""
        return day if day >= self._open_from() else self._clock.last_day

    def _check_supplier(self, content: Record, required: Sequence[str] = ()) -> None:
        unknown = sorted(set(content) - {*_TEXTS, *_CODES, *_BLOCKS})
        if unknown:
            raise BusinessError("UNKNOWN_PROPERTY", f"A_Supplier takes no {', '.join(unknown)}")
        for name in required:
            if not content.get(name):
                raise BusinessError("MISSING_FIELD", f"{name} is missing")
        for name, code in (("PaymentTerms", "UNKNOWN_PAYMENT_TERMS"), ("Currency", "UNKNOWN_CURRENCY")):
            if content.get(name) and content[name] not in self._codes[name]:
                raise BusinessError(code, f"{name} {content[name]} is not in the customizing")
        tax = str(content.get("TaxNumber1") or "")
        if tax and content.get("TaxNumberType") == "US1" and len(tax.replace("-", "")) != 9:
            raise BusinessError("INVALID_TAX_NUMBER", "a tax number of type US1 has nine digits")

    def _check_journal(self, journal: Journal, references: set[str], reversed_here: set[str]) -> None:
        if journal.posting_date < self._open_from():
            raise BusinessError("PERIOD_CLOSED", f"period {journal.posting_date:%m/%Y} is closed")
        if journal.reference in references:
            raise BusinessError("DUPLICATE_REFERENCE", f"reference {journal.reference} was already posted")
        if journal.reverses and (journal.reverses not in references or journal.reverses in reversed_here):
            raise BusinessError("NOTHING_TO_REVERSE", f"{journal.reverses} is not there to be reversed")

    def _open_from(self) -> date:
        if self._switches.open_from:
            return date.fromisoformat(self._switches.open_from)
        return (self._clock.last_day.replace(day=1) - timedelta(days=1)).replace(day=1)

    def _commit(self, entry: Record) -> None:
        self._log.append(entry)
        self._show(entry)

    def _show(self, entry: Record) -> None:
        at = entry["at"]
        if entry["kind"] == "supplier":
            record = entry["record"]
            self.written.suppliers.append({**record, "Action": entry["action"]})
            self._entities[SUPPLIER].put(record["Supplier"], record, at, key_column="Supplier")
        elif entry["kind"] == "supplier_company":
            record = entry["record"]
            self.written.supplier_companies.append(record)
            key = record["Supplier"]
            self._entities[SUPPLIER_COMPANY].put(key, record, at, key_column="Supplier")
        elif entry["kind"] == "journals":
            for document in entry["documents"]:
                self._show_journal(document, at)
        else:
            for receipt in entry["receipts"]:
                self.written.goods_receipts.append(receipt["movement"])
                number = receipt["movement"]["MaterialDocument"]
                self._entities[GOODS_MOVEMENT].put(number, receipt["movement"], at)
                self._show_lines(receipt["lines"], at)

    def _show_journal(self, document: Record, at: int) -> None:
        header = document["header"]
        self.written.journals.append(header)
        self._references.add(header["DocumentReferenceID"])
        if header["ReversesReferenceID"]:
            self._reversed.add(header["ReversesReferenceID"])
            self._mark_reversed(header["ReversesReferenceID"], at)
        self._entities[JOURNAL].put(header["DocumentReferenceID"], header, at)
        self._show_lines(document["lines"], at)

    def _mark_reversed(self, reference: str, at: int) -> None:
        for known in self._entities[JOURNAL].find("DocumentReferenceID", [reference]):
            self._entities[JOURNAL].put(reference, {**known, "IsReversed": True}, at)

    def _show_lines(self, lines: Sequence[Record], at: int) -> None:
        for line in lines:
            key = (line["AccountingDocument"], line["LedgerGLLineItem"])
            self._entities[JOURNAL_ITEM].put(key, line, at)


def _manual_references(lines: Collection) -> set[str]:
    manual = lines.find("AccountingDocumentType", ["SA"])
    return {line["ReferenceDocument"] for line in manual if line["ReferenceDocument"]}


def _etag(record: Record) -> str:
    return f"W/\"datetimeoffset'{record[CHANGED]}'\""


def _company_etag(record: Record) -> str:
    return f"W/\"'{record['Supplier']}-{record['PaymentBlockingReason']}'\""


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)

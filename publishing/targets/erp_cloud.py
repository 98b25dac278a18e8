"""The cloud ERP as a target: suppliers one by one, accrual journals in changesets that post whole or not.

Both are known by a reference of ours that the ERP keeps unique, so a repetition is found, never doubled.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import httpx

from publishing.disclosure import Disclosure, MissingTokenError
from publishing.messages import Message, Outcome, State
from publishing.odata import BusinessError, ODataClient, business_error, odata_date
from publishing.planning import Terms
from publishing.targets.comparison import conflict, same_text
from publishing.transports import InDoubtError, NotTakenError, RefusedError

_SUPPLIERS = "API_BUSINESS_PARTNER/A_Supplier"
_JOURNALS = "API_JOURNALENTRY_SRV"
_DUPLICATE = "DUPLICATE_REFERENCE"
_REFERENCES_PER_LOOK_UP = 20  # keeps the address under 2 kB
_CHANGES = 4
_SUPPLIER_FIELDS = {
    "legal_name": "SupplierName",
    "tax_id": "TaxNumber1",
    "tax_id_type": "TaxNumberType",
    "payment_term_code": "PaymentTerms",
    "currency_code": "Currency",
    "duns": "DUNS",
}  # our column -> the ERP's field


class Supplier:
    """Adapter for `supplier`. `connection` holds url, user and password; the tax id arrives as a token."""

    batch_size = 1
    terms = Terms()

    def __init__(
        self,
        connection: Mapping[str, str],
        disclosure: Disclosure,
        *,
        timeout: float = 30.0,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        probe = f"{_SUPPLIERS}?$filter=ExternalReference%20eq%20''&$format=json"
        self._odata = ODataClient(connection, probe, timeout=timeout, transport=transport)
        self._disclosure = disclosure

    def close(self) -> None:
        self._odata.close()

    def send(self, messages: Sequence[Message], correlation_id: str) -> Mapping[str, Outcome]:
        return {message.idempotency_key: self._send(message) for message in messages}

    def _send(self, message: Message) -> Outcome:
        try:
            body = self._body(message)
        except MissingTokenError as error:
            return Outcome(State.REJECTED, None, str(error))
        known = self.look_up([message]).get(message.idempotency_key)
        if known is not None:
            return known
        try:
            if message.replaces is not None:
                return self._change(message, message.replaces, body)
            external = {"ExternalReference": message.content["external_reference"]}
            created = self._odata.write("POST", _SUPPLIERS, json=body | external)
        except RefusedError as error:
            refusal = business_error(error)
            if refusal is None:
                raise
            taken = self.look_up([message]) if refusal.code == _DUPLICATE else {}
            return taken.get(message.idempotency_key) or Outcome(State.REJECTED, None, str(refusal))
        return Outcome(State.CONFIRMED, _number(created))

    def _change(self, message: Message, number: str, body: Mapping[str, Any]) -> Outcome:
        """Writes over exactly the version it has seen; somebody else's change in between is read first."""
        path = f"{_SUPPLIERS}('{number}')"
        for _ in range(_CHANGES):
            held, tag = self._odata.read(f"{path}?$format=json")
            if not self._differences(message, held):
                break
            try:
                self._odata.write("PATCH", path, json=body, headers={"If-Match": tag or "*"})
                break
            except RefusedError as error:
                if error.response.status_code != httpx.codes.PRECONDITION_FAILED:
                    raise
        else:
            raise NotTakenError(f"supplier {number} changes faster than it can be read")
        return Outcome(State.CONFIRMED, number)

    def look_up(self, messages: Sequence[Message]) -> Mapping[str, Outcome]:
        found: dict[str, Outcome] = {}
        held = _held(self._odata, _SUPPLIERS, "ExternalReference", "external_reference", messages)
        for message in messages:
            supplier = held.get(message.content["external_reference"])
            if supplier is None:
                continue
            differences = self._differences(message, supplier)
            if differences and message.replaces is not None:
                continue  # still the version that this message shall replace
            content = {
                column: "other value" if column in differences and column == "tax_id" else supplier.get(field)
                for column, field in _SUPPLIER_FIELDS.items()
            }
            if "tax_id" not in differences:
                content["tax_id"] = message.content.get("tax_id")
            number = str(supplier["Supplier"])
            error = conflict(f"supplier {number}", differences)
            state = State.CONFLICT if differences else State.CONFIRMED
            found[message.idempotency_key] = Outcome(state, number, error, content)
        return found

    def _body(self, message: Message) -> dict[str, Any]:
        content = message.content
        body = {field: content.get(column) for column, field in _SUPPLIER_FIELDS.items()}
        body["SupplierFullName"] = content.get("legal_name")
        body["TaxNumber1"] = self._disclosure.plain("tax id", content.get("tax_id"))
        return {name: value for name, value in body.items() if value is not None}

    def _differences(self, message: Message, supplier: Mapping[str, Any]) -> list[str]:
        """Our columns where the ERP holds something else; what we do not know is no difference."""
        known = dict(message.content)
        try:
            known["tax_id"] = self._disclosure.plain("tax id", known.get("tax_id"))
        except MissingTokenError:
            known["tax_id"] = None
        return [
            column
            for column, name in _SUPPLIER_FIELDS.items()
            if known.get(column) is not None and not same_text(known[column], supplier.get(name))
        ]


class AccrualJournal:
    """Adapter for `accrual_journal`. `connection` holds url, user and password."""

    batch_size = 50
    terms = Terms(amount_column="amount", is_final=True, reversal_column="reverses_reference")

    def __init__(
        self,
        connection: Mapping[str, str],
        *,
        timeout: float = 30.0,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        probe = f"{_JOURNALS}/A_JournalEntry?$filter=DocumentReferenceID%20eq%20''&$format=json"
        self._odata = ODataClient(connection, probe, timeout=timeout, transport=transport)

    def close(self) -> None:
        self._odata.close()

    def send(self, messages: Sequence[Message], correlation_id: str) -> Mapping[str, Outcome]:
        outcomes: dict[str, Outcome] = {}
        try:
            self._post(messages, outcomes)
        except NotTakenError as error:
            if not outcomes:
                raise
            # Another half was posted: of the whole it cannot be said that nothing was done.
            raise InDoubtError(str(error)) from error
        return outcomes

    def _post(self, messages: Sequence[Message], outcomes: dict[str, Outcome]) -> None:
        """Posts a changeset; one that is refused is halved until the bad row stands alone."""
        answer = self._odata.change_set(_JOURNALS, "A_JournalEntry", [_journal(m) for m in messages])
        if answer.error is None:
            for message, created in zip(messages, answer.created, strict=True):
                outcomes[message.idempotency_key] = Outcome(State.CONFIRMED, _document(created))
        elif len(messages) == 1:
            outcomes[messages[0].idempotency_key] = self._refused(messages[0], answer.error)
        else:
            half = len(messages) // 2
            self._post(messages[:half], outcomes)
            self._post(messages[half:], outcomes)

    def _refused(self, message: Message, error: BusinessError) -> Outcome:
        taken = self.look_up([message]) if error.code == _DUPLICATE else {}
        return taken.get(message.idempotency_key) or Outcome(State.REJECTED, None, str(error))

    def look_up(self, messages: Sequence[Message]) -> Mapping[str, Outcome]:
        found: dict[str, Outcome] = {}
        path = f"{_JOURNALS}/A_JournalEntry?$expand=to_Items"
        held = _held(self._odata, path, "DocumentReferenceID", "document_reference", messages)
        for message in messages:
            document = held.get(message.content["document_reference"])
            if document is not None:
                number, differences = _document(document), _journal_differences(message, document)
                state = State.CONFLICT if differences else State.CONFIRMED
                error = conflict(f"journal {number}", differences)
                content = {"amount": str(_amount(document, "S")), "currency_code": _currency(document)}
                found[message.idempotency_key] = Outcome(state, number, error, content)
        return found


def _held(
    odata: ODataClient, path: str, field: str, column: str, messages: Sequence[Message]
) -> dict[str, dict[str, Any]]:
    """What the ERP has under the references of the messages."""
    references = [str(message.content[column]) for message in messages]
    held: dict[str, dict[str, Any]] = {}
    for start in range(0, len(references), _REFERENCES_PER_LOOK_UP):
        asked = references[start : start + _REFERENCES_PER_LOOK_UP]
        held |= {str(entity[field]): entity for entity in odata.find(path, field, asked)}
    return held


def _number(response: httpx.Response) -> str:
    try:
        return str(response.json()["d"]["Supplier"])
    except (ValueError, KeyError, TypeError) as error:
        raise InDoubtError("the ERP took a supplier and did not say its number") from error


def _journal(message: Message) -> dict[str, Any]:
    content = message.content
    is_reversal = content.get("reverses_reference") is not None
    # The cost center belongs to the expense line: the debit of an accrual, the credit of its reversal.
    lines = (
        ("S", content["debit_account_code"], not is_reversal),
        ("H", content["credit_account_code"], is_reversal),
    )
    assignment = f"{content['po_number']}|{content['po_line_number']}" if content.get("po_number") else None
    header = {
        "CompanyCode": content["legal_entity_code"],
        "DocumentDate": odata_date(content["posting_date"]),
        "PostingDate": odata_date(content["posting_date"]),
        "ReversalDate": odata_date(content.get("reversal_date")),
        "AccountingDocumentType": "SA",
        "DocumentReferenceID": content["document_reference"],
        "HeaderText": content.get("header_text"),
        "TransactionCurrency": content["currency_code"],
        "ReversesReferenceID": content.get("reverses_reference"),
    }
    items = [
        _filled(
            {
                "GLAccount": account,
                "DebitCreditCode": side,
                "Amount": content["amount"],
                "CostCenter": content.get("cost_center_code") if is_expense else None,
                "AssignmentReference": assignment,
            }
        )
        for side, account, is_expense in lines
    ]
    return {**_filled(header), "to_Items": {"results": items}}


def _filled(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value is not None}


def _document(journal: Mapping[str, Any]) -> str:
    return "|".join(str(journal.get(name)) for name in ("CompanyCode", "FiscalYear", "AccountingDocument"))


def _currency(journal: Mapping[str, Any]) -> str:
    return str(journal.get("TransactionCurrency"))


def _items(journal: Mapping[str, Any]) -> list[dict[str, Any]]:
    return list((journal.get("to_Items") or {}).get("results") or ())


def _amount(journal: Mapping[str, Any], side: str) -> Decimal:
    amounts = [Decimal(item["Amount"]) for item in _items(journal) if item["DebitCreditCode"] == side]
    return sum(amounts, Decimal(0))


def _accounts(journal: Mapping[str, Any], side: str) -> set[Any]:
    return {item["GLAccount"] for item in _items(journal) if item["DebitCreditCode"] == side}


def _journal_differences(message: Message, journal: Mapping[str, Any]) -> list[str]:
    content = message.content
    sides = (("debit_account_code", "S"), ("credit_account_code", "H"))
    found = [column for column, side in sides if _accounts(journal, side) != {content[column]}]
    if _amount(journal, "S") != Decimal(str(content["amount"])):
        found.insert(0, "amount")
    if not same_text(_currency(journal), content["currency_code"]):
        found.append("currency_code")
    if not same_text(journal.get("CompanyCode"), content["legal_entity_code"]):
        found.append("legal_entity_code")
    return found

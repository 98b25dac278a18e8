"""The payment block of a supplier in the cloud ERP, set and lifted in each of its company codes.

The block carries our reason code, so that what others have blocked for another reason is left alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import httpx

from publishing.messages import Message, Outcome, State
from publishing.odata import ODataClient, business_error
from publishing.planning import Terms
from publishing.transports import NotTakenError, RefusedError

_COMPANIES = "API_BUSINESS_PARTNER/A_SupplierCompany"
_REASON = "PaymentBlockingReason"
_CHANGES = 4
BLOCK = "BLOCK"


class SupplierPaymentBlock:
    """Adapter for `supplier_payment_block`. `connection` holds url, user and password.

    A message says BLOCK or UNBLOCK of a supplier number with our reason code. It is done when no company code
    lacks a block, or when none has ours; then nothing is written, so a repetition changes nothing.
    """

    batch_size = 1
    terms = Terms()

    def __init__(
        self,
        connection: Mapping[str, str],
        *,
        timeout: float = 30.0,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        probe = f"{_COMPANIES}?$filter=Supplier%20eq%20''&$format=json"
        self._odata = ODataClient(connection, probe, timeout=timeout, transport=transport)

    def close(self) -> None:
        self._odata.close()

    def send(self, messages: Sequence[Message], correlation_id: str) -> Mapping[str, Outcome]:
        return {message.idempotency_key: self._send(message) for message in messages}

    def _send(self, message: Message) -> Outcome:
        number = str(message.content["supplier_number"])
        companies = self._companies(message)
        if not companies:
            return Outcome(State.REJECTED, None, f"supplier {number} has no company code in the ERP")
        try:
            for company in companies:
                self._write(message, number, str(company["CompanyCode"]))
        except RefusedError as error:
            refusal = business_error(error)
            if refusal is None:
                raise
            return Outcome(State.REJECTED, None, str(refusal))
        return Outcome(State.CONFIRMED, number)

    def _write(self, message: Message, number: str, code: str) -> None:
        """Changes exactly the version it has seen; somebody else's change in between is read first."""
        path = f"{_COMPANIES}(Supplier='{number}',CompanyCode='{code}')"
        for _ in range(_CHANGES):
            held, tag = self._odata.read(f"{path}?$format=json")
            if _is_done(message, held):
                return
            reason = message.content["block_code"] if message.content["action"] == BLOCK else ""
            try:
                self._odata.write("PATCH", path, json={_REASON: reason}, headers={"If-Match": tag or "*"})
            except RefusedError as error:
                if error.response.status_code != httpx.codes.PRECONDITION_FAILED:
                    raise
            else:
                return
        raise NotTakenError(f"supplier {number} in {code} changes faster than it can be read")

    def look_up(self, messages: Sequence[Message]) -> Mapping[str, Outcome]:
        found: dict[str, Outcome] = {}
        for message in messages:
            companies = self._companies(message)
            if companies and all(_is_done(message, company) for company in companies):
                number = str(message.content["supplier_number"])
                found[message.idempotency_key] = Outcome(State.CONFIRMED, number)
        return found

    def _companies(self, message: Message) -> list[dict[str, Any]]:
        return self._odata.find(_COMPANIES, "Supplier", [str(message.content["supplier_number"])])


def _is_done(message: Message, company: Mapping[str, Any]) -> bool:
    reason = company.get(_REASON) or ""
    if message.content["action"] == BLOCK:
        return bool(reason)
    return bool(reason != message.content["block_code"])

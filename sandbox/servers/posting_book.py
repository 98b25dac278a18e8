"""The durable book of postings a target has accepted, and its answers: accepted, duplicate, rejected.

A key is accepted once. The same key with the same content is a duplicate and posts nothing; with other
content it is rejected. The correlation id is transport, not content. One line of JSON per posting, synced.
"""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import Any

from sandbox.servers.write_log import WriteLog

_STATUSES = ("MATCHED", "MATCHED_IN_TOLERANCE", "PARTIALLY_MATCHED", "WAITING", "EXCEPTION")
_TRANSPORT = ("correlation_id", "idempotency_key")


class PostingBook:
    """Postings by idempotency key; `invoices` maps the target's own invoices to their status."""

    def __init__(self, log: WriteLog, invoices: dict[str, str]) -> None:
        self._log = log
        self._invoices = invoices
        self._postings = {posting["idempotency_key"]: posting for posting in log.entries()}

    def post(self, items: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Answer each item; accepted ones are on disk when this returns."""
        fresh: list[dict[str, Any]] = []
        results = [self._post_one(item, fresh) for item in items]
        self._log.append(*fresh)
        return results

    def _post_one(self, item: dict[str, Any], fresh: list[dict[str, Any]]) -> dict[str, Any]:
        key = item.get("idempotency_key")
        if not isinstance(key, str) or not key:
            return _result(key, "rejected", "KEY_MISSING", "every item needs an idempotency_key")
        known = self._postings.get(key)
        if known:
            if _content(known["item"]) != _content(item):
                return _result(key, "rejected", "KEY_REUSED", "this key was used for other content")
            return _result(key, "duplicate", None, "already posted", known["reference"])
        problem = self._problem(item)
        if problem:
            return _result(key, "rejected", *problem)
        reference = f"MS{len(self._postings) + 1:08d}"
        posting = {"idempotency_key": key, "reference": reference, "item": item}
        self._postings[key] = posting
        fresh.append(posting)
        return _result(key, "accepted", None, "posted", reference)

    def _problem(self, item: dict[str, Any]) -> tuple[str, str] | None:
        status = self._invoices.get(str(item.get("invoice_id")))
        if status is None:
            return "UNKNOWN_INVOICE", f"no invoice {item.get('invoice_id')!r}"
        if status == "VOID":
            return "INVOICE_VOID", f"invoice {item['invoice_id']} is void"
        if item.get("match_status") not in _STATUSES:
            return "INVALID_STATUS", f"match_status must be one of {', '.join(_STATUSES)}"
        if not isinstance(item.get("codes"), list):
            return "INVALID_CODES", "codes must be a list"
        try:
            amount = Decimal(item["payable_amount"])
        except (KeyError, TypeError, InvalidOperation):
            return "INVALID_AMOUNT", "payable_amount must be a decimal as text"
        if not amount.is_finite():
            return "INVALID_AMOUNT", "payable_amount must be a number"
        return None

    def look_up(self, keys: list[str]) -> list[dict[str, Any]]:
        """The postings known under these keys."""
        found = [self._postings[key] for key in keys if key in self._postings]
        return [
            {
                "idempotency_key": posting["idempotency_key"],
                "reference": posting["reference"],
                "invoice_id": posting["item"]["invoice_id"],
                "match_status": posting["item"]["match_status"],
            }
            for posting in found
        ]

    def postings(self) -> list[dict[str, Any]]:
        """Every posting ever accepted, oldest first."""
        return [
            {**posting["item"], "idempotency_key": key, "reference": posting["reference"]}
            for key, posting in self._postings.items()
        ]


def _content(item: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in item.items() if name not in _TRANSPORT}


def _result(
    key: Any, outcome: str, code: str | None, message: str, reference: str | None = None
) -> dict[str, Any]:
    return {
        "idempotency_key": key,
        "outcome": outcome,
        "code": code,
        "message": message,
        "reference": reference,
    }

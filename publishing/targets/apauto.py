"""The AP automation as a target: match status per invoice, idempotency key in header and item.

It answers 207 with one result an item; a key it has seen is answered `duplicate` and not posted again. A key
is made from the status, so one that this ledger does not know (its home lost the state store) says the same
at another moment: it is looked up, not called rejected.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import httpx

from publishing.messages import Message, Outcome, State
from publishing.planning import Terms
from publishing.transports import HttpClient, InDoubtError, UnauthorizedError

_PATH = "/v1/match-status"
_FIELDS = ("invoice_id", "match_status", "payable_amount", "rule_set_version", "evaluated_as_of")
_KEY_REUSED = "KEY_REUSED"
_KEYS_PER_LOOK_UP = 50  # keeps the address under 4 kB


class InvoiceMatchStatus:
    """Adapter for `invoice_match_status`. `connection` holds url, api_key and api_secret."""

    batch_size = 200
    terms = Terms(amount_column="payable_amount")

    def __init__(
        self,
        connection: Mapping[str, str],
        *,
        timeout: float = 30.0,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self._connection = connection
        self._http = HttpClient(connection, timeout=timeout, transport=transport)
        self._token: str | None = None

    def close(self) -> None:
        self._http.close()

    def send(self, messages: Sequence[Message], correlation_id: str) -> Mapping[str, Outcome]:
        answer = self._call(
            "POST",
            json={"items": [_item(message) for message in messages]},
            headers={"Idempotency-Key": messages[0].idempotency_key, "X-Correlation-Id": correlation_id},
        )
        results = [result for result in _results(answer) if result.get("code") != _KEY_REUSED]
        return {result["idempotency_key"]: _outcome(result) for result in results}

    def look_up(self, messages: Sequence[Message]) -> Mapping[str, Outcome]:
        wanted = {message.idempotency_key: message for message in messages}
        keys = list(wanted)
        found: dict[str, Outcome] = {}
        for start in range(0, len(keys), _KEYS_PER_LOOK_UP):
            asked = ",".join(keys[start : start + _KEYS_PER_LOOK_UP])
            for result in _results(self._call("GET", params={"keys": asked})):
                key = result["idempotency_key"]
                found[key] = _held(result, wanted[key])
        return found

    def _call(self, method: str, **request: Any) -> Any:
        """A request with a token; a refused one is renewed once, since 401 means that nothing was done."""
        token = self._token or self._log_in()
        headers = {**request.pop("headers", {}), "Authorization": f"Bearer {token}"}
        try:
            return self._http.request(method, _PATH, headers=headers, **request)
        except UnauthorizedError:
            headers["Authorization"] = f"Bearer {self._log_in()}"
            return self._http.request(method, _PATH, headers=headers, **request)

    def _log_in(self) -> str:
        credentials = {name: self._connection[name] for name in ("api_key", "api_secret")}
        try:
            token = str(self._http.request("POST", "/v1/token", json=credentials)["access_token"])
        except InDoubtError as error:
            raise UnauthorizedError(f"no token: {error}") from error
        self._token = token
        return token


def _item(message: Message) -> dict[str, Any]:
    content = message.content
    codes = content.get("codes") or ""
    return {
        "idempotency_key": message.idempotency_key,
        "correlation_id": message.correlation_id,
        "codes": codes.split(",") if codes else [],
        **{name: content.get(name) for name in _FIELDS},
    }


def _results(answer: Any) -> list[dict[str, Any]]:
    results = answer.get("results") if isinstance(answer, dict) else None
    if not isinstance(results, list):
        raise InDoubtError(f"{_PATH}: the answer has no results")
    return results


def _held(result: Mapping[str, Any], message: Message) -> Outcome:
    """What the target has under a key: our status, or another one that a person must look at."""
    content = {name: result[name] for name in _FIELDS if name in result}
    ours, theirs = message.content.get("match_status"), result.get("match_status")
    if ours != theirs:
        words = f"holds {theirs} under the key of {ours}"
        return Outcome(State.CONFLICT, result["reference"], words, content)
    return Outcome(State.CONFIRMED, result["reference"], None, content)


def _outcome(result: Mapping[str, Any]) -> Outcome:
    reference = result.get("reference")
    if result["outcome"] in ("accepted", "duplicate"):
        return Outcome(State.CONFIRMED if reference else State.ACKED, reference)
    return Outcome(State.REJECTED, reference, f"{result.get('code')}: {result.get('message')}")

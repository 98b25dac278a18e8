"""The procurement suite as a target: contract prices, unique by our external reference."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import httpx

from publishing.messages import Message, Outcome, State
from publishing.planning import Terms
from publishing.targets.comparison import conflict, same_number, same_text
from publishing.transports import HttpClient, InDoubtError, NotTakenError, RefusedError, UnauthorizedError

_PATH = "/api/contract_prices"
_NUMBERS = frozenset({"min_quantity", "unit_price"})
_FIELDS: Mapping[str, tuple[str, ...]] = {
    "contract_number": ("contract", "number"),
    "supplier_number": ("supplier", "number"),
    "item_number": ("item", "item-number"),
    "manufacturer_part_number": ("manufacturer-part-number",),
    "uom_code": ("uom", "code"),
    "tier_code": ("tier",),
    "min_quantity": ("minimum-quantity",),
    "unit_price": ("price",),
    "currency_code": ("currency", "code"),
    "valid_from": ("start-date",),
    "valid_to": ("end-date",),
}  # our column -> where it stands in a record


class ContractPrice:
    """Adapter for `contract_price`. `connection` holds url, client_id and client_secret."""

    batch_size = 1
    terms = Terms()

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
        return {message.idempotency_key: self._send(message, correlation_id) for message in messages}

    def _send(self, message: Message, correlation_id: str) -> Outcome:
        method, path = "POST", _PATH
        if message.replaces is not None:
            method, path = "PUT", f"{_PATH}/{message.replaces}"
        try:
            headers = {"X-Correlation-Id": correlation_id}
            record = self._call(method, path, json=_record(message), headers=headers)
        except RefusedError as error:
            errors = _errors(error)
            if errors is None:
                raise
            taken = self.look_up([message]) if "external-ref" in errors else {}
            return taken.get(message.idempotency_key) or Outcome(State.REJECTED, None, _words(errors))
        if not isinstance(record, dict) or "id" not in record:
            raise InDoubtError(f"{method} {path}: the answer has no id")
        return Outcome(State.CONFIRMED, str(record["id"]))

    def look_up(self, messages: Sequence[Message]) -> Mapping[str, Outcome]:
        found: dict[str, Outcome] = {}
        for message in messages:
            records = self._call("GET", _PATH, params={"external-ref": message.content["external_ref"]})
            if not isinstance(records, list):
                raise InDoubtError(f"GET {_PATH}: the answer is no list")
            if not records:
                continue
            record = records[0]
            held = {column: _inner(record, path) for column, path in _FIELDS.items()}
            differences = [column for column in held if not _same(column, message.content.get(column), held)]
            if differences and message.replaces is not None:
                continue  # still the version that this message shall replace
            number = str(record["id"])
            state = State.CONFLICT if differences else State.CONFIRMED
            error = conflict(f"contract price {number}", differences)
            found[message.idempotency_key] = Outcome(state, number, error, held)
        return found

    def _call(self, method: str, path: str, **request: Any) -> Any:
        """A request with a token; a refused one is renewed once, since 401 means that nothing was done."""
        headers = {"Accept": "application/json", **request.pop("headers", {})}
        token = self._token or self._log_in()
        try:
            bearer = {"Authorization": f"Bearer {token}"}
            return self._http.request(method, path, headers=headers | bearer, **request)
        except UnauthorizedError:
            bearer = {"Authorization": f"Bearer {self._log_in()}"}
            return self._http.request(method, path, headers=headers | bearer, **request)

    def _log_in(self) -> str:
        form = {name: self._connection[name] for name in ("client_id", "client_secret")}
        try:
            answer = self._http.request(
                "POST", "/oauth2/token", data={"grant_type": "client_credentials", **form}
            )
            token = str(answer["access_token"])
        except (InDoubtError, KeyError, TypeError) as error:
            raise NotTakenError(f"no token: {error}") from error
        self._token = token
        return token


def _record(message: Message) -> dict[str, Any]:
    content = message.content
    record: dict[str, Any] = {"external-ref": content["external_ref"]}
    for column, (name, *inner) in _FIELDS.items():
        value = content.get(column)
        record[name] = {inner[0]: value} if inner and value is not None else value
    return record


def _inner(record: Mapping[str, Any], path: Sequence[str]) -> Any:
    value: Any = record
    for name in path:
        value = value.get(name) if isinstance(value, Mapping) else None
    return value


def _same(column: str, ours: Any, held: Mapping[str, Any]) -> bool:
    compare = same_number if column in _NUMBERS else same_text
    return compare(ours, held[column])


def _errors(error: RefusedError) -> Mapping[str, Any] | None:
    """The suite's complaints by field; None when the request was refused for another reason."""
    if error.response.status_code not in (httpx.codes.UNPROCESSABLE_ENTITY, httpx.codes.NOT_FOUND):
        return None
    try:
        body = error.response.json()
    except ValueError:
        return None
    errors = body.get("errors") if isinstance(body, dict) else None
    return errors if isinstance(errors, dict) else {"record": [str(body.get("error", body))]}


def _words(errors: Mapping[str, Any]) -> str:
    parts = [f"{name} {', '.join(map(str, why))}" for name, why in sorted(errors.items())]
    return f"INVALID: {'; '.join(parts)}"

"""Writing to an OData v2 service: the session against forgery, entity tags, changesets, business errors.

Nothing of an entity stands here; `targets.erp_cloud` says what is written where.
"""

from __future__ import annotations

import email.parser
import email.policy
import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import httpx

from publishing.transports import HttpClient, InDoubtError, RefusedError

ROOT = "/sap/opu/odata/sap"
_CSRF = "X-CSRF-Token"
_BUSINESS = (httpx.codes.BAD_REQUEST, httpx.codes.CONFLICT, httpx.codes.UNPROCESSABLE_ENTITY)


@dataclass(frozen=True, slots=True)
class BusinessError:
    """What the service has against the content of a request."""

    code: str
    message: str

    def __str__(self) -> str:
        return f"{self.code}: {self.message}"


class ODataClient:
    """One service root with basic login. `probe` is a cheap read that hands out the token for writes."""

    def __init__(
        self,
        connection: Mapping[str, str],
        probe: str,
        *,
        timeout: float = 30.0,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self._http = HttpClient(
            connection,
            timeout=timeout,
            transport=transport,
            login=(connection["user"], connection["password"]),
        )
        self._probe = probe
        self._token: str | None = None

    def close(self) -> None:
        self._http.close()

    def read(self, path: str) -> tuple[dict[str, Any], str | None]:
        """The `d` of an answer and its entity tag."""
        response = self._http.exchange("GET", f"{ROOT}/{path}", headers={"Accept": "application/json"})
        content = _body(response.content)
        found = content.get("d")
        if not isinstance(found, dict):
            raise InDoubtError(f"GET {path.partition('?')[0]}: the answer has no data")
        tag = response.headers.get("ETag") or (found.get("__metadata") or {}).get("etag")
        return found, tag

    def find(self, path: str, column: str, values: Sequence[str]) -> list[dict[str, Any]]:
        """The entities whose `column` has one of the values."""
        condition = " or ".join(f"{column} eq '{value.replace(chr(39), 2 * chr(39))}'" for value in values)
        query = httpx.QueryParams({"$filter": condition, "$format": "json"})
        found, _ = self.read(f"{path}{'&' if '?' in path else '?'}{query}")
        results = found.get("results")
        if not isinstance(results, list):
            raise InDoubtError(f"GET {path.partition('?')[0]}: the answer has no results")
        return results

    def write(self, method: str, path: str, **request: Any) -> httpx.Response:
        """A write with the session's token. A refused token is renewed once: 403 means nothing was done."""
        headers = {"Accept": "application/json", **request.pop("headers", {})}
        token = self._token or self._fetch_token()
        try:
            return self._write(method, path, headers | {_CSRF: token}, request)
        except RefusedError as error:
            answer = error.response
            if answer.status_code != httpx.codes.FORBIDDEN or answer.headers.get(_CSRF) != "Required":
                raise
            return self._write(method, path, headers | {_CSRF: self._fetch_token()}, request)

    def _write(self, method: str, path: str, headers: Any, request: Mapping[str, Any]) -> httpx.Response:
        return self._http.exchange(method, f"{ROOT}/{path}", headers=headers, **request)

    def _fetch_token(self) -> str:
        response = self._http.exchange("GET", f"{ROOT}/{self._probe}", headers={_CSRF: "Fetch"})
        self._token = response.headers.get(_CSRF, "")
        return self._token

    def change_set(self, service: str, entity: str, contents: Sequence[Mapping[str, Any]]) -> ChangeSetAnswer:
        """Creates all entities or none of them."""
        batch, changes = f"batch_{uuid.uuid4().hex}", f"changeset_{uuid.uuid4().hex}"
        response = self.write(
            "POST",
            f"{service}/$batch",
            content=_multipart(batch, changes, entity, contents),
            headers={"Content-Type": f"multipart/mixed; boundary={batch}", "Accept": "multipart/mixed"},
        )
        return _read_batch(response, len(contents))


@dataclass(frozen=True, slots=True)
class ChangeSetAnswer:
    """Either the created entities in the order of the request, or why none was."""

    created: tuple[dict[str, Any], ...] = ()
    error: BusinessError | None = None


def business_error(error: RefusedError) -> BusinessError | None:
    """The refusal of the content; None when the request was refused for another reason."""
    if error.response.status_code not in _BUSINESS:
        return None
    return _business_error(error.response.content)


def odata_date(day: str | None) -> str | None:
    """An ISO date as OData v2 writes it in JSON."""
    if day is None:
        return None
    at = date.fromisoformat(day)
    return f"/Date({int(datetime(at.year, at.month, at.day, tzinfo=UTC).timestamp()) * 1000})/"


def _business_error(body: bytes) -> BusinessError:
    error = _body(body).get("error")
    if not isinstance(error, dict):
        return BusinessError("REFUSED", body.decode(errors="replace")[:200])
    message = error.get("message")
    text = message.get("value") if isinstance(message, dict) else message
    return BusinessError(str(error.get("code")), str(text))


def _body(content: bytes) -> dict[str, Any]:
    try:
        found = json.loads(content)
    except ValueError as error:
        raise InDoubtError("the answer is no JSON") from error
    return found if isinstance(found, dict) else {}


def _multipart(batch: str, changes: str, entity: str, contents: Sequence[Mapping[str, Any]]) -> bytes:
    lines = [f"--{batch}", f"Content-Type: multipart/mixed; boundary={changes}", ""]
    for number, content in enumerate(contents, start=1):
        body = json.dumps(content, ensure_ascii=True)
        lines += [
            f"--{changes}", "Content-Type: application/http", "Content-Transfer-Encoding: binary",
            f"Content-ID: {number}", "", f"POST {entity} HTTP/1.1", "Content-Type: application/json",
            "Accept: application/json", f"Content-Length: {len(body)}", "", body,
        ]  # fmt: skip
    return "\r\n".join([*lines, f"--{changes}--", f"--{batch}--", ""]).encode()


def _read_batch(response: httpx.Response, count: int) -> ChangeSetAnswer:
    kind = response.headers.get("Content-Type", "")
    text = f"Content-Type: {kind}\r\n\r\n".encode() + response.content
    whole = email.parser.BytesParser(policy=email.policy.HTTP).parsebytes(text)
    answers = [
        _read_part(part.get_payload(decode=True) or b"")
        for part in whole.walk()
        if part.get_content_type() == "application/http"
    ]
    if any(status >= 500 for status, _ in answers):
        raise InDoubtError(f"$batch: {max(status for status, _ in answers)} in the answer")
    refused = [body for status, body in answers if status >= 400]
    if refused:
        return ChangeSetAnswer(error=_business_error(refused[0]))
    created = tuple(_body(body).get("d") or {} for _, body in answers)
    if len(created) != count:
        raise InDoubtError(f"$batch: {len(created)} answers to {count} requests")
    return ChangeSetAnswer(created)


def _read_part(part: bytes | Any) -> tuple[int, bytes]:
    """Status and body of one HTTP answer inside the batch."""
    head, _, body = bytes(part).replace(b"\r\n", b"\n").partition(b"\n\n")
    words = head.split(b"\n", 1)[0].split()
    if len(words) < 2 or not words[1].isdigit():
        raise InDoubtError("$batch: an answer has no status")
    return int(words[1]), body

"""SOAP services through zeep: signed requests, effective-dated paging, answers kept as received.

zeep knows the interface (a WSDL beside the spec, so nothing is fetched for it), writes the envelope and its
WS-Security header; the answer is taken raw and read by `xml_rows`, so that a field the WSDL does not know is
landed and not refused. Every attempt is signed anew, because a server takes a nonce once. Only what may pass
is tried again: no answer in time, 5xx, 429, an answer cut off, a page not asked for, a signature too old.
"""

import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from importlib import resources
from typing import Any
from urllib.parse import urlsplit

import requests
import tenacity
import zeep
from lxml import etree
from zeep.wsse.username import UsernameToken

from ingestion.configuration.hosts import LOOPBACK
from ingestion.formats.content import InMemory
from ingestion.formats.xml_rows import (
    LARGEST_BYTES,
    Answer,
    XmlCutOffError,
    XmlRefusedError,
    read_answer,
    records_hash,
)
from ingestion.landing_copy.landing import Payload
from ingestion.soap_wire import SoapWire
from ingestion.spec import ResourceSpec, SystemSpec
from ingestion.transports.fetched import Fetched, LoginRefusedError, SourceDownError, cursor_text
from ingestion.transports.tls import Certificates, certificate_trouble

CONNECT_SECONDS = 3.0
READ_SECONDS = 15.0
ATTEMPTS = 6
BACKOFF = 0.5
LONGEST_WAIT = 15.0
_PIECE = 64 * 1024
_TRY_AGAIN = (429, 500, 502, 503, 504)
_NOT_SECRET = ("https",)
# Fault codes of WS-Security; the prefix in front of them is the sender's.
_TOO_OLD = "MessageExpired"
_LOGIN_FAULTS = ("FailedAuthentication", "FailedCheck", "InvalidSecurity", "InvalidSecurityToken")


@dataclass(frozen=True)
class Moments:
    """The days whose state is asked for, first to last, and the instant up to which entries count.

    One instant for all pages of a fetch: what is entered meanwhile moves no record from page to page.
    """

    first: date | None
    last: date
    entered_at: datetime

    def days(self, cursor: str) -> list[date]:
        """The first day not asked for yet, each first of a month after it, and the last.

        A service tells a state and no history: what changed and changed back within a month is not seen.
        """
        asked = datetime.fromisoformat(cursor).date() if cursor else None
        start = max((day for day in (asked, self.first) if day), default=self.last)
        days = {self.last} if start == asked else {min(start, self.last), self.last}
        month = (start.replace(day=1) + timedelta(days=32)).replace(day=1)
        while month < self.last:
            days.add(month)
            month = (month + timedelta(days=32)).replace(day=1)
        return sorted(days)


@dataclass(frozen=True)
class Page:
    """One answer: its number, how many pages and records there are in all, and the records' elements."""

    content: bytes
    request_id: str
    api_version: str
    number: int
    total_pages: int
    total_records: int
    records: list[etree._Element]


@dataclass(frozen=True)
class _Reply:
    status: int
    headers: Mapping[str, str]
    content: bytes


class PassingError(Exception):
    """A failure that may be gone at the next attempt; `wait` is what the server asked for, in seconds."""

    def __init__(self, reason: str, wait: float = 0.0) -> None:
        super().__init__(reason)
        self.wait = wait


class _Transport(zeep.Transport):  # type: ignore[misc]
    """zeep's transport with bounded answers, no redirects, no fetching and nothing secret in a log."""

    def load(self, url: str) -> bytes:
        if urlsplit(url).scheme:
            raise SourceDownError(f"the WSDL refers to {url}; it must stand in the file itself")
        content: bytes = super().load(url)
        return content

    def post(self, address: str, message: bytes, headers: Mapping[str, str]) -> _Reply:
        timeout = (CONNECT_SECONDS, READ_SECONDS)
        with self.session.post(
            address, data=message, headers=headers, timeout=timeout, stream=True, allow_redirects=False
        ) as response:
            content = bytearray()
            for piece in response.iter_content(_PIECE):
                content += piece
                if len(content) > LARGEST_BYTES:
                    raise XmlRefusedError(
                        f"is larger than {LARGEST_BYTES // 2**20} MiB; ask for smaller pages"
                    )
            return _Reply(response.status_code, response.headers, bytes(content))


class SoapClient:
    """One signed-in client of one instance; errors name the address, never a credential."""

    def __init__(self, spec: SystemSpec, wire: SoapWire, connection: Mapping[str, str]) -> None:
        self._wire = wire
        self._base = connection["url"].rstrip("/")
        plain = connection.get("password_type", "digest") == "text"
        parts = urlsplit(self._base)
        if plain and parts.scheme not in _NOT_SECRET and parts.hostname not in LOOPBACK:
            raise SourceDownError(
                f"{self._base} would get the password in plain text; use https or password_type: digest"
            )
        token = UsernameToken(
            connection["user"], connection["password"], use_digest=not plain, zulu_timestamp=True
        )
        settings = zeep.Settings(
            raw_response=True, forbid_dtd=True, forbid_entities=True, forbid_external=True, force_https=False
        )
        session = requests.Session()
        Certificates.of(connection).secure(session)
        wsdl = resources.files(f"ingestion.systems.{spec.name}") / wire.wsdl
        self._client = zeep.Client(
            str(wsdl), wsse=token, transport=_Transport(session=session), settings=settings
        )

    def pages(self, resource: ResourceSpec, effective: date, entered_at: datetime) -> Iterator[Page]:
        """Every page of the state as of a day. Raises `SourceDownError` unless all records came."""
        number, last, count, total = 1, 1, 0, None
        while number <= last:
            page = self._page(resource, effective, entered_at, number)
            if total is not None and page.total_records != total:
                raise SourceDownError(
                    f"{self._address(resource)} had {total} records on page 1 and {page.total_records} on"
                    f" page {number}; it does not hold to its time of entry"
                )
            total, last, count = page.total_records, page.total_pages, count + len(page.records)
            if number < last and not page.records:
                raise SourceDownError(f"{self._address(resource)} sent page {number} of {last} empty")
            yield page
            number += 1
        if count < (total or 0):
            raise SourceDownError(f"{self._address(resource)} says {total} records and sent {count}")

    def _address(self, resource: ResourceSpec) -> str:
        return f"{self._base}/{resource.path.partition('/')[0]}/{self._wire.version}"

    def _page(self, resource: ResourceSpec, effective: date, entered_at: datetime, number: int) -> Page:
        retrying = tenacity.Retrying(
            stop=tenacity.stop_after_attempt(ATTEMPTS),
            wait=_wait,
            retry=tenacity.retry_if_exception_type(PassingError),
            reraise=True,
        )
        try:
            page: Page = retrying(self._attempt, resource, effective, entered_at, number)
            return page
        except PassingError as error:
            raise SourceDownError(f"{self._address(resource)} {error}") from None
        except XmlRefusedError as error:
            raise SourceDownError(f"{self._address(resource)} sent an answer that {error}") from None
        except SourceDownError as error:
            raise type(error)(f"{self._address(resource)} {error}") from None
        except requests.RequestException as error:
            raise SourceDownError(f"{self._address(resource)}: {type(error).__name__}") from None

    def _attempt(self, resource: ResourceSpec, effective: date, entered_at: datetime, number: int) -> Page:
        service, _, operation = resource.path.partition("/")
        binding = f"{{{self._wire.namespace}}}{service}{self._wire.binding_suffix}"
        call = self._client.create_service(binding, self._address(resource))[operation]
        request_id = uuid.uuid4().hex
        values = {
            "version": self._wire.version,
            "effective": effective.isoformat(),
            "entered": f"{entered_at:%Y-%m-%dT%H:%M:%S}.{entered_at.microsecond // 1000:03}Z",
            "page": str(number),
            "count": str(self._wire.page_size),
        }
        header = {self._wire.request_id_header: request_id}
        try:
            with self._client.settings(extra_http_headers=header):
                reply: _Reply = call(**request_body(self._wire, values))
        except requests.exceptions.SSLError as error:
            trouble = certificate_trouble(error)
            raise SourceDownError(
                f"has a certificate that is not accepted, or refuses ours ({trouble})"
            ) from None
        except (requests.ConnectionError, requests.exceptions.ChunkedEncodingError) as error:
            timed_out = isinstance(error, requests.Timeout)
            raise PassingError("does not answer in time" if timed_out else "cannot be reached") from None
        except requests.Timeout:
            raise PassingError("does not answer in time") from None
        answered_id = reply.headers.get(self._wire.request_id_header, request_id)
        answer = _judged(reply, answered_id)
        return page_of(self._wire, resource, reply.content, answer, answered_id, number)


def fetch_soap(
    spec: SystemSpec,
    wire: SoapWire,
    connection: Mapping[str, str],
    cursors: Mapping[str, str],
    moments: Moments,
) -> Fetched:
    """The states of every resource on the days of `moments` since its cursor, one payload a page.

    A day whose records are those of the day asked before it brings nothing and is not landed.
    """
    client = SoapClient(spec, wire, connection)
    fetched = Fetched()
    for resource in spec.resources:
        cursor = cursors.get(resource.name, "")
        before: list[str] = []
        for day in moments.days(cursor):
            pages = [
                _payload(resource, day, page)
                for page in client.pages(resource, day, moments.entered_at)
                if page.records
            ]
            state = [payload.says for payload in pages]
            fetched.payloads += pages if state != before else []
            before = state
        last = datetime.combine(moments.last, time(), tzinfo=UTC)
        fetched.cursors[resource.name] = max(cursor, cursor_text(last))
    return fetched


def _payload(resource: ResourceSpec, day: date, page: Page) -> Payload:
    return Payload(
        name=f"{resource.name}_{day}_page_{page.number:04}.xml",
        resource=resource.name,
        content=InMemory(page.content),
        rows=len(page.records),
        request_id=page.request_id,
        api_version=page.api_version,
        records_sha256=records_hash(page.records),
    )


def request_body(wire: SoapWire, values: Mapping[str, str]) -> dict[str, Any]:
    """The wire's request template filled in, as the nested dict that zeep serializes by the WSDL."""
    body: dict[str, Any] = {}
    for path, template in wire.request:
        *parents, leaf = path.split(".")
        target = body
        for parent in parents:
            target = target.setdefault(parent, {})
        target[leaf] = template.format(**values)
    return body


def _wait(state: tenacity.RetryCallState) -> float:
    error = state.outcome.exception() if state.outcome else None
    asked = error.wait if isinstance(error, PassingError) else 0.0
    doubled = BACKOFF * float(1 << (state.attempt_number - 1))
    return min(max(asked, doubled), LONGEST_WAIT)


def _judged(reply: _Reply, request_id: str) -> Answer:
    """The answer of a good reply. SOAP 1.1 sends every fault as 500: the fault decides before the status."""
    if reply.status in (401, 403):
        raise LoginRefusedError(f"answered {reply.status} (request {request_id})")
    try:
        answer = read_answer(reply.content)
    except XmlCutOffError as error:
        if reply.status == 200:
            raise PassingError(f"sent an answer that {error} (request {request_id})") from None
        answer = None
    if answer is not None and answer.is_fault:
        _raise_fault(answer, request_id)
    if answer is None or reply.status != 200:
        reason = f"answered {reply.status} (request {request_id})"
        if reply.status in _TRY_AGAIN:
            raise PassingError(reason, _seconds(reply.headers.get("Retry-After", "")))
        raise SourceDownError(reason)
    return answer


def _raise_fault(answer: Answer, request_id: str) -> None:
    code = answer.text("faultcode").rpartition(":")[2]
    words = " ".join(answer.text("faultstring").split())[:300]
    reason = f"refused the request: {code}: {words} (request {request_id})"
    if code in _LOGIN_FAULTS:
        raise LoginRefusedError(reason)
    if code == _TOO_OLD or code.split(".")[0] == "Server":
        raise PassingError(reason)
    raise SourceDownError(reason)


def page_of(
    wire: SoapWire, resource: ResourceSpec, content: bytes, answer: Answer, request_id: str, number: int
) -> Page:
    """The page an answer holds. Raises `PassingError` when it is another one, or not as long as it says."""
    paging = wire.paging
    paths = (paging.page, paging.total_pages, paging.page_records, paging.total_records)
    try:
        page, pages, here, total = (int(answer.text(path)) for path in paths)
    except ValueError:
        raise PassingError(f"does not say which page it sent (request {request_id})") from None
    records = answer.elements(resource.records)
    if page != number and total:
        raise PassingError(f"sent page {page} when asked for page {number} (request {request_id})")
    if len(records) < here:
        sent = f"{len(records)} of {here} records"
        raise PassingError(f"sent {sent} of page {page} (request {request_id})")
    version = answer.attribute(wire.version_attribute)
    return Page(content, request_id, version, number, pages, total, records)


def _seconds(text: str) -> float:
    return float(text) if text.isascii() and text.isdigit() else 0.0

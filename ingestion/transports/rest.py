"""JSON APIs through dlt's REST client: login, paging, retries. Pages are kept as received.

A busy or failing server (429 with Retry-After, a burst of 500, a page cut off) is waited for; a dead one
fails within about twenty seconds; a token that expires under way is renewed once per request.
"""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import requests
from dlt.sources.helpers.requests.retry import Client
from dlt.sources.helpers.rest_client import RESTClient
from dlt.sources.helpers.rest_client.auth import HttpBasicAuth, OAuth2ClientCredentials
from requests.auth import AuthBase

from ingestion.formats.content import InMemory
from ingestion.formats.json_rows import select
from ingestion.landing_copy.landing import Payload
from ingestion.reports import Refusal
from ingestion.spec import ResourceSpec, RestWire, SystemSpec
from ingestion.transports.answers import AnswerTooLargeError, limit_answers
from ingestion.transports.fetched import Fetched, LoginRefusedError, SourceDownError, cursor_text
from ingestion.transports.paging import Circle, paginator_of
from ingestion.transports.redirects import RedirectedError, refuse_redirects
from ingestion.transports.tls import Certificates, certificate_trouble
from ingestion.windows import Bounds

CONNECT_SECONDS = 3.0
READ_SECONDS = 15.0
ATTEMPTS = 6
BACKOFF = 0.5
LONGEST_WAIT = 15.0
LOGIN_REFUSED = (401, 403)
OTHER_SHAPE = "ask the source for the former version, or change wire and version of the system in its spec"
_ODATA = re.compile(r"/Date\((-?[0-9]+)([+-][0-9]{4})?\)/")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Page(NamedTuple):
    """One answer: its body as received, its records, the version of the interface it names."""

    content: bytes
    records: list[dict[str, Any]]
    api_version: str
    record_count: int

    @property
    def landed(self) -> "Page":
        """The answer as a line of a payload, without the records."""
        line = self.content.replace(b"\r", b" ").replace(b"\n", b" ") + b"\n"
        return self._replace(content=line, records=[])


class OtherShapeError(SourceDownError):
    """An answer that holds no list of records where the interface has one."""

    def __init__(self, path: str, records: str) -> None:
        self.path = path
        self.reason = f"the answer has no list of records at {records!r}, as another version would"
        super().__init__(f"{path}: {self.reason}")


def fetch_rest(
    spec: SystemSpec,
    wire: RestWire,
    connection: Mapping[str, str],
    cursors: Mapping[str, str],
    bounds: Bounds | None = None,
) -> Fetched:
    """All records changed since each resource's cursor minus the wire's lag, or between bounds, as pages."""
    client = make_client(wire, connection)
    fetched = Fetched()
    for resource in spec.resources:
        cursor = cursors.get(resource.name) or cursors.get(resource.nested_in, "")
        if resource.nested_in and not cursor and not bounds:
            continue
        since, until = bounds or (_instant(cursor) - wire.lag if cursor else None, None)
        pages, latest = list[Page](), cursor
        try:
            for page in iterate_pages(client, wire, resource, since, until):
                pages.append(page.landed)
                if resource.updated_path:
                    changes = {str(record.get(resource.updated_path, "")) for record in page.records}
                    latest = max(latest, _latest_change(changes))
        except OtherShapeError as error:
            fetched.refusals.append(Refusal(error.path, error.reason, OTHER_SHAPE))
            fetched.refused_hashes[error.path] = hashlib.sha256(error.reason.encode()).hexdigest()
            continue
        if any(page.record_count for page in pages):
            fetched.payloads.append(payload_of(f"{resource.name}.jsonl", resource, pages))
        if latest:
            fetched.cursors[resource.name] = latest
    return fetched


def payload_of(name: str, resource: ResourceSpec, pages: Sequence[Page]) -> Payload:
    """Landed pages as one payload."""
    return Payload(
        name=name,
        resource=resource.name,
        content=InMemory(b"".join(page.content for page in pages)),
        rows=sum(page.record_count for page in pages),
        # What a page does not say is not another version.
        api_version=", ".join(sorted({page.api_version for page in pages} - {""})),
    )


def iterate_pages(
    client: RESTClient,
    wire: RestWire,
    resource: ResourceSpec,
    since: datetime | None = None,
    until: datetime | None = None,
) -> Iterator[Page]:
    """The pages of what changed from `since` on and before `until`.

    An answer without a list where the records should be raises OtherShapeError: it is not an empty page.
    """
    params: dict[str, Any] = dict(resource.params)
    if wire.paging == "cursor":
        params["limit"] = wire.page_size
    if since and resource.filter_param:
        params[resource.filter_param] = resource.filter_template.format(cursor=_wire_time(since))
    if until and resource.until_param:
        before = resource.until_template.format(until=_wire_time(until))
        earlier = params.get(resource.until_param)
        params[resource.until_param] = f"{earlier} and {before}" if earlier else before
    path = f"{wire.root}{resource.path}"
    circle = Circle(f"{client.base_url}{path}")
    try:
        for page in client.paginate(
            path, params=params, paginator=paginator_of(wire), data_selector=wire.records
        ):
            if _has_other_shape(page, wire):
                raise OtherShapeError(f"{client.base_url}{path}", wire.records)
            circle.check(page.response.content)
            records = [record for record in page if isinstance(record, dict)]
            version = page.response.headers.get(wire.version_header, "") if wire.version_header else ""
            # What is no object is counted and landed too: the contract check rejects it.
            yield Page(_in_utf8(page.response.content), records, version.strip(), len(page))
    except requests.HTTPError as error:
        status = error.response.status_code if error.response is not None else "no status"
        kind = LoginRefusedError if status in LOGIN_REFUSED else SourceDownError
        raise kind(f"{client.base_url}{path} answered {status}") from None
    except (AnswerTooLargeError, RedirectedError) as error:
        raise SourceDownError(str(error)) from None
    except (requests.RequestException, ValueError, LookupError, RecursionError) as error:
        raise SourceDownError(f"{client.base_url} cannot be read: {_reason(error)}") from None


def _in_utf8(content: bytes) -> bytes:
    """JSON of another encoding in UTF-8, whose line ends are line ends."""
    encoding = json.detect_encoding(content)
    return content if encoding.startswith("utf-8") else content.decode(encoding).encode()


def _has_other_shape(page: Any, wire: RestWire) -> bool:
    if wire.records == "$":
        return not page.response.content.lstrip().startswith(b"[")
    return not page and not isinstance(select(page.response.json(), wire.records), list)


def make_client(wire: RestWire, connection: Mapping[str, str]) -> RESTClient:
    retrying = Client(
        request_timeout=(CONNECT_SECONDS, READ_SECONDS),
        raise_for_status=False,
        request_max_attempts=ATTEMPTS,
        request_backoff_factor=BACKOFF,
        request_max_retry_delay=LONGEST_WAIT,
        retry_condition=_is_cut_off,
    )
    Certificates.of(connection).secure(retrying.session)
    refuse_redirects(retrying.session)
    limit_answers(retrying.session)
    base = connection["url"].rstrip("/")
    return RESTClient(
        base_url=base, auth=_auth(wire, connection, base, retrying.session), session=retrying.session
    )


def _read_as_landed(response: requests.Response) -> None:
    """The JSON of an answer as the landed page will be read: one odd byte or NaN spoils its record alone."""

    def read(**_: Any) -> Any:
        content = response.content
        return json.loads(content.decode(json.detect_encoding(content), "surrogateescape"))

    response.json = read  # type: ignore[method-assign]


def _is_cut_off(response: requests.Response | None, _error: BaseException | None) -> bool:
    """A good answer whose body is no JSON was cut off on its way; asked again, it comes whole.

    Every answer passes here first, so here it learns how to be read.
    """
    if response is None or not response.ok:
        return False
    _read_as_landed(response)
    try:
        response.json()
    except ValueError:
        return True
    return False


def change_time(value: Any) -> str:
    """A record's time of change as ISO text that sorts by time; empty when it has none."""
    return _latest_change({value})


def _latest_change(values: set[Any]) -> str:
    moments = [moment for moment in map(_moment, values) if moment is not None]
    return cursor_text(max(moments)) if moments else ""


def _moment(value: Any) -> datetime | None:
    match = _ODATA.fullmatch(value) if isinstance(value, str) else None
    try:
        moment = _EPOCH + timedelta(milliseconds=int(match[1])) if match else _instant(str(value or ""))
        return moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _wire_time(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def _instant(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _reason(error: Exception) -> str:
    """What went wrong, without the request, whose headers may carry a secret."""
    if isinstance(error, requests.exceptions.SSLError):
        return f"its certificate or ours is not accepted ({certificate_trouble(error)})"
    if isinstance(error, requests.Timeout):
        return "it does not answer in time"
    if isinstance(error, requests.ConnectionError):
        return "nothing answers at this address"
    return "its answer is not what the protocol says"


class _Renewing:
    """Renews the token and repeats the request when the server says 401 before the token's time."""

    access_token: Any

    def obtain_token(self) -> None:
        raise NotImplementedError

    def repeat_after_renewal(self, response: requests.Response, **options: Any) -> requests.Response:
        if response.status_code != 401 or "X-Renewed" in response.request.headers:
            return response
        self.obtain_token()
        again = response.request.copy()
        again.headers["Authorization"] = f"Bearer {self.access_token}"
        again.headers["X-Renewed"] = "1"
        _ = response.content  # the connection is free for reuse only when the body was read
        repeated: requests.Response = response.connection.send(again, **options)
        repeated.history.append(response)
        repeated.request = again
        return repeated


class RenewingOAuth2(OAuth2ClientCredentials, _Renewing):  # type: ignore[misc]
    """dlt's OAuth2 client credentials, plus renewal on 401 and by a refresh token where one is given."""

    _refresh_token: str = ""

    def build_access_token_request(self) -> dict[str, Any]:
        request: dict[str, Any] = super().build_access_token_request()
        if self._refresh_token:
            request["data"] |= {"grant_type": "refresh_token", "refresh_token": self._refresh_token}
        return request

    def obtain_token(self) -> None:
        try:
            super().obtain_token()
        except requests.HTTPError:
            if not self._refresh_token:
                raise
            # A refresh token ends too; the credentials it came from still hold.
            self._refresh_token = ""
            super().obtain_token()

    def parse_access_token(self, answer: Any) -> str:
        self._refresh_token = str(answer.get("refresh_token") or "")
        return str(super().parse_access_token(answer))

    def __call__(self, request: Any) -> Any:
        request = super().__call__(request)
        request.register_hook("response", self.repeat_after_renewal)
        return request


@dataclass
class RotatingToken(_Renewing, AuthBase):
    """A bearer token got for a key and a secret; it expires and is replaced."""

    login_url: str
    credentials: Mapping[str, str]
    session: requests.Session
    access_token: str = ""
    expires_at: datetime = datetime(1970, 1, 1, tzinfo=UTC)

    def obtain_token(self) -> None:
        response = self.session.post(self.login_url, json=dict(self.credentials))
        response.raise_for_status()
        answer = response.json()
        self.access_token = str(answer["access_token"])
        self.expires_at = datetime.now(UTC) + timedelta(seconds=int(answer.get("expires_in", 3600)))

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        if datetime.now(UTC) >= self.expires_at:
            self.obtain_token()
        request.headers["Authorization"] = f"Bearer {self.access_token}"
        request.register_hook("response", self.repeat_after_renewal)
        return request


def _auth(wire: RestWire, connection: Mapping[str, str], base: str, session: requests.Session) -> Any:
    if wire.auth == "basic":
        return HttpBasicAuth(connection["user"], connection["password"])
    login_url = f"{base}{wire.login_path}"
    if wire.auth == "api_token":
        credentials = {"api_key": connection["api_key"], "api_secret": connection["api_secret"]}
        return RotatingToken(login_url, credentials, session)
    return RenewingOAuth2(
        access_token_url=login_url,
        client_id=connection["client_id"],
        client_secret=connection["client_secret"],
        access_token_request_data={"scope": connection.get("scope") or wire.scope},
        session=session,
    )

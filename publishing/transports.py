"""How requests leave: one HTTP client that tells what can be known of a failed request.

The distinction is the one delivery stands on: `NotTakenError` = the target surely did nothing,
`InDoubtError` = it may have done everything. No path or field name of any target lives here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import httpx

from ingestion.transports.redirects import redirected
from ingestion.transports.tls import Certificates


class NotTakenError(Exception):
    """The request was surely not processed. `retry` says whether the same request may work later."""

    def __init__(self, message: str, *, retry: bool = True, retry_after: float = 0.0) -> None:
        super().__init__(message)
        self.retry = retry
        self.retry_after = retry_after


class InDoubtError(Exception):
    """The request left and its outcome is unknown; only a look-up at the target may tell."""


class UnauthorizedError(NotTakenError):
    """The credentials of the request were refused, as when a token expired."""


class RefusedError(NotTakenError):
    """The target read the request and said no: a 4xx that the same request will get again."""

    def __init__(self, message: str, response: httpx.Response) -> None:
        super().__init__(message, retry=False)
        self.response = response


class HttpClient:
    """HTTP to the `url` of a connection, with its certificates; proxies of the environment are not used.

    Keeps the cookies it was given, as sessions with a token against forgery need.
    """

    def __init__(
        self,
        connection: Mapping[str, str],
        *,
        timeout: float = 30.0,
        transport: httpx.BaseTransport | None = None,
        login: tuple[str, str] | None = None,
    ) -> None:
        self._client = httpx.Client(
            base_url=connection["url"],
            verify=Certificates.of(connection).context(),
            timeout=timeout,
            transport=transport,
            trust_env=False,
            follow_redirects=False,
            auth=login,
        )

    def close(self) -> None:
        self._client.close()

    def request(self, method: str, path: str, **content: Any) -> Any:
        """The decoded JSON of a 2xx answer; raises NotTakenError or InDoubtError for everything else."""
        response = self.exchange(method, path, **content)
        try:
            return response.json()
        except ValueError as error:
            words = f"{method} {path}: {response.status_code} with a body that is not JSON"
            raise InDoubtError(words) from error

    def exchange(
        self,
        method: str,
        path: str,
        *,
        json: Any = None,
        data: Mapping[str, str] | None = None,
        content: bytes | None = None,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> httpx.Response:
        """A 2xx answer as it came; raises RefusedError for what the target read and refused."""
        try:
            response = self._client.request(
                method, path, json=json, data=data, content=content, params=params, headers=headers
            )
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            raise NotTakenError(f"{method} {path}: no connection ({error})") from error
        except httpx.TransportError as error:
            raise InDoubtError(f"{method} {path}: no answer ({type(error).__name__})") from error
        status = response.status_code
        if status == httpx.codes.UNAUTHORIZED:
            raise UnauthorizedError(f"{method} {path}: 401, the credentials were refused")
        if status == httpx.codes.TOO_MANY_REQUESTS:
            raise NotTakenError(f"{method} {path}: 429", retry_after=_retry_after(response))
        if status >= 500:
            # A gateway answers 502 to 504 for requests that did reach the application.
            raise InDoubtError(f"{method} {path}: {status}")
        if response.has_redirect_location:
            words = redirected(str(response.url), response.headers["location"])
            raise RefusedError(f"{method} {path}: {status}: {words}", response)
        if not response.is_success:
            raise RefusedError(f"{method} {path}: {status} {response.text[:200]}", response)
        return response


def _retry_after(response: httpx.Response) -> float:
    """Seconds the target asks to wait; 0 when it does not say or says a date."""
    value = response.headers.get("Retry-After", "")
    return float(value) if value.isascii() and value.isdigit() else 0.0

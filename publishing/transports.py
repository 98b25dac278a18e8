"""How requests leave: one HTTP client that tells what can be known of a failed request.

The distinction is the one delivery stands on: `NotTakenError` = the target surely did nothing,
`InDoubtError` = it may have done everything. No path or field name of any target lives here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import httpx


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


class HttpClient:
    """JSON over HTTP with one base URL. Proxies and certificates come from settings, not the environment."""

    def __init__(
        self, url: str, *, timeout: float = 30.0, transport: httpx.BaseTransport | None = None
    ) -> None:
        self._client = httpx.Client(
            base_url=url, timeout=timeout, transport=transport, trust_env=False, follow_redirects=False
        )

    def close(self) -> None:
        self._client.close()

    def request(
        self,
        method: str,
        path: str,
        *,
        json: Any = None,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Any:
        """The decoded JSON of a 2xx answer; raises NotTakenError or InDoubtError for everything else."""
        try:
            response = self._client.request(method, path, json=json, params=params, headers=headers)
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
        if not response.is_success:
            raise NotTakenError(f"{method} {path}: {status} {response.text[:200]}", retry=False)
        try:
            return response.json()
        except ValueError as error:
            raise InDoubtError(f"{method} {path}: {status} with a body that is not JSON") from error


def _retry_after(response: httpx.Response) -> float:
    """Seconds the target asks to wait; 0 when it does not say or says a date."""
    value = response.headers.get("Retry-After", "")
    return float(value) if value.isdigit() else 0.0

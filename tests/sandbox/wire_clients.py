"""Small clients of the sandbox's REST servers, as the tests use them."""

from __future__ import annotations

from typing import Any

import httpx

from sandbox.serve import Sandbox


class Procurement:
    """A client of the procurement suite."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.place = sandbox.endpoints["procurement"]
        self.http = httpx.Client(base_url=self.place["url"])
        self.log_on()

    def log_on(self) -> None:
        form = {
            "grant_type": "client_credentials",
            "client_id": self.place["client_id"],
            "client_secret": self.place["client_secret"],
            "scope": "read",
        }
        token = self.http.post("/oauth2/token", data=form).raise_for_status().json()["access_token"]
        self.http.headers["Authorization"] = f"Bearer {token}"

    def page(self, resource: str, **query: str | int) -> httpx.Response:
        return self.http.get(f"/api/{resource}", params=query)

    def pull(self, resource: str, **query: str | int) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = []
        while True:
            page = self.page(resource, limit=50, offset=len(rows), **query).raise_for_status().json()
            rows += page
            if len(page) < 50:
                return rows


class ApAuto:
    """A client of AP automation."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.place = sandbox.endpoints["apauto"]
        self.http = httpx.Client(base_url=self.place["url"])
        self.log_on()

    def log_on(self) -> None:
        keys = {name: self.place[name] for name in ("api_key", "api_secret")}
        token = self.http.post("/v1/token", json=keys).raise_for_status().json()["access_token"]
        self.http.headers["Authorization"] = f"Bearer {token}"

    def pull(self, resource: str, **query: str) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = []
        cursor: dict[str, str] = {}
        while True:
            page = self.http.get(f"/v1/{resource}", params={**query, **cursor}).raise_for_status().json()
            rows += page["data"]
            if not page["next_cursor"]:
                return rows
            cursor = {"cursor": page["next_cursor"]}

    def post(self, *items: dict[str, Any]) -> httpx.Response:
        headers = {"Idempotency-Key": "batch", "X-Correlation-Id": "run"}
        return self.http.post("/v1/match-status", json={"items": items}, headers=headers)

    def outcomes(self, *items: dict[str, Any]) -> list[tuple[str, str | None]]:
        answer = self.post(*items)
        assert answer.status_code == 207
        return [(result["outcome"], result["code"]) for result in answer.json()["results"]]

    def book(self) -> list[dict[str, Any]]:
        return list(self.http.get("/v1/match-status/book").raise_for_status().json()["postings"])


def posting(key: str, invoice_id: str, **changes: Any) -> dict[str, Any]:
    """One item of a match-status batch."""
    return {
        "idempotency_key": key,
        "correlation_id": "c1",
        "invoice_id": invoice_id,
        "match_status": "MATCHED",
        "codes": [],
        "payable_amount": "12.30",
        "rule_set_version": "1",
        "evaluated_as_of": "2026-06-30",
        **changes,
    }

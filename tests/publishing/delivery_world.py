"""A run without a warehouse and a small target on a real socket that can misbehave on demand."""

from __future__ import annotations

import dataclasses
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from ingestion.configuration.landscape import Instance, Landscape, Limits, TargetPublishing
from ingestion.registry import SYSTEMS
from ingestion.settings import Settings
from ingestion.state import StateStore
from publishing.delivery import Retry, deliver
from publishing.disclosure import Disclosure
from publishing.reports import DeliveryReport
from publishing.targets.apauto import InvoiceMatchStatus

TIMEOUT = 0.25
SCHEMA = pa.schema(
    [
        (
            name,
            {"payable_amount": pa.decimal128(18, 2), "evaluated_as_of": pa.date32()}.get(name, pa.string()),
        )
        for name in (
            *("posting_key", "business_key", "target_instance", "source_instance", "native_id"),
            *("legal_entity_code", "invoice_id", "match_status", "codes", "payable_amount", "currency_code"),
            *("rule_set_version", "evaluated_as_of", "payload_hash"),
        )
    ]
)


def row(key: str, content: str = "MATCHED", amount: str = "10.00", **changed: Any) -> dict[str, Any]:
    return {
        "posting_key": key, "business_key": f"invoice {key}", "target_instance": "apauto",
        "source_instance": "apauto", "native_id": key, "legal_entity_code": "A", "invoice_id": key,
        "match_status": content, "codes": "" if content == "MATCHED" else "PRICE_OVER,QTY_OVER_RECEIVED",
        "payable_amount": Decimal(amount), "currency_code": "USD", "rule_set_version": "1",
        "evaluated_as_of": date(2025, 6, 30), "payload_hash": f"{content} {amount}", **changed,
    }  # fmt: skip


def table(*rows: dict[str, Any]) -> pa.Table:
    return pa.Table.from_pylist(list(rows), SCHEMA)


@dataclass
class FakeTarget:
    """Accepts match statuses. `moods` are taken one a POST; when they run out it behaves."""

    url: str = ""
    moods: list[str] = field(default_factory=list)
    book: dict[str, dict[str, Any]] = field(default_factory=dict)
    posts: list[list[dict[str, Any]]] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)
    void: set[str] = field(default_factory=set)
    look_up_works: bool = True
    lock: threading.Lock = field(default_factory=threading.Lock)

    def token(self, request: Request) -> Response:
        return JSONResponse({"access_token": "t", "expires_in": 60})

    def post(self, items: list[dict[str, Any]]) -> Response:
        with self.lock:
            self.requests.append("POST")
            mood = self.moods.pop(0) if self.moods else "fine"
            if mood == "late":
                time.sleep(2 * TIMEOUT)
                return self._accept(items)
        if mood.startswith("timeout"):
            if mood == "timeout_after_commit":
                self._accept(items)
            time.sleep(2 * TIMEOUT)
        if mood == "500_after_commit":
            self._accept(items)
        if mood in ("401", "403", "422", "429", "500", "502", "503"):
            return PlainTextResponse(mood, int(mood), headers={"Retry-After": "7"})
        if mood != "fine":
            return PlainTextResponse(mood, 500)
        return self._accept(items)

    def _accept(self, items: list[dict[str, Any]]) -> Response:
        results = []
        self.posts.append(items)
        for item in items:
            key = item["idempotency_key"]
            result = {"idempotency_key": key, "outcome": "accepted", "code": None, "message": None}
            if item["invoice_id"] in self.void:
                result |= {"outcome": "rejected", "code": "VOID", "message": "no", "reference": None}
            elif key in self.book and _says(self.book[key]) != _says(item):
                result |= {"outcome": "rejected", "code": "KEY_REUSED", "message": "used", "reference": None}
            elif key in self.book:
                result |= {"outcome": "duplicate", "reference": self.book[key]["reference"]}
            else:
                self.book[key] = {**item, "reference": f"R{len(self.book) + 1}"}
                result |= {"reference": self.book[key]["reference"]}
            results.append(result)
        return JSONResponse({"results": results}, 207)

    def look_up(self, keys: list[str]) -> Response:
        self.requests.append("GET")
        if not self.look_up_works:
            return PlainTextResponse("down", 503)
        return JSONResponse({"results": [self.book[key] for key in keys if key in self.book]})

    @property
    def statuses(self) -> list[tuple[str, str]]:
        """What the target was told, in the order in which it booked it."""
        return [(item["invoice_id"], item["match_status"]) for item in self.book.values()]

    def reset(self) -> None:
        for filled in (self.moods, self.book, self.posts, self.requests, self.void):
            filled.clear()
        self.look_up_works = True


def _says(item: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in item.items() if name not in ("correlation_id", "reference")}


@pytest.fixture(scope="session")
def server() -> Iterator[FakeTarget]:
    fake = FakeTarget()

    async def match_status(request: Request) -> Response:
        import anyio.to_thread

        if request.method == "GET":
            return fake.look_up(request.query_params["keys"].split(","))
        items = (await request.json())["items"]
        return await anyio.to_thread.run_sync(fake.post, items)

    app = Starlette(
        routes=[
            Route("/v1/token", fake.token, methods=["POST"]),
            Route("/v1/match-status", match_status, methods=["GET", "POST"]),
        ]
    )
    uvicorn_server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_level="critical"))
    thread = threading.Thread(target=uvicorn_server.run, daemon=True)
    thread.start()
    while not uvicorn_server.started:
        time.sleep(0.01)
    fake.url = f"http://127.0.0.1:{uvicorn_server.servers[0].sockets[0].getsockname()[1]}"
    yield fake
    uvicorn_server.should_exit = True
    thread.join()


@pytest.fixture
def target(server: FakeTarget) -> FakeTarget:
    server.reset()
    return server


class StubVault:
    """Tokens it knows by heart."""

    def __init__(self, **values: str) -> None:
        self.values = values

    def resolve(self, token: str) -> str | None:
        return self.values.get(token)


@dataclass(frozen=True)
class StubRun:
    settings: Settings
    landscape: Landscape
    state: StateStore
    vault: StubVault = field(default_factory=StubVault)
    run_id: str = "run-1"
    as_of: date = date(2025, 6, 30)
    known_at: datetime = datetime(2025, 7, 1)


@dataclass(frozen=True)
class StubGate:
    passed: bool = True
    suite: str = "posting_stub"
    failing: dict[str, str] = field(default_factory=dict)
    unkeyed: int = 0


def make_run(
    home: Path, url: str, mode: str = "live", *, state_url: str | None = None, **limits: Any
) -> StubRun:
    instance = Instance(
        name="apauto", system="apauto", spec=SYSTEMS["apauto"], environment="sandbox",
        connection={"url": url, "api_key": "k", "api_secret": "s"}, legal_entities=(), timezone="UTC",
        fresh_within=timedelta(hours=24), history_starts_on=None,
    )  # fmt: skip
    publishing = TargetPublishing.model_validate(
        {"mode": mode, "entities": ["invoice_match_status"], "limits": Limits(**limits)}
    )
    landscape = Landscape(
        name="test", directory=home, environment="sandbox", currency="USD", timezone="UTC", as_of=None,
        history_starts_on=None, token_key=None, instances={"apauto": instance},
        publishing={"apauto": publishing}, seeds={},
    )  # fmt: skip
    store = StateStore(state_url or f"sqlite:///{home / 'state.sqlite'}")
    return StubRun(Settings(home=home), landscape, store)


@dataclass
class Sender:
    """Delivers as a run would; every call is a later run of the same home."""

    home: Path
    run: StubRun
    calls: int = 0
    waits: list[float] = field(default_factory=list)

    def __call__(
        self, *rows: dict[str, Any], gate: StubGate | None = None, timeout: float = TIMEOUT, **changed: Any
    ) -> DeliveryReport:
        self.calls += 1
        run = dataclasses.replace(self.run, run_id=f"run-{self.calls}", **changed)

        def connect(instance: Instance, entity: str, disclosure: Disclosure) -> InvoiceMatchStatus:
            return InvoiceMatchStatus(instance.connection, timeout=timeout)

        retry = Retry(first_wait=0.01, sleep=self.waits.append)
        return deliver(
            run, "apauto", "invoice_match_status", table(*rows), gate=gate or StubGate(), connect=connect,
            actor="tester", retry=retry,
        )  # fmt: skip


@pytest.fixture
def send(tmp_path: Path, target: FakeTarget) -> Sender:
    return Sender(tmp_path, make_run(tmp_path, target.url))


@pytest.fixture
def send_with(tmp_path: Path, target: FakeTarget) -> Callable[..., Sender]:
    return lambda *args, **limits: Sender(tmp_path, make_run(tmp_path, target.url, *args, **limits))

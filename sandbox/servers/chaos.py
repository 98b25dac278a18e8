"""Misbehavior on request: counters and switches per server, and the layer that applies them to HTTP.

A counter says how many of the next requests, pages or files are hit and then runs out; the servers ask it
with `take`. What a server cannot do is refused with the list of what it can.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, fields
from typing import Any

from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from sandbox.servers.records import Collection, Record, spoil

NOT_A_NUMBER = "n/a"
NOT_A_UNIT = "ZQ"


@dataclass
class Switches:
    """The state of one server's misbehavior.

    `fail_next` answers 500 (inventory: refuses the login), `throttle_next` 429 with `retry_after` seconds,
    `slow_next` waits `slow_seconds`; `text_in_amount` and `unknown_unit` spoil one value on each of the next
    pages; `timeout_before_commit` and `timeout_after_commit` hang a posting for `hang_seconds`, then 504.
    """

    fail_next: int = 0
    throttle_next: int = 0
    retry_after: int = 1
    slow_next: int = 0
    slow_seconds: float = 1.0
    text_in_amount: int = 0
    unknown_unit: int = 0
    timeout_before_commit: int = 0
    timeout_after_commit: int = 0
    hang_seconds: float = 1.0
    down: bool = False

    def take(self, counter: str) -> bool:
        """Use up one of a counter; false when none is left."""
        left = int(getattr(self, counter))
        if left:
            setattr(self, counter, left - 1)
        return left > 0

    def reset(self) -> None:
        """Behave again."""
        for entry in fields(self):
            setattr(self, entry.name, entry.default)


_HTTP = ("fail_next", "throttle_next", "retry_after", "slow_next", "slow_seconds", "down", "reset")
_PAGES = ("text_in_amount", "unknown_unit")
_FILES = ("truncate_files", "drop_column", "match", *_PAGES)
ALLOWED: dict[str, tuple[str, ...]] = {
    "procurement": (*_HTTP, *_PAGES, "expire_tokens"),
    "apauto": (
        *_HTTP,
        *_PAGES,
        "expire_tokens",
        "timeout_before_commit",
        "timeout_after_commit",
        "hang_seconds",
    ),
    "inventory": ("fail_next", "down", "reset", *_FILES),
    "erp_cloud": (*_HTTP, *_PAGES),
}


def check_request(server: str, settings: dict[str, Any]) -> None:
    """A ValueError names the unknown server, switch or value."""
    if server not in ALLOWED:
        raise ValueError(f"unknown server {server!r}; known: {', '.join(ALLOWED)}")
    unknown = sorted(set(settings) - set(ALLOWED[server]))
    if unknown:
        raise ValueError(f"{server} has no switch {', '.join(unknown)}; it has: {', '.join(ALLOWED[server])}")
    for name, value in settings.items():
        wanted = str if name in ("drop_column", "match") else (int, float)
        if not isinstance(value, wanted):
            raise ValueError(f"{name} cannot be {value!r}")


def spoil_page(records: list[Record], collection: Collection, switches: Switches) -> None:
    """Spoil one amount or unit of a page when asked to; pages without one leave the counter alone."""
    for counter, path, value in (
        ("text_in_amount", collection.amount_path, NOT_A_NUMBER),
        ("unknown_unit", collection.unit_path, NOT_A_UNIT),
    ):
        if path and getattr(switches, counter) and spoil(records, path, value):
            switches.take(counter)


class ChaosLayer:
    """ASGI layer in front of a server: slow, throttled, broken."""

    def __init__(self, app: ASGIApp, switches: Switches) -> None:
        self.app = app
        self.switches = switches

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            if self.switches.take("slow_next"):
                await asyncio.sleep(self.switches.slow_seconds)
            if self.switches.take("fail_next"):
                answer = JSONResponse({"error": "internal server error"}, status_code=500)
                return await answer(scope, receive, send)
            if self.switches.take("throttle_next"):
                headers = {"Retry-After": str(self.switches.retry_after)}
                answer = JSONResponse({"error": "too many requests"}, status_code=429, headers=headers)
                return await answer(scope, receive, send)
        await self.app(scope, receive, send)

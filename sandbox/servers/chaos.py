"""Misbehavior on request: counters and switches per server, and the layer that applies them to HTTP.

A counter says how many of the next requests, pages or files are hit and then runs out; the servers ask it
with `take`. What a server cannot do is refused with the list of what it can.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Any

import orjson
from starlette.datastructures import MutableHeaders
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sandbox.servers.http import answer
from sandbox.servers.records import Collection, Record, spoil
from sandbox.servers.schema_chaos import VERSIONS, change_shape

NOT_A_NUMBER = "n/a"
NOT_A_UNIT = "ZQ"


@dataclass
class Switches:
    """The state of one server's misbehavior.

    `fail_next` answers 500 (files: refuses the login), `throttle_next` 429 with `retry_after` seconds,
    `slow_next` waits `slow_seconds`; `text_in_amount` and `unknown_unit` spoil one value on each of the next
    pages, `truncate_pages` cuts them off, `repeat_records` sends their first record twice, `repeat_pages`
    sends the page before again, `reorder_pages` turns them round; `timeout_before_commit` and
    `timeout_after_commit` hang a write for `hang_seconds`, then 504 (files: break the connection);
    `hold_inbound` leaves uploads unread; `open_from` is the first day the ledger still takes, empty as the
    world says. `drop_field` and `retype_field` name a path (`lines.amount`), `new_value` a path and a value
    (`status=PARKED`), for every record; `api_version` is what answers then call their interface.
    """

    fail_next: int = 0
    throttle_next: int = 0
    retry_after: int = 1
    slow_next: int = 0
    slow_seconds: float = 1.0
    text_in_amount: int = 0
    unknown_unit: int = 0
    truncate_pages: int = 0
    repeat_records: int = 0
    repeat_pages: int = 0
    reorder_pages: int = 0
    timeout_before_commit: int = 0
    timeout_after_commit: int = 0
    hang_seconds: float = 1.0
    hold_inbound: bool = False
    open_from: str = ""
    drop_field: str = ""
    retype_field: str = ""
    new_value: str = ""
    api_version: str = ""
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


_SLOW = ("slow_next", "slow_seconds", "fail_next", "down", "reset")
_VALUES = ("text_in_amount", "unknown_unit")
_PAGES = (*_VALUES, "truncate_pages", "repeat_records", "reorder_pages")
_COMMITS = ("timeout_before_commit", "timeout_after_commit")
_SHAPE = ("drop_field", "retype_field", "new_value", "api_version")
_HTTP = (*_SLOW, "throttle_next", "retry_after", *_PAGES, *_COMMITS, "hang_seconds", "expire_tokens", *_SHAPE)
_COLUMNS = ("drop_column", "retype_column", "new_column_value")
_FILES = (*_SLOW, *_VALUES, "truncate_files", "repeat_files", "reorder_files", *_COLUMNS, "match")
_WORDS = (*_COLUMNS, *_SHAPE, "match", "open_from")
_SOAP = (
    *(*_SLOW, "throttle_next", "retry_after", "text_in_amount", "truncate_pages", "repeat_records"),
    *("repeat_pages", "reorder_pages", "expire_tokens", *_SHAPE),
)
ALLOWED: dict[str, tuple[str, ...]] = {
    "procurement": _HTTP,
    "apauto": _HTTP,
    "inventory": (*_FILES, *_COMMITS, "hold_inbound"),
    "erp_cloud": (*_HTTP, "open_from"),
    "erp_legacy": ("down", "reset"),
    "sourcing": _FILES,
    "workforce": _SOAP,
    "distributor": (*_SLOW, "truncate_files", "repeat_files", "reorder_files", "wrong_count", "match"),
}


def check_request(server: str, settings: dict[str, Any]) -> None:
    """A ValueError names the unknown server, switch or value."""
    if server not in ALLOWED:
        raise ValueError(f"unknown server {server!r}; known: {', '.join(ALLOWED)}")
    unknown = sorted(set(settings) - set(ALLOWED[server]))
    if unknown:
        raise ValueError(f"{server} has no switch {', '.join(unknown)}; it has: {', '.join(ALLOWED[server])}")
    for name, value in settings.items():
        if not isinstance(value, str if name in _WORDS else (int, float)):
            raise ValueError(f"{name} cannot be {value!r}")


def spoil_page(records: list[Record], collection: Collection, switches: Switches) -> None:
    """Spoil a page as asked; pages without what is to be spoiled leave the counter alone."""
    for counter, path, value in (
        ("text_in_amount", collection.amount_path, NOT_A_NUMBER),
        ("unknown_unit", collection.unit_path, NOT_A_UNIT),
    ):
        if path and getattr(switches, counter) and spoil(records, path, value):
            switches.take(counter)
    change_shape(
        records,
        drop_field=switches.drop_field,
        retype_field=switches.retype_field,
        new_value=switches.new_value,
    )
    if len(records) > 1 and switches.take("reorder_pages"):
        records.reverse()
    if records and switches.take("repeat_records"):
        records.append(records[0])


def page_answer(content: Any, switches: Switches) -> Response:
    """A page, cut off where asked."""
    if not switches.take("truncate_pages"):
        return answer(content)
    body = orjson.dumps(content)
    return Response(body[: int(len(body) * 0.7)], media_type="application/json")


async def commit(switches: Switches, action: Callable[[], Response]) -> Response:
    """Carry out a write; where asked, time out before it, or after it took effect."""
    if switches.take("timeout_before_commit"):
        return await _time_out(switches)
    result = action()
    if switches.take("timeout_after_commit"):
        return await _time_out(switches)
    return result


async def _time_out(switches: Switches) -> Response:
    await asyncio.sleep(switches.hang_seconds)
    return answer({"error": "gateway time-out"}, 504)


class ChaosLayer:
    """ASGI layer in front of a server: slow, throttled, broken; answers name the interface's version."""

    def __init__(self, app: ASGIApp, switches: Switches, server: str) -> None:
        self.app = app
        self.switches = switches
        self.version_header, self.version = VERSIONS[server]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            if self.switches.take("slow_next"):
                await asyncio.sleep(self.switches.slow_seconds)
            if self.switches.take("fail_next"):
                failure = JSONResponse({"error": "internal server error"}, status_code=500)
                return await failure(scope, receive, send)
            if self.switches.take("throttle_next"):
                headers = {"Retry-After": str(self.switches.retry_after)}
                failure = JSONResponse({"error": "too many requests"}, status_code=429, headers=headers)
                return await failure(scope, receive, send)

        async def send_versioned(message: Message) -> None:
            if message["type"] == "http.response.start":
                version = self.switches.api_version or self.version
                MutableHeaders(scope=message)[self.version_header] = version
            await send(message)

        await self.app(scope, receive, send_versioned)

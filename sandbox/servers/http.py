"""What the HTTP servers share: bearer tokens that expire, JSON answers, servers that go down and up."""

from __future__ import annotations

import asyncio
import secrets
import socket
import time
from collections.abc import Awaitable, Callable
from typing import Any

import orjson
import uvicorn
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp

Handler = Callable[[Request], Awaitable[Response]]
LOOPBACK = "127.0.0.1"


def answer(content: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """A JSON response."""
    return Response(orjson.dumps(content), status, headers, media_type="application/json")


def whole_number(request: Request, name: str, default: int, maximum: int | None = None) -> int:
    """A non-negative query number, cut at a maximum; a ValueError when it is none."""
    value = int(request.query_params.get(name, default))
    if value < 0:
        raise ValueError(f"{name} is negative")
    return value if maximum is None else min(value, maximum)


async def json_object(request: Request) -> dict[str, Any]:
    """The object in a request's body; a ValueError when there is none."""
    try:
        content = orjson.loads(await request.body())
    except orjson.JSONDecodeError as error:
        raise ValueError("the body is no JSON") from error
    if not isinstance(content, dict):
        raise ValueError("the body is no object")
    return content


def guarded(handler: Handler) -> Handler:
    """Answer 400 with the reason where a handler finds a query it cannot read."""

    async def guard(request: Request) -> Response:
        try:
            return await handler(request)
        except ValueError as reason:
            return answer({"error": str(reason)}, 400)

    return guard


class Tokens:
    """Bearer tokens of one server, valid for a while."""

    def __init__(self, lifetime: int) -> None:
        self.lifetime = lifetime
        self._valid_until: dict[str, float] = {}

    def issue(self) -> str:
        """A new token."""
        token = secrets.token_urlsafe(24)
        self._valid_until[token] = time.monotonic() + self.lifetime
        return token

    def expire_all(self) -> None:
        """End every token now."""
        self._valid_until.clear()

    def required(self, handler: Handler) -> Handler:
        """Let a request pass with a valid token only, else 401."""

        async def check(request: Request) -> Response:
            scheme, _, token = request.headers.get("authorization", "").partition(" ")
            if scheme.lower() != "bearer" or self._valid_until.get(token, 0.0) < time.monotonic():
                challenge = {"WWW-Authenticate": 'Bearer error="invalid_token"'}
                return answer({"error": "invalid_token"}, 401, challenge)
            return await handler(request)

        return guarded(check)


class HttpServer:
    """One application on one loopback port; after a stop it comes back on the same port."""

    def __init__(self, app: ASGIApp, port: int) -> None:
        self.app = app
        self.port = port
        self._server: uvicorn.Server | None = None
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Listen; an OSError when the port is taken."""
        # With the protocol named, asyncio turns Nagle off; otherwise small pages wait 40 ms each.
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((LOOPBACK, self.port))
        except OSError:
            listener.close()
            raise
        self.port = listener.getsockname()[1]
        config = uvicorn.Config(self.app, log_level="error", lifespan="off", access_log=False, ws="none")
        self._server = uvicorn.Server(config)
        self._task = asyncio.create_task(self._server.serve(sockets=[listener]))
        while not self._server.started and not self._task.done():
            await asyncio.sleep(0.005)

    async def stop(self) -> None:
        """Drop the listener and every connection."""
        if self._server and self._task:
            self._server.should_exit = self._server.force_exit = True
            await self._task
        self._server = self._task = None

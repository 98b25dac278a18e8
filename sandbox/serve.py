"""Starts and stops all servers of a world together, publishes where they are, and passes on chaos.

One background thread runs every server. `Sandbox` is what the command line, the demo and the tests use; the
endpoints file it writes (owner-only) is what a landscape's environment is filled from.
"""

from __future__ import annotations

import asyncio
import json
import secrets
import signal
import threading
from collections.abc import Callable, Coroutine
from itertools import count, repeat
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox.beliefs.exclusions import FOLDER as EXCLUSIONS
from sandbox.beliefs.exclusions import USUAL_AGE
from sandbox.generate import WORLD_FILE
from sandbox.servers.chaos import ALLOWED, check_request
from sandbox.servers.erp_legacy import ErpLegacyServer
from sandbox.servers.estate import LOGINS, Credentials, Estate
from sandbox.servers.http import LOOPBACK, HttpServer, answer, guarded, json_object
from sandbox.servers.sftp import SftpServer, new_host_key
from sandbox.servers.workforce import ROOT as WORKFORCE_ROOT

ENDPOINTS_FILE = "endpoints.json"
DEFAULT_PORT = 8_700
SIGNALS = (signal.SIGINT, signal.SIGTERM)
_UNNAMED = ("folder",)

T = TypeVar("T")


class Sandbox:
    """The servers of one world; `base_port` 0 takes free ports, else consecutive ones from it."""

    def __init__(self, world_dir: Path | str, base_port: int = DEFAULT_PORT) -> None:
        self.world = Path(world_dir).resolve()
        if not (self.world / WORLD_FILE).exists():
            raise ValueError(f"{self.world} holds no {WORLD_FILE}: generate a world first")
        self._base_port = base_port
        self._loop = asyncio.new_event_loop()
        self._thread: threading.Thread | None = None
        self._estate: Estate | None = None
        self._control: HttpServer | None = None
        self.endpoints: dict[str, Any] = {}

    def start(self) -> Self:
        """Listen on every port and write the endpoints file; an OSError when a port is taken."""
        credentials, host_key = self._credentials()
        ports = count(self._base_port) if self._base_port else repeat(0)
        self._estate = Estate(self.world, credentials, host_key, ports)
        self._restore_files()
        self._control = HttpServer(self._control_app(), next(ports))
        self._thread = threading.Thread(target=self._loop.run_forever, name="sandbox", daemon=True)
        self._thread.start()
        try:
            self._run(self._start_all())
        except OSError:
            self.stop()
            raise
        self.endpoints = self._publish(credentials)
        return self

    def stop(self) -> None:
        """Stop every server; the world and its books stay."""
        if self._thread:
            self._run(self._stop_all())
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join()
            self._loop.close()
            self._thread = None
        self._restore_files()

    def serve_forever(self, announce: Callable[[dict[str, Any]], None] | None = None) -> None:
        """Serve until interrupted or terminated; `announce` gets the endpoints once all listen."""
        # Also where a shell started this in the background with SIGINT ignored.
        for number in SIGNALS:
            signal.signal(number, signal.default_int_handler)
        try:
            self.start()
            if announce:
                announce(self.endpoints)
            threading.Event().wait()
        except KeyboardInterrupt:
            pass
        finally:
            # Ctrl-C tells the whole group, and a parent then says it again: stopping must not be broken off.
            for number in SIGNALS:
                signal.signal(number, signal.SIG_IGN)
            self.stop()

    def chaos(self, server: str, **settings: Any) -> dict[str, Any]:
        """Switch misbehavior on or off; the same as a post to the control endpoint."""
        return self._run(self._chaos(server, settings))

    def delete(self, server: str, table: str, **key: Any) -> int:
        """Delete rows for good, as people do; a server of records has them again after a restart."""
        return self._run(self._edit(server, table, key, None))

    def change(self, server: str, table: str, key: dict[str, Any], values: dict[str, Any]) -> int:
        """Change rows without a change of what they belong to."""
        return self._run(self._edit(server, table, key, values))

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def _running(self) -> Estate:
        assert self._estate, "not started"
        return self._estate

    def _run(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()

    async def _start_all(self) -> None:
        servers = [*self._running.servers.values(), self._control]
        started = (server.start() for server in servers if server)
        for outcome in await asyncio.gather(*started, return_exceptions=True):
            if isinstance(outcome, BaseException):
                raise outcome

    async def _stop_all(self) -> None:
        servers = [*self._running.servers.values(), self._control]
        await asyncio.gather(*(server.stop() for server in servers if server))

    def _restore_files(self) -> None:
        for files in self._estate.files.values() if self._estate else ():
            files.reset()

    def _credentials(self) -> tuple[Credentials, str]:
        """Those of the last start, so that a restarted sandbox is still known to its clients."""
        path = self.world / "state" / "credentials.json"
        known: dict[str, Any] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
        made = {
            name: {key: value or secrets.token_urlsafe(18) for key, value in entries.items()}
            for name, entries in LOGINS.items()
            if name not in known
        }
        if made:
            known = {"host_key": new_host_key(), **known, **made}
            _write_private(path, known)
        return {name: known[name] for name in LOGINS}, known["host_key"]

    def _control_app(self) -> Starlette:
        async def switch(request: Request) -> Response:
            try:
                asked = await request.json()
                server = asked.pop("server")
            except (json.JSONDecodeError, KeyError, AttributeError):
                return answer(
                    {"error": 'post {"server": NAME, SWITCH: VALUE, ...}', "switches": ALLOWED}, 400
                )
            return answer(await self._chaos(server, asked))

        async def show(request: Request) -> Response:
            return answer({name: vars(state) for name, state in self._running.switches.items()})

        async def book(request: Request) -> Response:
            return answer(self._running.book())

        async def edit(request: Request) -> Response:
            asked = await json_object(request)
            try:
                server, table, key = (asked[name] for name in ("server", "table", "key"))
            except KeyError as missing:
                return answer({"error": f"{missing} is missing; wanted: server, table, key, change"}, 400)
            return answer({"rows": await self._edit(server, table, key, asked.get("change"))})

        return Starlette(
            routes=[
                Route("/_control/chaos", guarded(switch), methods=["POST"]),
                Route("/_control/chaos", show, methods=["GET"]),
                Route("/_control/book", book, methods=["GET"]),
                Route("/_control/rows", guarded(edit), methods=["POST"]),
            ]
        )

    async def _edit(self, server: str, table: str, key: dict[str, Any], values: dict[str, Any] | None) -> int:
        if values is None:
            return await asyncio.to_thread(self._running.delete, server, table, key)
        return self._running.change(server, table, key, values)

    async def _chaos(self, server: str, settings: dict[str, Any]) -> dict[str, Any]:
        check_request(server, settings)
        state, files = self._running.switches[server], self._running.files.get(server)
        was_down = state.down
        if settings.pop("reset", False):
            state.reset()
            if files:
                files.reset()
        if settings.pop("expire_tokens", False):
            self._running.tokens[server].expire_all()
        changed = files.spoil(settings) if files else []
        for name, value in settings.items():
            if hasattr(state, name) and not (files and name in ("text_in_amount", "unknown_unit")):
                setattr(state, name, value)
        if state.down != was_down:
            listener = self._running.servers[server]
            await (listener.stop() if state.down else listener.start())
        return {"server": server, "files": changed, **vars(state)}

    def _publish(self, credentials: Credentials) -> dict[str, Any]:
        endpoints: dict[str, Any] = {}
        for name, server in {**self._running.servers, "control": self._control}.items():
            assert server
            login = credentials.get(name, {})
            where: dict[str, Any] = {"url": f"http://{LOOPBACK}:{server.port}"}
            if isinstance(server, ErpLegacyServer):
                login, where = {}, {"url": server.url}
            elif name == "workforce":
                where["url"] += WORKFORCE_ROOT
            elif isinstance(server, SftpServer):
                where = {
                    "host": LOOPBACK,
                    "port": server.port,
                    "folder": "/outbound",
                    "host_key": server.public_key,
                }
            endpoints[name] = {**where, **login}
        endpoints["environment"] = {
            f"CONCORD_{name}_{key}".upper(): str(value)
            for name in credentials
            for key, value in endpoints[name].items()
            if key not in _UNNAMED
        } | {
            f"CONCORD_EXCLUSIONS_{publisher}_FOLDER".upper(): str(self.world / EXCLUSIONS / publisher)
            for publisher in USUAL_AGE
        }
        _write_private(self.world / ENDPOINTS_FILE, endpoints)
        return endpoints


def _write_private(path: Path, content: dict[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(".draft")
    draft.touch(mode=0o600, exist_ok=True)
    draft.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
    draft.replace(path)

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
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol, Self, TypeVar

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox.generate import WORLD_FILE
from sandbox.servers import apauto, erp_cloud, inventory, procurement
from sandbox.servers.chaos import ALLOWED, ChaosLayer, Switches, check_request
from sandbox.servers.http import LOOPBACK, HttpServer, Tokens, answer, guarded

ENDPOINTS_FILE = "endpoints.json"
DEFAULT_PORT = 8_700
_SECRETS = {
    "procurement": {"client_id": "lakeshore-client", "client_secret": None},
    "apauto": {"api_key": "lakeshore-key", "api_secret": None},
    "inventory": {"user": "lakeshore", "password": None},
    "erp_cloud": {"user": "LAKESHORE_RFC", "password": None},
}


T = TypeVar("T")


class _Server(Protocol):
    port: int

    async def start(self) -> None: ...

    async def stop(self) -> None: ...


class Sandbox:
    """The servers of one world; `base_port` 0 takes free ports, else consecutive ones from it."""

    def __init__(self, world_dir: Path | str, base_port: int = DEFAULT_PORT) -> None:
        self.world = Path(world_dir).resolve()
        if not (self.world / WORLD_FILE).exists():
            raise ValueError(f"{self.world} holds no {WORLD_FILE}: generate a world first")
        self._base_port = base_port
        self._loop = asyncio.new_event_loop()
        self._thread: threading.Thread | None = None
        self._switches = {name: Switches() for name in ALLOWED}
        self._tokens = {
            "procurement": Tokens(procurement.TOKEN_SECONDS),
            "apauto": Tokens(apauto.TOKEN_SECONDS),
        }
        self._files = inventory.FileChaos(
            self.world / "inventory" / "outbound", self.world / "state" / "files_aside"
        )
        self._servers: dict[str, _Server] = {}
        self.endpoints: dict[str, Any] = {}

    def start(self) -> Self:
        """Listen on every port and write the endpoints file; an OSError when a port is taken."""
        self._files.reset()
        credentials, host_key = self._credentials()
        self._servers = self._build(credentials, host_key)
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
        """Stop every server; the world and its posting book stay."""
        if self._thread:
            self._run(self._stop_all())
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join()
            self._loop.close()
            self._thread = None
        self._files.reset()

    def serve_forever(self, announce: Callable[[dict[str, Any]], None] | None = None) -> None:
        """Serve until interrupted or terminated; `announce` gets the endpoints once all listen."""
        self.start()
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        try:
            if announce:
                announce(self.endpoints)
            threading.Event().wait()
        except KeyboardInterrupt:
            pass
        finally:
            self.stop()

    def chaos(self, server: str, **settings: Any) -> dict[str, Any]:
        """Switch misbehavior on or off; the same as a post to the control endpoint."""
        return self._run(self._chaos(server, settings))

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _run(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()

    async def _start_all(self) -> None:
        for server in self._servers.values():
            await server.start()

    async def _stop_all(self) -> None:
        for server in self._servers.values():
            await server.stop()

    def _credentials(self) -> tuple[dict[str, dict[str, str]], str]:
        """Those of the last start, so that a restarted sandbox is still known to its clients."""
        path = self.world / "state" / "credentials.json"
        if not path.exists():
            made: dict[str, Any] = {
                name: {key: value or secrets.token_urlsafe(18) for key, value in entries.items()}
                for name, entries in _SECRETS.items()
            }
            made["host_key"] = inventory.new_host_key()
            _write_private(path, made)
        known = json.loads(path.read_text(encoding="utf-8"))
        return {name: known[name] for name in _SECRETS}, known["host_key"]

    def _build(self, credentials: dict[str, dict[str, str]], host_key: str) -> dict[str, _Server]:
        world, switches, tokens = self.world, self._switches, self._tokens
        ports = iter(range(self._base_port, self._base_port + 5) if self._base_port else [0] * 5)
        apps = {
            "procurement": procurement.build_app(
                world, credentials["procurement"], switches["procurement"], tokens["procurement"]
            ),
            "apauto": apauto.build_app(world, credentials["apauto"], switches["apauto"], tokens["apauto"]),
            "erp_cloud": erp_cloud.build_app(world, credentials["erp_cloud"], switches["erp_cloud"]),
        }
        servers: dict[str, _Server] = {}
        for name in ALLOWED:
            port = next(ports)
            servers[name] = (
                HttpServer(ChaosLayer(apps[name], switches[name]), port)
                if name in apps
                else inventory.SftpServer(
                    world / "inventory", credentials[name], switches[name], host_key, port
                )
            )
        servers["control"] = HttpServer(self._control_app(), next(ports))
        return servers

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
            return answer({name: vars(state) for name, state in self._switches.items()})

        return Starlette(
            routes=[
                Route("/_control/chaos", guarded(switch), methods=["POST"]),
                Route("/_control/chaos", show, methods=["GET"]),
            ]
        )

    async def _chaos(self, server: str, settings: dict[str, Any]) -> dict[str, Any]:
        check_request(server, settings)
        state = self._switches[server]
        was_down = state.down
        if settings.pop("reset", False):
            state.reset()
            if server == "inventory":
                self._files.reset()
        if settings.pop("expire_tokens", False):
            self._tokens[server].expire_all()
        files = inventory.spoil_files(self._files, settings) if server == "inventory" else []
        for name, value in settings.items():
            if hasattr(state, name) and not (files and name in ("text_in_amount", "unknown_unit")):
                setattr(state, name, value)
        if state.down != was_down:
            await (self._servers[server].stop() if state.down else self._servers[server].start())
        return {"server": server, "files": files, **vars(state)}

    def _publish(self, credentials: dict[str, dict[str, str]]) -> dict[str, Any]:
        endpoints: dict[str, Any] = {}
        for name, server in self._servers.items():
            where: dict[str, Any] = {"url": f"http://{LOOPBACK}:{server.port}"}
            if isinstance(server, inventory.SftpServer):
                where = {
                    "host": LOOPBACK,
                    "port": server.port,
                    "folder": "/outbound",
                    "host_key": server.public_key,
                }
            endpoints[name] = {**where, **credentials.get(name, {})}
        endpoints["environment"] = {
            f"CONCORD_{name}_{key}".upper(): str(value)
            for name in credentials
            for key, value in endpoints[name].items()
            if key not in ("folder", "host_key")
        }
        _write_private(self.world / ENDPOINTS_FILE, endpoints)
        return endpoints


def _write_private(path: Path, content: dict[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(".draft")
    draft.touch(mode=0o600, exist_ok=True)
    draft.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
    draft.replace(path)

"""Small servers for the wire tests: HTTP with a script of misbehavior, SFTP on a folder."""

import asyncio
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import asyncssh


@dataclass
class Api:
    """Records by path; `tokens` says how many requests each token is good for, `failures` comes first."""

    respond: Callable[[str, dict[str, str]], Any]
    uses_per_token: int = 1000
    failures: list[tuple[int, dict[str, str]]] = field(default_factory=list)
    # How much of each next body is sent: a share of it, promised as a whole or as what it is.
    cuts: list[tuple[float, bool]] = field(default_factory=list)
    refuses_login: bool = False
    seen: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    tokens_given: int = 0
    uses: int = 0
    url: str = ""


@contextmanager
def serving(api: Api) -> Iterator[Api]:
    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *args: object) -> None:
            pass

        def _send(self, status: int, body: Any, headers: dict[str, str] | None = None) -> None:
            payload = json.dumps(body).encode()
            promised = len(payload)
            if status == 200 and self.command == "GET" and api.cuts:
                share, is_promised_whole = api.cuts.pop(0)
                payload = payload[: int(promised * share)]
                promised = promised if is_promised_whole else len(payload)
            self.send_response(status)
            for name, value in {"Content-Length": str(promised), **(headers or {})}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(payload)

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            api.tokens_given += 1
            api.uses = 0
            if api.refuses_login:
                return self._send(401, {"error": "invalid_client"})
            self._send(200, {"access_token": f"token-{api.tokens_given}", "expires_in": 3600})

        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            given = self.headers.get("Authorization", "")
            if given.startswith("Bearer"):
                api.uses += 1
                if given != f"Bearer token-{api.tokens_given}" or api.uses > api.uses_per_token:
                    return self._send(401, {"error": "token expired"})
            if api.failures:
                status, headers = api.failures.pop(0)
                return self._send(status, {"error": "busy"}, headers)
            query = dict(parse_qsl(parts.query))
            api.seen.append((parts.path, query))
            return self._send(200, api.respond(parts.path, query))

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    api.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield api
    finally:
        server.shutdown()
        server.server_close()


class _Login(asyncssh.SSHServer):
    def begin_auth(self, username: str) -> bool:
        return True

    def password_auth_supported(self) -> bool:
        return True

    def validate_password(self, username: str, password: str) -> bool:
        return (username, password) == ("reader", "test")


@contextmanager
def sftp_serving(root: Path) -> Iterator[int]:
    """Serves a folder as the root of an SFTP server; yields the port."""
    loop = asyncio.new_event_loop()
    started = threading.Event()
    found: dict[str, Any] = {}

    async def start() -> None:
        found["server"] = await asyncssh.create_server(
            _Login,
            "127.0.0.1",
            0,
            server_host_keys=[asyncssh.generate_private_key("ssh-ed25519")],
            sftp_factory=lambda channel: asyncssh.SFTPServer(channel, chroot=str(root)),
        )
        found["port"] = found["server"].sockets[0].getsockname()[1]
        started.set()

    def work() -> None:
        asyncio.set_event_loop(loop)
        loop.run_until_complete(start())
        loop.run_forever()

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    started.wait(10)
    try:
        yield found["port"]
    finally:
        loop.call_soon_threadsafe(found["server"].close)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(5)

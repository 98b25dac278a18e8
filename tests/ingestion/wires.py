"""Small servers for the wire tests: HTTP with a script of misbehavior, SFTP on a folder."""

import asyncio
import json
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import asyncssh

from ingestion.configuration.landscape import load_landscape


@dataclass
class Api:
    """Records by path; `tokens` says how many requests each token is good for, `failures` comes first."""

    respond: Callable[[str, dict[str, str]], Any]
    uses_per_token: int = 1000
    failures: list[tuple[int, dict[str, str]]] = field(default_factory=list)
    # How much of each next body is sent: a share of it, promised as a whole or as what it is.
    cuts: list[tuple[float, bool]] = field(default_factory=list)
    refuses_login: bool = False
    # What a login answers beside the token, from its form: a status and more of the answer.
    login: Callable[[dict[str, str]], tuple[int, dict[str, Any]]] | None = None
    headers: dict[str, str] = field(default_factory=dict)
    # Where a login is sent on to.
    login_moved_to: str = ""
    posted: list[bytes] = field(default_factory=list)
    seen: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    tokens_given: int = 0
    uses: int = 0
    url: str = ""


@contextmanager
def serving(api: Api, tls: ssl.SSLContext | None = None) -> Iterator[Api]:
    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *args: object) -> None:
            pass

        def _send(self, status: int, body: Any, headers: dict[str, str] | None = None) -> None:
            payload = body if isinstance(body, bytes) else json.dumps(body).encode()
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
            sent = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            api.posted.append(sent)
            if api.login_moved_to:
                return self._send(307, {}, {"Location": api.login_moved_to})
            status, more = api.login(dict(parse_qsl(sent.decode()))) if api.login else (200, {})
            if status != 200:
                return self._send(status, more)
            api.tokens_given += 1
            api.uses = 0
            if api.refuses_login:
                return self._send(401, {"error": "invalid_client"})
            self._send(200, {"access_token": f"token-{api.tokens_given}", "expires_in": 3600, **more})

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
            return self._send(200, api.respond(parts.path, query), api.headers)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    if tls:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    api.url = f"{'https' if tls else 'http'}://127.0.0.1:{server.server_address[1]}"
    try:
        yield api
    finally:
        server.shutdown()
        server.server_close()


SECRET = "told to nobody"
HOST_KEY = asyncssh.generate_private_key("ssh-ed25519")
CLIENT_KEY = asyncssh.generate_private_key("ssh-ed25519")


class _Login(asyncssh.SSHServer):
    def begin_auth(self, username: str) -> bool:
        return True

    def password_auth_supported(self) -> bool:
        return True

    def public_key_auth_supported(self) -> bool:
        return True

    def validate_public_key(self, username: str, key: asyncssh.SSHKey) -> bool:
        return username == "reader" and key.public_data == CLIENT_KEY.public_data

    def validate_password(self, username: str, password: str) -> bool:
        return (username, password) == ("reader", SECRET)


@contextmanager
def sftp_serving(root: Path, server: type[asyncssh.SFTPServer] = asyncssh.SFTPServer) -> Iterator[int]:
    """Serves a folder as the root of an SFTP server; yields the port."""
    loop = asyncio.new_event_loop()
    started = threading.Event()
    found: dict[str, Any] = {}

    async def start() -> None:
        found["server"] = await asyncssh.create_server(
            _Login,
            "127.0.0.1",
            0,
            server_host_keys=[HOST_KEY],
            sftp_factory=lambda channel: server(channel, chroot=str(root)),
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


def public_text(key: asyncssh.SSHKey) -> str:
    """The public half as a .pub file writes it."""
    return str(key.export_public_key().decode().strip())


def sftp_connection(port: int) -> str:
    """The connection to `sftp_serving` as a landscape writes it."""
    known = public_text(HOST_KEY)
    return f"{{host: 127.0.0.1, port: {port}, user: reader, password: '${{SECRET}}', host_key: '{known}'}}"


def landscape(folder: Path, text: str, environ: dict[str, str] | None = None) -> Any:
    folder.mkdir(exist_ok=True)
    (folder / "landscape.yaml").write_text(text)
    return load_landscape(folder, {"KEY": "k", **(environ or {})})

"""The simulated workforce service alone on a port, and a server that answers what it is told to."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from ingestion.registry import SYSTEMS
from sandbox.beliefs import workforce as beliefs
from sandbox.columns import WorldWriter
from sandbox.master_making import build_masters
from sandbox.servers import workforce
from sandbox.servers.chaos import ChaosLayer, Switches
from sandbox.servers.http import HttpServer
from sandbox.servers.wsse import Signatures

USER, PASSWORD = "lakeshore_isu", "drawn once"
INSTANCE = (
    "  {name}:\n    system: workforce\n    history_starts_on: 2025-01-01\n"
    "    connection: {{url: '${{URL}}', user: '${{WF_USER}}', password: '${{WF_PASSWORD}}'}}\n"
)


@dataclass
class Workforce:
    """A running service and its switches."""

    url: str
    switches: Switches
    signatures: Signatures

    @property
    def environ(self) -> dict[str, str]:
        return {"URL": self.url, "WF_USER": USER, "WF_PASSWORD": PASSWORD}


def make_world(folder: Path) -> Path:
    beliefs.write_organization(build_masters(1), WorldWriter(folder))
    return folder


@contextmanager
def serving_workforce(world: Path) -> Iterator[Workforce]:
    switches, signatures = Switches(), Signatures(USER, PASSWORD)
    app = ChaosLayer(workforce.build_app(world, switches, signatures), switches, "workforce")
    server = HttpServer(app, 0)
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    asyncio.run_coroutine_threadsafe(server.start(), loop).result()
    try:
        yield Workforce(f"http://127.0.0.1:{server.port}{workforce.ROOT}", switches, signatures)
    finally:
        asyncio.run_coroutine_threadsafe(server.stop(), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join(5)
        loop.close()


@dataclass
class Answers:
    """What each request gets; the last answer again when they run out. `asked` holds the paths."""

    replies: list[tuple[int, bytes]]
    asked: list[str] = field(default_factory=list)
    url: str = ""


@contextmanager
def serving_answers(*replies: tuple[int, bytes]) -> Iterator[Answers]:
    answers = Answers(list(replies))

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *args: object) -> None:
            pass

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            self.do_GET()

        def do_GET(self) -> None:
            answers.asked.append(self.path)
            status, body = answers.replies.pop(0) if len(answers.replies) > 1 else answers.replies[0]
            self.send_response(status)
            self.send_header("Content-Type", "text/xml")
            if status == 302:
                self.send_header("Location", f"{answers.url}/elsewhere")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    answers.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield answers
    finally:
        server.shutdown()
        server.server_close()


SPEC = SYSTEMS["workforce"]
WIRE = SPEC.wire

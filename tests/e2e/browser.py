"""A real browser driven over its own debugging protocol: open a page, wait for words, click, type."""

import contextlib
import itertools
import json
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
from websockets.sync.client import ClientConnection, connect

FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
)  # fmt: skip
SIZE = "--window-size=1600,1200"
PATIENCE = 90
# The clickable element with these words, the innermost and last one where several have them.
CLICK = """(words => {
    const found = [...document.querySelectorAll('button, a, [role=button], [role=menuitem]')].filter(
        one => one.textContent.trim().startsWith(words) && !one.disabled);
    if (!found.length) return false;
    found[found.length - 1].click();
    return true;
})(%s)"""


class Page:
    """One tab. What is not there yet is waited for."""

    def __init__(self, connection: ClientConnection) -> None:
        self._connection = connection
        self._numbers = itertools.count(1)

    def open(self, url: str) -> None:
        self._send("Page.navigate", url=url)

    def click(self, words: str) -> None:
        """Clicks the button or link that begins with these words."""
        self._until(CLICK % json.dumps(words), f"nothing to click says {words!r}")

    def wait_for(self, *words: str) -> None:
        """Waits until one of these stands on the page."""
        there = f"{json.dumps(words)}.some(one => document.body.innerText.includes(one))"
        self._until(there, f"{words!r} does not appear")

    def fill(self, selector: str, text: str) -> None:
        """Replaces what stands in a field by typing, and leaves the field."""
        found = f"document.querySelector({json.dumps(selector)})"
        self._until(f"(field => field && (field.focus(), field.select(), true))({found})", f"no {selector}")
        self._send("Input.insertText", text=text)
        enter = {"key": "Enter", "code": "Enter", "windowsVirtualKeyCode": 13}
        for kind in ("keyDown", "keyUp"):
            self._send("Input.dispatchKeyEvent", type=kind, **enter)
        self._run(f"{found}.blur()")

    def text(self) -> str:
        return str(self._run("document.body.innerText"))

    def _until(self, expression: str, complaint: str) -> None:
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            if self._run(expression):
                return
            time.sleep(0.5)
        raise AssertionError(f"{complaint} on the page:\n{self.text()[-3000:]}")

    def _run(self, expression: str) -> Any:
        answer = self._send("Runtime.evaluate", expression=expression, returnByValue=True)
        return answer["result"].get("value")

    def _send(self, method: str, **parameters: Any) -> dict[str, Any]:
        number = next(self._numbers)
        self._connection.send(json.dumps({"id": number, "method": method, "params": parameters}))
        while True:
            answer: dict[str, Any] = json.loads(self._connection.recv(timeout=60))
            if answer.get("id") == number:
                assert "error" not in answer, answer
                result: dict[str, Any] = answer["result"]
                return result


@contextlib.contextmanager
def browsing(chromium: str, folder: Path) -> Iterator[Page]:
    """A browser with one empty tab, ended with the block."""
    process = subprocess.Popen(
        [
            chromium,
            *FLAGS,
            f"--user-data-dir={folder}",
            "--remote-debugging-port=0",
            SIZE,
        ],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        port = _port(folder / "DevToolsActivePort")
        tabs = httpx.get(f"http://127.0.0.1:{port}/json/list", trust_env=False).json()
        [tab] = [one for one in tabs if one["type"] == "page"]
        with connect(tab["webSocketDebuggerUrl"], max_size=None, proxy=None) as connection:
            yield Page(connection)
    finally:
        process.terminate()
        process.wait(timeout=30)


def _port(announced: Path) -> int:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError, ValueError, IndexError):
            return int(announced.read_text().splitlines()[0])
        time.sleep(0.2)
    raise AssertionError("the browser did not start")

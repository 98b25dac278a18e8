"""SIGINT and SIGTERM end every command and all it started, also in the background of a script."""

import os
import shlex
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from house import DEMO, House, Laboratory

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]
START_SECONDS = 300
END_SECONDS = 60  # on a machine that does much else; it takes one or two
LINES = ("--seed", "8", "--lines", "300")


@pytest.fixture
def background() -> Iterator[None]:
    """Children inherit an ignored SIGINT, as those of `nohup ... &` do."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    yield
    signal.signal(signal.SIGINT, before)


def _said(process: "subprocess.Popen[bytes]", log: Path, words: str) -> None:
    deadline = time.monotonic() + START_SECONDS
    while words not in log.read_text(encoding="utf-8"):
        assert process.poll() is None and time.monotonic() < deadline, log.read_text(encoding="utf-8")
        time.sleep(0.05)


def _left(house: House) -> list[str]:
    """Processes that name this home, after the seconds in which a log's watcher sees that it is alone."""
    deadline = time.monotonic() + 15
    while True:
        found = []
        for place in Path("/proc").glob("[0-9]*/cmdline"):
            try:
                found.append(place.read_bytes().replace(b"\0", b" ").decode())
            except OSError:
                continue  # gone meanwhile
        left = [line for line in found if str(house.home) in line]
        if not left or time.monotonic() > deadline:
            return left
        time.sleep(0.2)


@pytest.mark.usefixtures("background")
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_run_ends_at_once_and_takes_its_children_along(
    laboratory: Laboratory, tmp_path: Path, number: int, code: int
) -> None:
    house, log = laboratory.house, tmp_path / "demo.log"
    house.empty()
    process = house.start("demo", *LINES, "--home", house.home, log=log)
    _said(process, log, " records")
    os.kill(process.pid, number)
    assert process.wait(timeout=END_SECONDS) == code
    assert f"Ended by {signal.Signals(number).name}" in log.read_text(encoding="utf-8")
    assert _left(house) == []
    assert not (house.home / "summary.json").exists() and not (house.home / "serving").exists()


@pytest.mark.usefixtures("background")
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 0), (signal.SIGTERM, 143)])
def test_what_serves_ends_in_good_order(
    laboratory: Laboratory, tmp_path: Path, number: int, code: int
) -> None:
    house, log = laboratory.house, tmp_path / "serve.log"
    process = house.start("sandbox", "serve", *LINES, "--base-port", "0", "--home", house.home, log=log)
    _said(process, log, "# serving")
    said = map(shlex.split, log.read_text(encoding="utf-8").splitlines())
    house.variables = dict(words[1].split("=", 1) for words in said if words and words[0] == "export")
    checked = house.ask("check", "--landscape", DEMO)
    assert checked.code == 0, checked.text
    os.kill(process.pid, number)
    assert process.wait(timeout=END_SECONDS) == code
    assert _left(house) == []

"""Runs that are killed at ten seeded instants, from the first byte landed to the last posting acknowledged.

What is left must be as good as an undisturbed run: the same public tables, the same books in every target,
nothing posted twice. The sandbox survives, as the systems of a hospital do when a server of ours dies.
"""

import json
import random
import re
import signal
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from house import LATER_WORLD, SAME_MOMENT, SAME_TOKENS, Finished, House, books, differences

from sandbox.generate import generate
from sandbox.serve import Sandbox

pytestmark = [pytest.mark.slow, pytest.mark.timeout(3600)]

SEED = 20_261


@dataclass(frozen=True)
class Instant:
    """A moment of a run, and how long after it to strike; `hangs` commits a write without an answer."""

    name: str
    is_reached: Callable[[str], bool]
    longest_wait: float = 1.5
    hangs: str = ""


def _says(pattern: str, times: int = 1) -> Callable[[str], bool]:
    return lambda log: len(re.findall(pattern, log)) >= times


def _instants(house: House, sandbox: Sandbox) -> list[Instant]:
    def is_building(_: str) -> bool:
        return any((house.home / "serving" / "releases").glob(".building-*"))

    def has_taken(target: str) -> Callable[[str], bool]:
        """The target has committed a write, since this was first asked, that it will not answer in time."""
        seen: list[int] = []

        def is_grown(_: str) -> bool:
            written = books(sandbox).items()
            seen.append(sum(len(entries) for kind, entries in written if kind.startswith(target)))
            return seen[-1] > seen[0]

        return is_grown

    return [
        Instant("landing", _says(r"procurement: ")),
        Instant("landed, not loaded", _says(r"apauto: ")),
        Instant("first rows in raw", _says(r"rows new in raw|models: ")),
        Instant("most rows in raw", _says(r"rows new in raw|models: ", 4)),
        Instant("models begun", _says(r"models: 40 built"), 3),
        Instant("models half built", _says(r"models: 120 built"), 3),
        Instant("serving copy being written", is_building, 0.2),
        Instant("serving copy renamed", _says(r"serving copy: "), 0.3),
        Instant("statuses committed, not answered", has_taken("apauto"), 0.3, "apauto"),
        Instant("supplier committed, not answered", has_taken("erp_cloud"), 0.3, "erp_cloud"),
    ]


def _settle(house: House) -> None:
    """Two runs to the end: the second reads back what the first made of the targets."""
    for _ in range(2):
        outcome = house.run(*SAME_MOMENT)
        assert outcome.code == 0, outcome.text


def test_ten_kills_leave_what_an_undisturbed_run_leaves(settled: Finished, tmp_path: Path) -> None:
    random_waits = random.Random(SEED)
    assert settled.outcome.code == 0, settled.outcome.text
    with Sandbox(settled.world, 0) as sandbox:
        expected = books(sandbox)

    generate(*LATER_WORLD, "all", None, tmp_path / "rough")
    rough = House(tmp_path / "home")
    with Sandbox(tmp_path / "rough", 0) as sandbox:
        rough.serve(sandbox)
        rough.variables = {**rough.variables, **SAME_TOKENS}
        died: dict[str, int] = {}
        for instant in _instants(rough, sandbox):
            if instant.hangs:
                sandbox.chaos(instant.hangs, timeout_after_commit=1, hang_seconds=30)
            wait = random_waits.uniform(0, instant.longest_wait)
            died[instant.name] = rough.run_killed(instant.is_reached, wait, *SAME_MOMENT)
            if instant.hangs:
                sandbox.chaos(instant.hangs, reset=True)
        assert set(died.values()) == {-signal.SIGKILL}, json.dumps(died)
        _settle(rough)
        left = books(sandbox)
    assert {kind: len(entries) for kind, entries in left.items()} == {
        kind: len(entries) for kind, entries in expected.items()
    }
    assert left == expected
    served = Path("serving") / "concord.duckdb"
    assert differences(settled.house.home / served, rough.home / served) == {}

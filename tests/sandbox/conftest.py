"""Two small worlds, made once: one with every fault, one clean."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from made_world import Made

from sandbox.generate import generate
from sandbox.serve import Sandbox

LINES = 4_000


@pytest.fixture(scope="session")
def faulty(tmp_path_factory: pytest.TempPathFactory) -> Made:
    folder = tmp_path_factory.mktemp("faulty")
    return Made(folder, generate(7, LINES, "all", None, folder))


@pytest.fixture(scope="session")
def clean(tmp_path_factory: pytest.TempPathFactory) -> Made:
    folder = tmp_path_factory.mktemp("clean")
    return Made(folder, generate(8, LINES, "none", None, folder))


@pytest.fixture(scope="session")
def _served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    folder = tmp_path_factory.mktemp("served")
    generate(9, 600, "all", None, folder)
    with Sandbox(folder, 0) as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(_served: Sandbox) -> Iterator[Sandbox]:
    """A running sandbox that behaves again after each test."""
    yield _served
    for server in ("procurement", "apauto", "inventory", "erp_cloud"):
        _served.chaos(server, reset=True)

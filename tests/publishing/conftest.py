"""The fixtures of this room: a small target that misbehaves, the sandbox's targets, a real PostgreSQL."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
from delivery_world import send, send_with, server, target
from target_world import Publisher

from sandbox.generate import generate
from sandbox.serve import Sandbox
from sandbox.servers.chaos import ALLOWED
from sandbox.servers.postgres import PostgresServer

__all__ = ["send", "send_with", "server", "target"]


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PostgresServer]:
    with PostgresServer(tmp_path_factory.mktemp("postgres")) as running:
        yield running


@pytest.fixture
def database(postgres: PostgresServer) -> str:
    """The URL of a database of its own."""
    name = f"test_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(postgres.admin_url, autocommit=True) as admin:
        admin.execute(f"create database {name}")
    return postgres.url(name)


@pytest.fixture(scope="session")
def _served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    folder = tmp_path_factory.mktemp("targets")
    generate(21, 400, "none", None, folder)
    with Sandbox(folder, 0) as running:
        yield running


@pytest.fixture
def estate(_served: Sandbox) -> Iterator[Sandbox]:
    """A running sandbox that behaves again after each test; its books go on."""
    yield _served
    for name in ALLOWED:
        _served.chaos(name, reset=True)


@pytest.fixture
def publisher_on(tmp_path: Path, estate: Sandbox) -> Callable[..., Publisher]:
    def make(state_url: str | None = None, mode: str = "live") -> Publisher:
        url = state_url or f"sqlite:///{tmp_path / 'state.sqlite'}"
        return Publisher(tmp_path, estate.endpoints, url, mode=mode)

    return make


@pytest.fixture
def publish(publisher_on: Callable[..., Publisher]) -> Publisher:
    return publisher_on()


@pytest.fixture(params=["sqlite", "postgresql"])
def state_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A state database of either kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'state.sqlite'}"
    url: str = request.getfixturevalue("database")
    return url.replace("postgresql://", "postgresql+psycopg://")

"""Two small worlds, made once: one with every fault, one clean."""

from __future__ import annotations

from collections.abc import Iterator

import paramiko
import pytest
from made_world import Made
from wire_clients import ApAuto, Procurement

from sandbox.generate import generate
from sandbox.serve import Sandbox
from sandbox.servers.chaos import ALLOWED

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
    for server in ALLOWED:
        _served.chaos(server, reset=True)


@pytest.fixture
def procurement(sandbox: Sandbox) -> Procurement:
    return Procurement(sandbox)


@pytest.fixture
def apauto(sandbox: Sandbox) -> ApAuto:
    return ApAuto(sandbox)


@pytest.fixture
def drop(sandbox: Sandbox) -> Iterator[paramiko.SFTPClient]:
    place = sandbox.endpoints["inventory"]
    transport = paramiko.Transport((place["host"], place["port"]))
    transport.connect(username=place["user"], password=place["password"])
    assert transport.get_remote_server_key().get_base64() in place["host_key"]
    client = paramiko.SFTPClient.from_transport(transport)
    assert client is not None
    yield client
    transport.close()

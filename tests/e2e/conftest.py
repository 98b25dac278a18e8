"""Finished homes that tests read, and a laboratory home that tests may fill and spoil."""

from pathlib import Path

import pytest
from house import LATER, Finished, House, Laboratory


@pytest.fixture(scope="session")
def pycache(pytestconfig: pytest.Config) -> Path:
    assert pytestconfig.cache is not None
    return pytestconfig.cache.mkdir("e2e-pycache")


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory, pycache: Path) -> Finished:
    """`concord demo` on an empty home."""
    house = House(tmp_path_factory.mktemp("demo") / "home", pycache)
    return Finished(house, house.demo("--seed", "7", "--lines", "1500"))


@pytest.fixture(scope="session")
def later(tmp_path_factory: pytest.TempPathFactory, pycache: Path) -> Finished:
    """`concord demo` of another seed, for tests that run it on and therefore are slow."""
    house = House(tmp_path_factory.mktemp("later") / "home", pycache)
    return Finished(house, house.demo(*LATER))


@pytest.fixture(scope="session")
def laboratory(tmp_path_factory: pytest.TempPathFactory, pycache: Path) -> Laboratory:
    folder = tmp_path_factory.mktemp("laboratory")
    return Laboratory(House(folder / "home", pycache), folder)

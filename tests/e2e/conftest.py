"""Finished homes that tests read, and a laboratory home that tests may fill and spoil."""

import pytest
from house import LATER, SAME_TOKENS, Finished, House, Laboratory


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Finished:
    """`concord demo` on an empty home."""
    house = House(tmp_path_factory.mktemp("demo") / "home")
    return Finished(house, house.demo("--seed", "7", "--lines", "1500"))


@pytest.fixture(scope="session")
def later(tmp_path_factory: pytest.TempPathFactory) -> Finished:
    """`concord demo` of another seed, for tests that run it on and therefore are slow."""
    house = House(tmp_path_factory.mktemp("later") / "home", variables=SAME_TOKENS)
    return Finished(house, house.demo(*LATER))


@pytest.fixture(scope="session")
def settled(later: Finished) -> Finished:
    """That home after a second run: what the first sent to the targets comes back as data once."""
    return Finished(later.house, later.house.demo(*LATER))


@pytest.fixture(scope="session")
def laboratory(tmp_path_factory: pytest.TempPathFactory) -> Laboratory:
    folder = tmp_path_factory.mktemp("laboratory")
    return Laboratory(House(folder / "home"), folder)

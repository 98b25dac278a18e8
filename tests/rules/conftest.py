"""The compiled rules, once per session."""

from collections.abc import Iterator

import pytest

from tests.rules.engine import Rules


@pytest.fixture(scope="session")
def rules(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rules]:
    made = Rules(tmp_path_factory.mktemp("rules"))
    yield made
    made.connection.close()

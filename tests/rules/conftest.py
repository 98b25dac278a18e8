"""The compiled rules, once per session."""

from collections.abc import Iterator

import pytest

from ingestion.settings import Settings
from tests.rules.engine import Rules


@pytest.fixture(scope="session")
def rules(manifest_settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rules]:
    made = Rules(manifest_settings, tmp_path_factory.mktemp("rules"))
    yield made
    made.connection.close()

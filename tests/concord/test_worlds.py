"""A home holds one simulated health system."""

from pathlib import Path

import click
import pytest

from concord.report import Progress
from concord.worlds import WorldRequest, ensure_world
from ingestion.settings import Settings, load_settings


def _settings(tmp_path: Path) -> Settings:
    return load_settings({}, home=tmp_path)


def test_another_world_is_refused_once_one_was_loaded(tmp_path: Path) -> None:
    settings = _settings(tmp_path)
    first = ensure_world(settings, WorldRequest(lines=20), Progress())
    (settings.landing_dir / "erp_cloud").mkdir(parents=True)
    with pytest.raises(
        click.UsageError, match=r"seed-1-lines-20-faults-all, not seed-2-lines-20-faults-all.*--home"
    ):
        ensure_world(settings, WorldRequest(seed=2, lines=20), Progress())
    assert ensure_world(settings, WorldRequest(lines=20), Progress()) == first


def test_a_dense_world_has_a_name_of_its_own(tmp_path: Path) -> None:
    assert WorldRequest(at_least=5).name == "seed-1-lines-20000-faults-all-at-least-5"
    assert WorldRequest().name == "seed-1-lines-20000-faults-all"
    with pytest.raises(click.UsageError, match="too few lines to plant each fault 5 times"):
        ensure_world(_settings(tmp_path), WorldRequest(lines=20, at_least=5), Progress())


def test_what_was_only_served_may_be_changed(tmp_path: Path) -> None:
    settings = _settings(tmp_path)
    first = ensure_world(settings, WorldRequest(lines=20), Progress())
    assert ensure_world(settings, WorldRequest(seed=2, lines=20), Progress()) != first

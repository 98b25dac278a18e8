"""Fixtures for every room's tests: the dbt manifest, built once a session in a HOME of its own."""

import json
from pathlib import Path
from typing import Any

import pytest

from dagster_project.manifest import prepare, target_dir
from ingestion.settings import Settings, load_settings

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="session")
def manifest_settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Settings of an otherwise empty HOME that holds the manifest of the project as it is on disk."""
    settings = load_settings({}, home=tmp_path_factory.mktemp("manifest_home"))
    prepare(settings)
    return settings


@pytest.fixture(scope="session")
def manifest_path(manifest_settings: Settings) -> Path:
    return target_dir(manifest_settings) / "manifest.json"


@pytest.fixture(scope="session")
def manifest(manifest_path: Path) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(manifest_path.read_text(encoding="utf-8"))
    return document

"""Every application says what it reads and what it has met, and says it of what its spec really reads."""

import re

import pytest

from ingestion.event_spec import EVENT
from ingestion.registry import SYSTEMS
from tests.conftest import ROOT

FOLDERS = ROOT / "ingestion" / "systems"
MOST_LINES = 60
# Whose spec is tested on real files or on a published list of fields, and the test that does.
MET = {
    "uk_spend": ("real files", "tests/real/test_trusts.py"),
    "feed": ("real files", "tests/real/test_scms.py"),
    "distributor": ("sample files", "tests/real/test_x12_samples.py"),
    "procurement": ("published field list", "tests/real/test_field_lists.py"),
    "erp_cloud": ("published field names", "tests/real/test_field_lists.py"),
}


def text_of(system: str) -> str:
    return (FOLDERS / system / "README.md").read_text(encoding="utf-8")


def test_every_folder_is_an_application_and_is_told_in_the_readme_of_the_product() -> None:
    folders = {path.name for path in FOLDERS.iterdir() if (path / "spec.py").is_file()}
    assert folders == set(SYSTEMS)
    assert "`ingestion/systems/*/README.md`" in (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("system", SYSTEMS)
def test_it_names_all_that_is_read(system: str) -> None:
    text = text_of(system)
    named = set(re.findall(r"`([A-Za-z0-9_]+)`", text))
    spec = SYSTEMS[system]
    paths = {resource.name: resource.path for resource in spec.resources}
    missing = {name for name, path in paths.items() if not named & {name, path}}
    tables = {table.name for table in spec.tables if table.name not in paths and table.name != EVENT}
    assert not missing and not tables - named, (missing, tables - named)
    assert len(text.splitlines()) <= MOST_LINES


@pytest.mark.parametrize("system", SYSTEMS)
def test_it_says_what_it_has_met(system: str) -> None:
    met = " ".join(text_of(system).partition("**Has met**:")[2].partition("\n\n")[0].split())
    assert met, "say what it has met: only the sandbox, a published field list, or real files"
    words, proof = MET.get(system, ("only the simulated", ""))
    assert words in met and (ROOT / proof).exists()
    # Only what a test reads may be claimed.
    if system not in MET:
        assert "real files" not in met


@pytest.mark.parametrize("system", SYSTEMS)
def test_published_entities_are_named(system: str) -> None:
    text = text_of(system)
    entities = {table.published_as for table in SYSTEMS[system].tables if table.published_as}
    assert {name for name in entities if name not in text and name.split(".")[-1] not in text} == set()

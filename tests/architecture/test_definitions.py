"""The code location loads without network and Great Expectations, and every asset says whose it is."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from dagster_project.assets.transform import SteadyAssets, dbt_models
from dagster_project.event_log import EventLogStorage
from dagster_project.execution import prepare_home
from dagster_project.manifest import MissingManifestError, require_manifest
from ingestion.settings import Settings, load_settings
from tests.conftest import ROOT

# The edges judge data and hold it back; they never stop a run.
HOLDING_CHECKS = ("landing_suite", "posting_suite")
TELLING_CHECKS = ("credentials",)
EDGES = ("landing/", "landing_window/", "delivery/")


@pytest.fixture(scope="module")
def described(manifest_settings: Settings) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-m", "tests.architecture.describe_definitions", str(manifest_settings.home)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def test_great_expectations_stays_unloaded(described: dict[str, Any]) -> None:
    assert "dagster" in described["loaded"]
    assert "great_expectations" not in described["loaded"]
    assert "sandbox" not in described["loaded"]


def test_every_asset_has_owner_group_description_and_kind(described: dict[str, Any]) -> None:
    incomplete = {
        name: [part for part in ("owners", "group", "description", "kinds") if not asset[part]]
        for name, asset in described["assets"].items()
        if not (asset["owners"] and asset["description"] and asset["kinds"])
        or asset["group"] in (None, "", "default")
    }
    assert not incomplete, incomplete


def test_every_asset_is_ours_to_make(described: dict[str, Any]) -> None:
    """An external asset would be an edge that leads nowhere: a misspelled key."""
    assert not [name for name, asset in described["assets"].items() if asset["is_external"]]


def test_every_model_is_an_asset(described: dict[str, Any], manifest: dict[str, Any]) -> None:
    models = {
        f"{node['schema']}/{node['name']}"
        for node in manifest["nodes"].values()
        if node["resource_type"] == "model"
    }
    assert models <= set(described["assets"])


def test_every_source_is_a_loaded_raw_table(described: dict[str, Any], manifest: dict[str, Any]) -> None:
    sources = {f"{one['source_name']}/{one['name']}" for one in manifest["sources"].values()}
    assert sources <= set(described["assets"])


def test_every_data_test_is_a_check(described: dict[str, Any], manifest: dict[str, Any]) -> None:
    tests = {node["name"] for node in manifest["nodes"].values() if node["resource_type"] == "test"}
    missing = tests - {check["name"] for check in described["checks"]}
    assert not missing, f"give them an asset: {sorted(missing)}"


def test_data_tests_block_and_the_edges_hold(described: dict[str, Any]) -> None:
    wrong = [
        f"{check['asset']}: {check['name']}"
        for check in described["checks"]
        if check["is_blocking"] == (check["name"] in (*HOLDING_CHECKS, *TELLING_CHECKS))
    ]
    assert not wrong, wrong


def test_every_landing_and_delivery_has_its_suite(described: dict[str, Any]) -> None:
    checked = {check["asset"] for check in described["checks"] if check["name"] in HOLDING_CHECKS}
    edges = {name for name in described["assets"] if name.startswith(EDGES)}
    assert edges and edges == checked


def test_a_missing_manifest_is_an_error_and_no_empty_location(tmp_path: Path) -> None:
    with pytest.raises(MissingManifestError, match="concord prepare"):
        require_manifest(load_settings({}, home=tmp_path))


def test_the_location_is_one_statement() -> None:
    text = (ROOT / "dagster_project" / "definitions.py").read_text()
    body = [line for line in text.splitlines() if line and not line.startswith(('"""', "from ", "import "))]
    assert len(body) == 1 and body[0].startswith("defs = ")


def test_nothing_shadows_the_workspace() -> None:
    text = (ROOT / "pyproject.toml").read_text()
    assert "[tool.dagster" not in text and "[tool.dg" not in text
    assert "dagster_project.definitions" in (ROOT / "workspace.yaml").read_text()


def test_the_event_log_is_our_faster_one(manifest_settings: Settings) -> None:
    """Dagster builds a subclass it is told of as its own class unless the subclass says otherwise."""
    prepare_home(manifest_settings)
    with dg.DagsterInstance.from_config(str(manifest_settings.dagster_dir)) as instance:
        assert type(instance.event_log_storage) is EventLogStorage


def test_a_part_of_the_models_has_keys_of_its_own(manifest_path: Path) -> None:
    """Keys put together once must not outlive the choice of a job; its copy is of the same kind."""
    models = dbt_models(manifest_path)
    one = sorted(models.keys)[0]
    checks = {key for key in models.check_keys if key.asset_key == one}
    assert models.asset_and_check_keys == models.keys | models.check_keys
    part = models.subset_for({one}, None)
    assert isinstance(part, SteadyAssets)
    assert part.asset_and_check_keys == {one} | checks

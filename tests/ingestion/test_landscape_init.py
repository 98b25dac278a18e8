"""`concord init`: a valid landscape from nothing, and models of its own over the shipped ones."""

import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from concord.commands_init import init
from dagster_project import manifest
from dagster_project.own_models import SHIPPED, OwnModelsError, own_files, project_dir, put_together
from ingestion import pipelines
from ingestion.configuration.landscape import load_landscape
from ingestion.runs import start_run
from ingestion.settings import Settings, load_settings


@pytest.fixture
def landscape(tmp_path: Path) -> Path:
    made = CliRunner().invoke(init, [str(tmp_path / "My Hospital")])
    assert made.exit_code == 0, made.output
    return tmp_path / "My Hospital"


def test_a_new_landscape_is_valid_and_says_what_it_waits_for(landscape: Path, tmp_path: Path) -> None:
    found = load_landscape(landscape, {})
    assert found.name == "my_hospital" and found.seeds["tolerance"].num_rows > 0
    run = start_run(load_settings({}, home=tmp_path / "home"), found)
    (line,) = pipelines.check(run)
    assert not line.ok and "wanted: files named after canonical entities" in line.message
    (landscape / "in" / "supplier.csv").write_text("supplier_id,legal_name\nS1,Alpha\n")
    (line,) = pipelines.check(run)
    run.state.close()
    assert line.ok and "1 readable files" in line.message


def test_a_folder_with_something_in_it_is_left_alone(landscape: Path) -> None:
    again = CliRunner().invoke(init, [str(landscape)])
    assert again.exit_code == 2 and "is not empty" in again.output


def settings_of(landscape: Path, home: Path) -> Settings:
    return load_settings({}, home=home, landscape_dir=landscape)


def test_without_own_models_the_shipped_project_is_used(landscape: Path, tmp_path: Path) -> None:
    settings = settings_of(landscape, tmp_path / "home")
    assert own_files(settings) == {} and project_dir(settings) == SHIPPED


def test_a_shipped_name_is_refused(landscape: Path, tmp_path: Path) -> None:
    (landscape / "models" / "marts").mkdir()
    shutil.copy(next(SHIPPED.rglob("mart_spend.sql")), landscape / "models" / "marts")
    with pytest.raises(OwnModelsError, match=r"mart_spend\.sql is shipped under this name"):
        put_together(settings_of(landscape, tmp_path / "home"))


@pytest.mark.slow
def test_an_own_mart_is_a_mart_like_any_other(landscape: Path, tmp_path: Path) -> None:
    (landscape / "models" / "marts").mkdir()
    (landscape / "macros").mkdir()
    (landscape / "macros" / "own_words.sql").write_text("{% macro own_word() %}'own'{% endmacro %}\n")
    (landscape / "models" / "marts" / "mart_own_spend.sql").write_text(
        '-- One row per supplier.\n{{ config(contract={"enforced": false}) }}\n'
        "select distinct supplier_key, {{ own_word() }} as word"
        " from {{ ref('mart_spend') }}\n"
    )
    settings = settings_of(landscape, tmp_path / "home")
    manifest.prepare(settings)
    found = json.loads(manifest.require_manifest(settings).path.read_text())["nodes"]
    node = found["model.concord.mart_own_spend"]
    assert (node["schema"], node["config"]["materialized"]) == (
        found["model.concord.mart_spend"]["schema"],
        found["model.concord.mart_spend"]["config"]["materialized"],
    )
    assert "macro.concord.own_word" in node["depends_on"]["macros"]
    assert manifest.is_current(settings)
    (landscape / "models" / "marts" / "mart_own_spend.sql").write_text("-- One row.\nselect 1 as one\n")
    assert not manifest.is_current(settings)

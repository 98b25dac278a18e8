"""A contract to be tried: read from a folder, refused by name when it is none, in force for a block."""

from dataclasses import replace
from pathlib import Path

import pytest

from dagster_project.own_models import project_dir, put_together
from ingestion.contracts.proposed import ProposedContractError, read_proposed
from ingestion.registry import SYSTEMS, in_force
from ingestion.settings import load_settings

COPY = "from ingestion.systems.apauto.spec import SPEC\n"
STAGING = "models/staging/apauto/stg_apauto__vendor.sql"


def folder(path: Path, spec: str = COPY, **files: str) -> Path:
    path.mkdir()
    (path / "spec.py").write_text(spec)
    for name, text in files.items():
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_text(text)
    return path


def test_a_folder_and_a_file_alone(tmp_path: Path) -> None:
    path = folder(tmp_path / "new", **{STAGING: "select 1", "README.md": "why", "models/notes.txt": "x"})
    read = read_proposed(path, "apauto")
    assert (read.spec, dict(read.models)) == (SYSTEMS["apauto"], {STAGING: path / STAGING})
    alone = read_proposed(path / "spec.py", "apauto")
    assert (alone.spec, alone.models) == (SYSTEMS["apauto"], {})
    assert not list(path.rglob("*.pyc"))


@pytest.mark.parametrize(
    ("spec", "files", "message"),
    [
        ("1 / 0\n", {}, r"spec\.py cannot be read: ZeroDivisionError"),
        ("from nowhere import x\n", {}, r"spec\.py cannot be read: ModuleNotFoundError"),
        ("spec = 1\n", {}, r"defines no SPEC; begin with a copy of ingestion/systems/apauto/spec\.py"),
        (COPY.replace("apauto", "procurement"), {}, "the contract of procurement, the instance is of apauto"),
        (
            COPY + "from dataclasses import replace\nSPEC = replace(SPEC, tables=SPEC.tables[1:])\n",
            {},
            "resource vendor fills the table vendor, which is not declared",
        ),
        (
            COPY
            + "from dataclasses import replace\n"
            + "SPEC = replace(SPEC, tables=(replace(SPEC.tables[0], key=('id',)), *SPEC.tables[1:]))\n",
            {},
            "the key of vendor names id, which is no column",
        ),
        (COPY, {"models/marts/mart_x.sql": "select 1"}, "only models/staging/apauto/ changes"),
    ],
    ids=["raises", "imports", "no_spec", "other_system", "no_table", "no_key", "a_mart"],
)
def test_what_is_no_contract_is_refused_by_name(
    tmp_path: Path, spec: str, files: dict[str, str], message: str
) -> None:
    with pytest.raises(ProposedContractError, match=message):
        read_proposed(folder(tmp_path / "new", spec, **files), "apauto")


def test_a_folder_without_a_spec_says_where_to_begin(tmp_path: Path) -> None:
    with pytest.raises(ProposedContractError, match=r"spec\.py: not found; begin with a copy"):
        read_proposed(tmp_path, "apauto")


def test_a_contract_is_in_force_for_a_block() -> None:
    shipped = SYSTEMS["apauto"]
    other = replace(shipped, api_version="2")
    with pytest.raises(KeyError), in_force(other):
        assert SYSTEMS["apauto"] is other
        raise KeyError
    assert SYSTEMS["apauto"] is shipped


def test_its_staging_takes_the_place_of_the_shipped_one(tmp_path: Path) -> None:
    new = folder(tmp_path / "new", **{STAGING: "select 2"})
    settings = load_settings({}, home=tmp_path / "home", tried_models=read_proposed(new, "apauto").models)
    put_together(settings)
    project = project_dir(settings)
    assert project.is_relative_to(settings.home) and (project / STAGING).read_text() == "select 2"
    assert (project / "models/staging/apauto/stg_apauto__invoice.sql").is_file()

"""How a dbt model reads: grain first and declared, its YAML beside it, small, exact numbers."""

import re
from pathlib import Path
from typing import Any

import pytest

from ingestion.raw.raw_schema import all_datasets
from tests.architecture.rendering import PROJECT

MODELS = sorted((PROJECT / "models").rglob("*.sql"))
# What SQL cannot say well is called from here; the rules themselves stand in a room.
CALLS = sorted((PROJECT / "models").rglob("*.py"))
MOST_LINES_OF_A_CALL = 40
MOST_LINES = 120
# Nothing about patients is ever needed here; a case is only a token.
HEALTH_DATA = re.compile(
    r"patient|(^|_)mrn($|_)|medical_record|birth|(^|_)dob($|_)|diagnos|(^|_)ssn($|_)|gender"
)
INEXACT = re.compile(r"float|double|real\b", re.IGNORECASE)
GRAIN = re.compile(r"-- One row(?: per |: )")
# Two rows of equal right are a finding of the controls here (AMBIGUOUS_PARAMETER), not an error of ours.
MAY_REPEAT = frozenset(("stg_landscape__parameter", "stg_landscape__tolerance"))


def complaints_about(text: str) -> list[str]:
    """What is wrong with the text of a model."""
    first = text.splitlines()[0] if text else ""
    found = [] if GRAIN.match(first) else [f"the first line does not say '-- One row per': {first[:60]}"]
    lines = len(text.splitlines())
    if lines > MOST_LINES:
        found.append(f"{lines} lines; above {MOST_LINES} look for the hidden model")
    if re.search(r"\bselect\s+distinct\b", text):
        found.append("select distinct is no repair; group by the grain")
    return found


def test_models_state_their_grain_and_stay_small() -> None:
    wrong = [
        f"{path.relative_to(PROJECT)}: {words}"
        for path in MODELS
        for words in complaints_about(path.read_text())
    ]
    assert not wrong, "\n".join(wrong)


def test_models_in_python_state_their_grain_and_only_call() -> None:
    wrong = [
        path.name
        for path in CALLS
        for text in [path.read_text()]
        if not text.startswith('"""One row per ') or len(text.splitlines()) > MOST_LINES_OF_A_CALL
    ]
    assert CALLS and not wrong, wrong


@pytest.mark.parametrize(
    "text",
    [
        "with a as (select 1)",
        "-- Invoices\nselect 1",
        "{{ config() }}\n-- One row per item.\n",
        "-- One row per item.\n" + "x\n" * 121,
        "-- One row per item.\nselect distinct a from t",
        "",
    ],
)
def test_models_that_do_not_are_found(text: str) -> None:
    assert complaints_about(text)


def test_every_model_has_its_yaml_beside_it() -> None:
    every = {path.with_suffix("") for path in (*MODELS, *CALLS)}
    described = {
        path.with_suffix("") for path in (PROJECT / "models").rglob("*.yml") if not path.name.startswith("_")
    }
    alone = [str(path.relative_to(PROJECT)) for path in every - described]
    widowed = [str(path.relative_to(PROJECT)) for path in described - every]
    assert not alone + widowed


def test_every_yaml_describes_its_own_model(manifest: dict[str, Any]) -> None:
    wrong = [
        node["name"]
        for node in manifest["nodes"].values()
        if node["resource_type"] == "model"
        and (not node["description"].strip() or Path(node["patch_path"] or "").stem != node["name"])
    ]
    assert not wrong, wrong


def test_every_model_declares_its_grain(manifest: dict[str, Any]) -> None:
    models = [node for node in manifest["nodes"].values() if node["resource_type"] == "model"]
    assert {node["name"] for node in models if not node["config"]["meta"].get("grain")} == MAY_REPEAT


def test_contracts_hold_exact_numbers(manifest: dict[str, Any]) -> None:
    wrong = [
        f"{node['name']}.{column['name']}"
        for node in manifest["nodes"].values()
        for column in node["columns"].values()
        if INEXACT.search(column["data_type"] or "")
    ]
    assert not wrong, wrong


def test_raw_tables_hold_exact_numbers() -> None:
    wrong = [
        f"{dataset}.{table}.{name}"
        for dataset, tables in all_datasets().items()
        for table, columns in tables.items()
        for name, kind in columns
        if INEXACT.search(kind)
    ]
    assert not wrong, wrong


def test_no_column_holds_health_data(manifest: dict[str, Any]) -> None:
    declared = [f"{node['name']}.{name}" for node in manifest["nodes"].values() for name in node["columns"]]
    landed = [
        f"{dataset}.{table}.{name}"
        for dataset, tables in all_datasets().items()
        for table, columns in tables.items()
        for name, _ in columns
    ]
    aliased = [
        f"{path.stem}.{name}" for path in MODELS for name in re.findall(r"\bas (\w+)\b", path.read_text())
    ]
    wrong = [name for name in declared + landed + aliased if HEALTH_DATA.search(name.rsplit(".", 1)[1])]
    assert not wrong, wrong


@pytest.mark.parametrize("name", ["patient_id", "mrn", "medical_record_number", "birth_date", "dob"])
def test_health_data_is_known_by_name(name: str) -> None:
    assert HEALTH_DATA.search(name)


def test_sources_are_what_ingestion_creates(manifest: dict[str, Any]) -> None:
    """Table by table both ways, and column by column where the sources declare any."""
    made = {(dataset, table) for dataset, tables in all_datasets().items() for table in tables}
    declared = {(one["source_name"], one["name"]) for one in manifest["sources"].values()}
    assert made - declared == set(), "ingestion creates tables that no dbt source declares"
    assert declared - made == set(), "dbt sources declare tables that ingestion does not create"
    for one in manifest["sources"].values():
        assert one["schema"] == one["source_name"]
        if one["columns"]:
            columns = {name for name, _ in all_datasets()[one["source_name"]][one["name"]]}
            assert set(one["columns"]) == columns, f"{one['source_name']}.{one['name']}"


def test_every_layer_and_macro_file_says_what_belongs_there() -> None:
    layers = [path for path in (PROJECT / "models").iterdir() if path.is_dir()]
    silent = [str(path.relative_to(PROJECT)) for path in layers if not (path / "README.md").is_file()]
    silent += [path.name for path in (PROJECT / "macros").glob("*.sql") if path.read_text()[:3] != "{#-"]
    silent += [path.name for path in (PROJECT / "tests").glob("*.sql") if path.read_text()[:3] != "-- "]
    assert not silent, silent

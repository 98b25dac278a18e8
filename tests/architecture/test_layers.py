"""The way the data goes, read from the manifest: no upward or sideways read.

staging <- raw of its own system and the run; canonical <- staging, seeds; identity <- canonical, seeds;
conformed <- canonical, crosswalks, seeds; controls <- conformed, canonical, seeds; marts <- conformed,
controls; outbox <- conformed, controls, crosswalks, seeds. Seeds are dbt seeds and `stg_landscape__*`.

Inside a layer: in identity and outbox a private model (`int_`) to its result, and in identity a
crosswalk to another of its subject and those of suppliers and units to items; in conformed private models,
dimensions and facts upstream to the others, bridges to the trace; in controls private models to private
ones, `rec_` and `exc_`, `rec_` to private ones and `exc_`, and the other `exc_` to `exc_exception`; in
marts private models of their own audience, and other marts to management. Three staging models join inside
their own document. Data tests are exempt: control totals compare layers.
"""

from typing import Any

import pytest

from tests.architecture.layers import RUN_TABLE, Node, may_read, node_of, raw_tables_allowed
from tests.conftest import ROOT

# Two ERPs, their controls, nine reconciliations and a mart for each dashboard; above it, merge models first.
MOST_NODES = 545
PREFIXES = {
    "staging": ("stg_",),
    "canonical": ("can_",),
    "identity": ("xref_", "int_"),
    "conformed": ("dim_", "fct_", "bridge_", "int_"),
    "controls": ("rec_", "exc_", "int_"),
    "marts": ("mart_", "int_"),
    "outbox": ("out_", "int_"),
}
WITH_CONTRACT = ("canonical", "conformed", "marts", "outbox")

STAGED, UNITED = Node("staging", "feed", "stg_feed__item"), Node("canonical", "item", "can_item")
CROSSWALK, FACT = Node("identity", "item", "xref_item"), Node("conformed", "invoicing", "fct_invoice")
MATCH, PRIVATE = Node("controls", "matching", "rec_a_vs_b"), Node("controls", "matching", "int_a__b")
MART, OUT = Node("marts", "spend", "mart_spend"), Node("outbox", "apauto", "out_apauto__status")
RAW, OTHER_RAW = Node("source", "raw_feed", "item"), Node("source", "raw_apauto", "vendor")


def _models(manifest: dict[str, Any]) -> list[dict[str, Any]]:
    return [node for node in manifest["nodes"].values() if node["resource_type"] == "model"]


def test_models_read_only_what_their_layer_may(manifest: dict[str, Any]) -> None:
    wrong = [
        f"{reader} reads {read}"
        for model in _models(manifest)
        for reader in [node_of(manifest, model["unique_id"])]
        for read in (node_of(manifest, one) for one in model["depends_on"]["nodes"])
        if not may_read(reader, read)
    ]
    assert not wrong, "\n".join(wrong)


def test_staging_reads_one_raw_table(manifest: dict[str, Any]) -> None:
    wrong = []
    for model in _models(manifest):
        if model["fqn"][1] != "staging" or model["fqn"][2] == "landscape":
            continue
        tables = [one for one in model["depends_on"]["nodes"] if not one.endswith(f".{RUN_TABLE}")]
        if len(tables) != raw_tables_allowed(model["name"]):
            wrong.append(f"{model['name']} reads {tables}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize(
    ("reader", "read"),
    [
        (STAGED, OTHER_RAW),
        (STAGED, UNITED),
        (STAGED, STAGED),
        (UNITED, RAW),
        (UNITED, UNITED),
        (CROSSWALK, STAGED),
        (CROSSWALK, Node("identity", "organization", "xref_facility")),
        (Node("identity", "supplier", "xref_supplier"), CROSSWALK),
        (FACT, STAGED),
        (FACT, RAW),
        (FACT, MATCH),
        (FACT, Node("identity", "item", "int_item__pairs")),
        (MATCH, STAGED),
        (MATCH, CROSSWALK),
        (MATCH, MATCH),
        (MATCH, Node("conformed", "invoicing", "int_invoice__document")),
        (MART, UNITED),
        (MART, MART),
        (MART, PRIVATE),
        (MART, Node("marts", "management", "int_kpi__match")),
        (OUT, UNITED),
        (OUT, MART),
        (UNITED, FACT),
    ],
    ids=str,
)
def test_upward_and_sideways_reads_are_refused(reader: Node, read: Node) -> None:
    assert not may_read(reader, read)


@pytest.mark.parametrize(
    ("reader", "read"),
    [
        (STAGED, RAW),
        (UNITED, STAGED),
        (CROSSWALK, UNITED),
        (CROSSWALK, Node("identity", "item", "xref_item_history")),
        (CROSSWALK, Node("identity", "supplier", "xref_supplier")),
        (FACT, CROSSWALK),
        (FACT, FACT),
        (MATCH, FACT),
        (MATCH, PRIVATE),
        (MART, MATCH),
        (Node("marts", "management", "mart_kpi"), MART),
        (OUT, CROSSWALK),
        (OUT, Node("staging", "landscape", "stg_landscape__run")),
        (MATCH, Node("seed", "", "exception_code")),
    ],
    ids=str,
)
def test_the_way_forward_is_open(reader: Node, read: Node) -> None:
    assert may_read(reader, read)


def test_names_tell_the_layer(manifest: dict[str, Any]) -> None:
    wrong = [
        f"{model['fqn'][1]}/{model['name']}"
        for model in _models(manifest)
        if not model["name"].startswith(PREFIXES[model["fqn"][1]])
        or (model["fqn"][1] == "staging" and not model["name"].startswith(f"stg_{model['fqn'][2]}__"))
        or (model["fqn"][1] == "outbox" and not model["name"].startswith(f"out_{model['fqn'][2]}__"))
    ]
    assert not wrong, "\n".join(wrong)


def test_a_layer_is_a_schema(manifest: dict[str, Any]) -> None:
    assert [m["name"] for m in _models(manifest) if m["schema"] != m["fqn"][1]] == []


def test_consumers_get_enforced_contracts(manifest: dict[str, Any]) -> None:
    loose = [
        model["name"]
        for model in _models(manifest)
        if model["fqn"][1] in WITH_CONTRACT and not model["config"]["contract"]["enforced"]
    ]
    assert not loose, loose


def test_history_comes_from_raw_and_not_from_snapshots(manifest: dict[str, Any]) -> None:
    kinds = {node["resource_type"] for node in manifest["nodes"].values()}
    assert "snapshot" not in kinds
    texts = [path for path in (ROOT / "dbt_project").rglob("*.sql") if "{% snapshot" in path.read_text()]
    assert not texts


def test_the_graph_stays_small(manifest: dict[str, Any]) -> None:
    assert len(manifest["nodes"]) <= MOST_NODES


def test_a_failed_data_test_stops_what_is_downstream(manifest: dict[str, Any]) -> None:
    mild = [
        node["name"]
        for node in manifest["nodes"].values()
        if node["resource_type"] == "test" and node["config"]["severity"].lower() != "error"
    ]
    assert not mild, mild

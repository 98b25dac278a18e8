"""Column lineage of the dbt project: from a raw column to every column it makes, and back.

Made from the compiled SQL of all models and kept in HOME/dbt until a file of the project changes. Used by
`concord lineage` and `concord contract check`.
"""

import csv
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any

from concord.column_origins import ROWS, Origin, Relation, origins_of
from dagster_project.manifest import compiled_manifest, target_dir
from dagster_project.own_models import project_dir, project_hash
from dagster_project.progress import Listener
from ingestion.raw.raw_schema import all_datasets
from ingestion.settings import Settings

CACHE = "column_lineage.json"
PRIVATE = "int_"
BY_ROWS = " (joined or filtered)"
# The layers a person asks about, in the order the data goes.
LAYERS = ("canonical", "identity", "conformed", "controls", "marts", "outbox")


@dataclass(frozen=True)
class Lineage:
    """The origins of every column of every model; relations are named `schema.table`."""

    models: Mapping[str, Relation]

    @cached_property
    def _made_of(self) -> Mapping[Origin, tuple[Origin, ...]]:
        found: dict[Origin, list[Origin]] = {}
        for model, columns in self.models.items():
            for column, origins in columns.items():
                for origin in origins:
                    found.setdefault(origin, []).append((model, column))
        return {origin: tuple(made) for origin, made in found.items()}

    def downstream(self, starts: Iterable[Origin]) -> frozenset[Origin]:
        """Every column that any of these makes, directly or through others."""
        return _closure(starts, lambda at: self._made_of.get(at, ()))

    def upstream(self, start: Origin) -> frozenset[Origin]:
        """Every column that this one is made of, raw columns included."""
        return _closure([start], lambda at: self.models.get(at[0], {}).get(at[1], frozenset()))

    def hits(self, starts: Iterable[Origin]) -> dict[str, list[str]]:
        """What `downstream` reaches by layer, as `table.column`; private models are left out.

        A table whose rows are joined or filtered by what is reached is named without a column, and marked so.
        """
        reached = sorted(self.downstream(starts), key=lambda at: (at[1] == ROWS, at))
        return {
            layer: names
            for layer in LAYERS
            if (
                names := [
                    f"{relation.partition('.')[2]}{BY_ROWS if column == ROWS else f'.{column}'}"
                    for relation, column in reached
                    if relation.startswith(f"{layer}.") and not relation.startswith(f"{layer}.{PRIVATE}")
                ]
            )
        }

    def named(self, text: str) -> list[Origin]:
        """The columns a person may mean by `column`, `table.column` or `schema.table.column`."""
        wanted = text.lower().split(".")
        known = set(self._made_of) | {
            (model, column) for model, columns in self.models.items() for column in columns
        }
        return sorted(
            (relation, column)
            for relation, column in known
            if [*relation.split("."), column][-len(wanted) :] == wanted
        )


def load_lineage(settings: Settings, *, say: Listener | None = None) -> Lineage:
    """The lineage of this version of the project; the first time it compiles the models with dbt."""
    cache, version = target_dir(settings) / CACHE, project_hash(settings)
    if cache.is_file():
        kept = json.loads(cache.read_text(encoding="utf-8"))
        if kept["project"] == version:
            return Lineage({model: _read(columns) for model, columns in kept["models"].items()})
    manifest = json.loads(compiled_manifest(settings, say=say).read_text(encoding="utf-8"))
    lineage = read_lineage(manifest, project_dir(settings))
    content = {
        "project": version,
        "models": {
            model: {name: sorted(origins) for name, origins in columns.items()}
            for model, columns in lineage.models.items()
        },
    }
    cache.write_text(json.dumps(content), encoding="utf-8")
    return lineage


def read_lineage(manifest: Mapping[str, Any], project_dir: Path) -> Lineage:
    """The lineage of a manifest whose models carry their compiled SQL."""
    nodes = {
        key: node for key, node in manifest["nodes"].items() if node["resource_type"] in ("model", "seed")
    }
    tables: dict[str, Relation] = {
        f"{dataset}.{table}": _itself(f"{dataset}.{table}", [name for name, _ in columns])
        for dataset, found in all_datasets().items()
        for table, columns in found.items()
    }
    needs = {
        key: [parent for parent in node["depends_on"].get("nodes", ()) if parent in nodes]
        for key, node in nodes.items()
    }
    models: dict[str, Relation] = {}
    for key in TopologicalSorter(needs).static_order():
        node = nodes[key]
        name = f"{node['schema']}.{node['alias']}"
        if node["resource_type"] == "seed":
            with (project_dir / node["original_file_path"]).open(encoding="utf-8") as lines:
                tables[name] = _itself(name, next(csv.reader(lines)))
        elif node["language"] == "python":
            models[name] = _declared(node, nodes)
            tables[name] = _itself(name, models[name])
        else:
            models[name] = origins_of(node["compiled_code"], tables)
            tables[name] = _itself(name, models[name])
    return Lineage(models)


def _read(columns: Mapping[str, Iterable[tuple[str, str]]]) -> Relation:
    return {
        name: frozenset((table, column) for table, column in origins) for name, origins in columns.items()
    }


def _declared(node: Mapping[str, Any], nodes: Mapping[str, Any]) -> Relation:
    """Of a model in Python: what its description names as `meta.made_of`, `model.column` each."""
    places = {nodes[key]["name"]: f"{nodes[key]['schema']}.{nodes[key]['alias']}" for key in nodes}
    return {
        name: frozenset(
            (places[model], column)
            for model, column in (text.split(".") for text in described["meta"].get("made_of", ()))
        )
        for name, described in node["columns"].items()
    }


def _itself(relation: str, columns: Iterable[str]) -> Relation:
    return {column: frozenset({(relation, column)}) for column in columns}


def _closure(starts: Iterable[Origin], following: Callable[[Origin], Iterable[Origin]]) -> frozenset[Origin]:
    reached: set[Origin] = set()
    stack = list(starts)
    while stack:
        for found in following(stack.pop()):
            if found not in reached:
                reached.add(found)
                stack.append(found)
    return frozenset(reached)

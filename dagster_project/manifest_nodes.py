"""Reads the dbt manifest for edges that leave the dbt project: public tables and outbox models."""

import json
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dagster as dg

PRIVATE = "int_"


@dataclass(frozen=True)
class OutboxModel:
    """An `out_<system>__<entity>` model and what it feeds."""

    name: str
    system: str
    entity: str

    @property
    def key(self) -> dg.AssetKey:
        return dg.AssetKey(["outbox", self.name])


def _models(manifest_path: Path) -> Iterator[dict[str, Any]]:
    nodes = json.loads(manifest_path.read_text(encoding="utf-8"))["nodes"]
    yield from (node for node in nodes.values() if node["resource_type"] == "model")


def model_keys(manifest_path: Path, schemas: Collection[str]) -> list[dg.AssetKey]:
    """The asset keys of all public models in the given schemas."""
    return [
        dg.AssetKey([node["schema"], node["name"]])
        for node in _models(manifest_path)
        if node["schema"] in schemas and not node["name"].startswith(PRIVATE)
    ]


def keys_of_models(manifest_path: Path) -> dict[tuple[str, str], tuple[str, ...]]:
    """(schema, model) -> the columns of its grain, which tell its rows apart."""
    return {
        (node["schema"], node["name"]): tuple(node["config"]["meta"]["grain"])
        for node in _models(manifest_path)
        if "grain" in node["config"]["meta"]
    }


def outbox_models(manifest_path: Path) -> list[OutboxModel]:
    found = []
    for node in _models(manifest_path):
        if node["schema"] == "outbox":
            system, entity = node["name"].removeprefix("out_").split("__", 1)
            found.append(OutboxModel(name=node["name"], system=system, entity=entity))
    return sorted(found, key=lambda model: model.name)

"""The real models' SQL on made-up canonical rows, in memory: compiled once by dbt, executed many times.

Canonical models and seeds become plain tables to fill; identity, conformed and control models are built from
their compiled code in the order of the manifest. Nothing here knows a rule.
"""

import hashlib
import json
import runpy
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import duckdb
import pyarrow as pa

from tests.dbt_runs import PROJECT, empty_warehouse, run_dbt

WANTED = (
    "rec_invoice_line_vs_purchase_order_line",
    "bridge_charge_x_invoice_line",
    "rec_receipt_vs_invoice",
    "int_lifecycle__line",
)
FILLED = ("canonical", "seeds")
Row = Mapping[str, Any]


class Rules:
    """Compiled models; `judge` fills the inputs and builds every model anew."""

    def __init__(self, folder: Path) -> None:
        warehouse = empty_warehouse(folder)
        selection = [f"+{name}" for name in WANTED]
        run_dbt(warehouse, folder, "-q", "compile", "--select", *selection)
        nodes = json.loads((folder / "target" / "manifest.json").read_text("utf-8"))["nodes"]
        self.compiled = folder / "target" / "compiled" / "concord"
        self.connection = duckdb.connect()
        # Compiled SQL names the database it was compiled for.
        name = warehouse.stem
        self.connection.execute(
            f"attach ':memory:' as {name}; use {name}; set timezone = 'UTC'; set threads = 1"
        )
        self.connection.execute(f"attach '{warehouse}' as raw (read_only)")
        self.connection.execute(f"copy from database raw to {name}; detach raw")
        self.inputs: list[str] = []
        self.models: list[tuple[str, Callable[[], object]]] = []
        for node in _in_order(nodes):
            self._prepare(node)

    def _prepare(self, node: dict[str, Any]) -> None:
        relation = f"{node['schema'].removeprefix('main_')}.{node['name']}"
        self.connection.execute(f"create schema if not exists {relation.split('.')[0]}")
        if node["resource_type"] == "seed":
            types = {
                name: column["data_type"] for name, column in node["columns"].items() if column["data_type"]
            }
            types |= node["config"].get("column_types") or {}
            path = PROJECT / node["original_file_path"]
            self.connection.execute(f"create table {relation} as from read_csv('{path}', types = {types})")
        elif node["original_file_path"].startswith("models/canonical"):
            columns = [f"{name} {column['data_type']}" for name, column in node["columns"].items()]
            self.connection.execute(f"create table {relation} ({', '.join(columns)})")
            self.inputs.append(relation)
        elif node["language"] == "python":
            self.models.append(
                (relation, partial(self._call, relation, PROJECT / node["original_file_path"]))
            )
        else:
            sql = (self.compiled / node["original_file_path"]).read_text("utf-8")
            kind = "view" if node["config"]["materialized"] == "view" else "table"
            statement = f"create or replace {kind} {relation} as {sql}"
            self.models.append((relation, partial(self.connection.execute, statement)))

    def _call(self, relation: str, path: Path) -> None:
        """A model in Python, with what dbt would give it."""
        model = runpy.run_path(str(path))["model"]
        relations = {name.split(".")[1]: name for name in [*self.inputs, *(name for name, _ in self.models)]}
        dbt = SimpleNamespace(ref=lambda name: self.connection.query(f"select * from {relations[name]}"))
        rows = model(dbt, self.connection)  # noqa: F841 - DuckDB reads the variable
        self.connection.execute(f"create or replace table {relation} as from rows")

    def judge(self, rows: Mapping[str, Iterable[Row]]) -> None:
        """Replaces the inputs by `rows` (table -> rows) and builds every model."""
        for relation in {*self.inputs, *(name for name in rows if name.startswith("raw_landscape."))}:
            self.connection.execute(f"truncate {relation}")
        for relation, given in rows.items():
            self.fill(relation, list(given))
        for _, build in self.models:
            build()

    def fill(self, relation: str, rows: list[Row]) -> None:
        if not rows:
            return
        names = sorted({name for row in rows for name in row})
        texts = [[None if row.get(name) is None else str(row[name]) for row in rows] for name in names]
        given = pa.table(texts, names=names)
        self.connection.register("given", given)
        self.connection.execute(f"insert into {relation} by name select * from given")
        self.connection.unregister("given")

    def query(self, sql: str) -> list[dict[str, Any]]:
        cursor = self.connection.execute(sql)
        names = [column[0] for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def canonical(entity: str, native_id: str, **values: Any) -> dict[str, Any]:
    """A canonical row of the instance `main` with its surrogate key."""
    key = hashlib.sha256(f"feed|main|{native_id}".encode()).hexdigest()[:32]
    return {
        f"{entity}_key": key,
        "source_system": "feed",
        "source_instance": "main",
        "native_id": native_id,
        "is_deleted": False,
        "extension": "{}",
        **values,
    }


def _in_order(nodes: dict[str, dict[str, Any]]) -> list[dict[str, Any]]:
    """Ancestors of the wanted models, parents first; a canonical model's own parents do not matter."""
    found: dict[str, dict[str, Any]] = {}

    def visit(unique_id: str) -> None:
        node = nodes.get(unique_id)
        if unique_id in found or node is None:
            return
        if node["resource_type"] == "model" and not node["original_file_path"].startswith("models/canonical"):
            for parent in node["depends_on"]["nodes"]:
                visit(parent)
        found[unique_id] = node

    for name in WANTED:
        visit(f"model.concord.{name}")
    return list(found.values())

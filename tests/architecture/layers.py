"""Who may read whom in the dbt project, as functions of values; applied to the manifest by `test_layers`."""

from dataclasses import dataclass
from typing import Any

SOURCE, SEED = "source", "seed"
# The only staging models that join inside one document: an invoice line takes the credit sign from its own
# header, a pack the unit from the prices of its own line, an address its own telephone and e-mail.
JOINS_ITS_DOCUMENT = {
    "stg_apauto__invoice_line": 2,
    "stg_feed__invoice_line": 2,
    "stg_distributor__catalogue_pack": 2,
    "stg_erp_cloud__supplier_site": 3,
}
RUN_TABLE = "raw_landscape.run"
PRIVATE = "int_"
# Who makes and sells an item, and in which unit it is counted, is known before which item it is.
BEFORE_ITEMS = ("xref_supplier", "xref_unit")
# In conformed, masters come before documents and documents in the order they arise.
UPSTREAM = ("fct_", "dim_")
# The trace is drawn last, over facts and bridges alike.
TRACE = "trace"


@dataclass(frozen=True)
class Node:
    """A model, seed or source: its layer, the folder under it (dataset of a source) and its name."""

    layer: str
    domain: str
    name: str

    @property
    def is_private(self) -> bool:
        return self.name.startswith(PRIVATE)

    @property
    def is_seed(self) -> bool:
        return self.layer == SEED or self.name.startswith("stg_landscape__")

    def __str__(self) -> str:
        return f"{self.layer}/{self.name}"


def node_of(manifest: dict[str, Any], unique_id: str) -> Node:
    """The node behind an id of the manifest."""
    if unique_id.startswith("source."):
        source = manifest["sources"][unique_id]
        return Node(SOURCE, source["source_name"], source["name"])
    node = manifest["nodes"][unique_id]
    if node["resource_type"] == "seed":
        return Node(SEED, "", node["name"])
    layer, domain = node["fqn"][1], node["fqn"][2] if len(node["fqn"]) > 3 else ""
    return Node(layer, domain, node["name"])


def may_read(reader: Node, read: Node) -> bool:
    """Whether the model `reader` may read `read` (the list stands in `test_layers`)."""
    inside = reader.layer == read.layer
    match reader.layer:
        case "staging":
            own = f"raw_{reader.domain}"
            return read.layer == SOURCE and (read.domain == own or f"{read.domain}.{read.name}" == RUN_TABLE)
        case "canonical":
            return read.layer == "staging" or read.is_seed
        case "identity":
            is_own = inside and (read.is_private or reader.domain == read.domain)
            is_earlier = inside and reader.domain == "item" and read.name in BEFORE_ITEMS
            return read.layer == "canonical" or read.is_seed or is_own or is_earlier
        case "conformed":
            return (
                read.layer == "canonical"
                or _is_crosswalk(read)
                or read.is_seed
                or (inside and (read.is_private or read.name.startswith(UPSTREAM) or reader.domain == TRACE))
            )
        case "controls":
            return (
                (read.layer in ("conformed", "canonical") and not read.is_private)
                or read.is_seed
                or (inside and _may_read_inside_controls(reader, read))
            )
        case "marts":
            return (
                (read.layer in ("conformed", "controls") and not read.is_private)
                or (inside and read.is_private and reader.domain == read.domain)
                or (inside and reader.domain == "management" and not read.is_private)
            )
        case "outbox":
            return (
                (read.layer in ("conformed", "controls") and not read.is_private)
                or _is_crosswalk(read)
                or read.is_seed
                or (inside and read.is_private)
            )
    return False


def _is_crosswalk(node: Node) -> bool:
    return node.layer == "identity" and node.name.startswith("xref_")


def _may_read_inside_controls(reader: Node, read: Node) -> bool:
    is_comparison = read.name.startswith("rec_")
    if reader.name.startswith("exc_"):
        is_exception = read.name.startswith("exc_") and reader.name == "exc_exception"
        return read.is_private or is_comparison or is_exception
    return read.is_private or (reader.is_private and is_comparison)


def raw_tables_allowed(staging_model: str) -> int:
    """How many raw tables a staging model reads, the run's own not counted."""
    return JOINS_ITS_DOCUMENT.get(staging_model, 1)

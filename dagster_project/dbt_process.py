"""dbt on a project that is parsed already; arguments: the project, what was parsed, those of dbt.

Plain dbt takes what it parsed for one warehouse as worthless for another path, and parses everything again.
Handing it the manifest, as its `dbtRunner` allows, leaves out that check and the reading of every file.
"""

import sys
from pathlib import Path
from typing import Any

from dbt.cli.main import cli
from dbt.contracts.graph.manifest import Manifest
from dbt.contracts.graph.nodes import SeedNode
from dbt.parser.manifest import extended_mashumuro_decoder
from dbt_common.events.base_types import BaseEvent, EventLevel
from dbt_common.events.event_manager import EventManager
from dbt_common.events.event_manager_client import ctx_set_event_manager

from dagster_project.dbt_lean import stand_in

DETAIL = (EventLevel.DEBUG, EventLevel.TEST)


class TerseEvents(EventManager):
    """Leaves out what no log asks for: dbt words some twenty events a model and then drops nearly all."""

    def fire_event(self, e: BaseEvent, level: EventLevel | None = None, *rest: Any, **more: Any) -> None:
        if (level or e.level_tag()) not in DETAIL or any(log.level in DETAIL for log in self.loggers):
            super().fire_event(e, level, *rest, **more)


def parsed_manifest(project: Path, parsed: Path) -> Manifest:
    """What `dbt parse` left in `parsed`, with its seeds in `project`: they alone know where they lie."""
    manifest: Manifest = Manifest.from_msgpack(parsed.read_bytes(), decoder=extended_mashumuro_decoder)
    for node in manifest.nodes.values():
        if isinstance(node, SeedNode):
            node.root_path = str(project)
    # As dbt does after a parse: the maps of the graph, and the graph that SQL can ask.
    manifest.build_parent_and_child_maps()
    manifest.build_flat_graph()
    return manifest


if __name__ == "__main__":
    # A model in Python is imported from a temporary file, beside which nothing may be left.
    sys.dont_write_bytecode = True
    folder, found, *arguments = sys.argv[1:]
    ctx_set_event_manager(TerseEvents())
    stand_in()
    cli(arguments, prog_name="dbt", obj={"manifest": parsed_manifest(Path(folder), Path(found))})

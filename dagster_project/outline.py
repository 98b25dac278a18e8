"""What the asset graph needs of a landscape: instances, their systems and the backfill's partitions.

Definitions must load where no credential is set, so nothing here resolves a reference.
"""

from dataclasses import dataclass
from pathlib import Path

import dagster as dg

from dagster_project.partitions import partitions_of
from ingestion.configuration.landscape_file import LandscapeFile


@dataclass(frozen=True)
class Outline:
    """Instance name -> system in the order of `landscape.yaml`; `partitions` is None without the key."""

    instances: dict[str, str]
    partitions: dg.TimeWindowPartitionsDefinition | None


def read_outline(landscape_dir: Path) -> Outline:
    """Reads the names and the history, and nothing that needs a variable."""
    document = LandscapeFile.read(landscape_dir / "landscape.yaml").document
    instances = document.get("instances") or {}
    return Outline(
        instances={str(name): str(entry["system"]) for name, entry in instances.items()},
        partitions=partitions_of(document.get("partitions"), str(document.get("timezone") or "UTC")),
    )

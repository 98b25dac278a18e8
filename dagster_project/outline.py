"""What the asset graph needs of a landscape: instance names and their systems, without any connection.

Definitions must load where no credential is set, so nothing here resolves a reference.
"""

from pathlib import Path

from ingestion.landscape_file import LandscapeFile


def read_outline(landscape_dir: Path) -> dict[str, str]:
    """Instance name -> system, in the order of `landscape.yaml`."""
    file = LandscapeFile.read(landscape_dir / "landscape.yaml")
    instances = file.document.get("instances") or {}
    return {str(name): str(entry["system"]) for name, entry in instances.items()}

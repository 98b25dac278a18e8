"""Assembles the definitions of one landscape. Called by `definitions.py`, by the CLI and by tests."""

from pathlib import Path
from typing import Any

import dagster as dg

from dagster_project.assets.delivery import delivery_assets
from dagster_project.assets.landing import landing_asset, window_asset
from dagster_project.assets.raw import own_raw_assets, raw_assets
from dagster_project.assets.serving import server_copies, serving_copy, summary
from dagster_project.assets.state import identity_event, verdict_journal
from dagster_project.assets.transform import dbt_models
from dagster_project.dbt_resource import DbtOnParsed
from dagster_project.manifest import require_manifest
from dagster_project.outline import read_outline
from dagster_project.resources import RunResource
from dagster_project.schedules import (
    BACKFILL,
    REBUILD,
    REFRESH,
    backfill_job,
    nightly,
    rebuild_job,
    refresh_job,
)
from ingestion.registry import SYSTEMS
from ingestion.settings import Settings

DEMO_LANDSCAPE = Path(__file__).parent.parent / "landscapes" / "demo"


def build_definitions(
    settings: Settings, *, overrides: dict[str, dg.ConfigurableResource[Any]] | None = None
) -> dg.Definitions:
    """All assets, checks, jobs and the schedule for `settings.landscape_dir` (default: the demo).

    Raises `MissingManifestError` when the dbt manifest has not been built: a location that loads without
    its models would be worse than none. `overrides` replaces resources by name (tests).
    """
    landscape_dir = settings.landscape_dir or DEMO_LANDSCAPE
    manifest = require_manifest(settings)
    outline = read_outline(landscape_dir)
    instances, partitions = outline.instances, outline.partitions
    has_windows = partitions is not None
    landing = [landing_asset(name, system) for name, system in instances.items()]
    windows = [window_asset(name, system, partitions) for name, system in instances.items() if partitions]
    raw = [
        raw_assets(
            spec,
            [name for name, system in instances.items() if system == spec.name],
            has_windows=has_windows,
        )
        for spec in SYSTEMS.values()
    ]
    servers = server_copies(settings)
    resources = {
        "run": RunResource(home=str(settings.home), landscape_dir=str(landscape_dir)),
        "dbt": DbtOnParsed.of(manifest),
        **(overrides or {}),
    }
    return dg.Definitions(
        assets=[
            *landing,
            *windows,
            *raw,
            own_raw_assets(list(instances), has_windows=has_windows),
            dbt_models(manifest.path),
            verdict_journal,
            identity_event,
            serving_copy(manifest.path),
            *servers,
            *delivery_assets(manifest.path),
            summary(manifest.path, servers),
        ],
        jobs=[refresh_job(), rebuild_job(), *([backfill_job()] if has_windows else [])],
        schedules=[nightly()],
        resources=resources,
        executor=dg.in_process_executor,
    )


__all__ = ["BACKFILL", "REBUILD", "REFRESH", "build_definitions"]

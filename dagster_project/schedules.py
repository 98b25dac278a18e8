"""What runs and when: a job that refreshes everything, nightly by default, and one that loads history."""

import dagster as dg
from dagster._core.definitions.unresolved_asset_job_definition import UnresolvedAssetJobDefinition

REFRESH, BACKFILL, REBUILD = "refresh", "backfill", "rebuild"


def refresh_job() -> UnresolvedAssetJobDefinition:
    """Everything from landing to delivery, in one process: one writer, one knowledge time."""
    return dg.define_asset_job(
        REFRESH,
        selection=dg.AssetSelection.all() - dg.AssetSelection.groups("landing_window"),
        executor_def=dg.in_process_executor,
        description="Land, gate, load, build, publish and deliver.",
    )


def backfill_job() -> UnresolvedAssetJobDefinition:
    """A range of partitions in one run: land the window, build, serve; send nothing, remember golden keys."""
    return dg.define_asset_job(
        BACKFILL,
        selection=dg.AssetSelection.all() - dg.AssetSelection.groups("landing", "delivery", "state")
        | dg.AssetSelection.assets(dg.AssetKey(["state", "identity_event"])),
        executor_def=dg.in_process_executor,
        description="Land a range of history, load, build and serve; nothing is delivered.",
    )


def rebuild_job() -> UnresolvedAssetJobDefinition:
    """All of raw from the landing copy, the models and what is served; asks, sends and remembers nothing."""
    groups = ("landing", "landing_window", "delivery", "state")
    return dg.define_asset_job(
        REBUILD,
        selection=dg.AssetSelection.all()
        - dg.AssetSelection.groups(*groups)
        - dg.AssetSelection.assets(dg.AssetKey(["serving", "summary"])),
        executor_def=dg.in_process_executor,
        description="Rebuild warehouse and serving copy from the landing copy and the state store.",
    )


def nightly() -> dg.ScheduleDefinition:
    return dg.ScheduleDefinition(
        name="nightly",
        job_name=REFRESH,
        cron_schedule="0 2 * * *",
        execution_timezone="UTC",
        description="The nightly refresh; switch it on in the UI.",
    )

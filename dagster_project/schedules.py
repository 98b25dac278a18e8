"""When things run: one job that refreshes everything, every night by default."""

import dagster as dg
from dagster._core.definitions.unresolved_asset_job_definition import UnresolvedAssetJobDefinition

REFRESH = "refresh"


def refresh_job() -> UnresolvedAssetJobDefinition:
    """Everything from landing to delivery, in one process: one writer, one knowledge time."""
    return dg.define_asset_job(
        REFRESH,
        selection=dg.AssetSelection.all(),
        executor_def=dg.in_process_executor,
        description="Land, gate, load, build, publish and deliver.",
    )


def nightly() -> dg.ScheduleDefinition:
    return dg.ScheduleDefinition(
        name="nightly",
        job_name=REFRESH,
        cron_schedule="0 2 * * *",
        execution_timezone="UTC",
        description="The nightly refresh; switch it on in the UI.",
    )

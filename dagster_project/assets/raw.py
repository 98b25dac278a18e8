"""The raw tables: one multi-asset per system through dlt, and Concord's own (landscape, memory)."""

from collections.abc import Iterator, Sequence

import dagster as dg

from dagster_project.assets.landing import OWNER, landing_key, window_key
from dagster_project.progress import tell
from dagster_project.resources import RunResource
from ingestion import pipelines
from ingestion.raw.raw_schema import CONCORD_TABLES, LANDSCAPE_TABLES
from ingestion.raw.rereading import Acceptance, require_same_reading
from ingestion.spec import SystemSpec
from publishing.outbox import delivery_rows

POOL = "warehouse_write"
REJECTED_TABLE = "rejected_row"


def landed_by(instances: Sequence[str], *, has_windows: bool) -> list[dg.AssetKey]:
    """Both ways of landing: raw takes what either accepted."""
    windows = [window_key(instance) for instance in instances] if has_windows else []
    return [*(landing_key(instance) for instance in instances), *windows]


def raw_assets(spec: SystemSpec, instances: Sequence[str], *, has_windows: bool) -> dg.AssetsDefinition:
    """All raw tables of one system; loads the accepted batches of every instance of it."""
    tables = [table.name for table in spec.tables] + [REJECTED_TABLE]
    specs = [
        dg.AssetSpec(
            dg.AssetKey([f"raw_{spec.name}", table]),
            deps=landed_by(instances, has_windows=has_windows),
            group_name=f"raw_{spec.name}",
            owners=[OWNER],
            kinds={"dlt", "duckdb"},
            description=f"Insert-only versions of {table} as {spec.title} has it."
            if table != REJECTED_TABLE
            else f"Rows of {spec.title} that broke their contract: payload, reason, load id.",
        )
        for table in tables
    ]

    @dg.multi_asset(name=f"raw_{spec.name}", specs=specs, pool=POOL)
    def load(context: dg.AssetExecutionContext, run: RunResource) -> Iterator[dg.MaterializeResult[None]]:
        settings = run.context.settings
        report = pipelines.load_system(run.context, spec.name)
        run.log.loaded.append(report)
        if settings.workshop:
            by = settings.accepted_by
            accepted = Acceptance(by, settings.accepted_because) if by else None
            if told := require_same_reading(run.context, spec.name, accepted):
                tell(told)
        if report.loads:
            tell(f"{spec.name}: {report.new_version_rows:,} of {report.landed_rows:,} rows new in raw")
        if report.rejected_rows:
            context.log.warning(f"{report.rejected_rows} rows rejected; see raw_{spec.name}.{REJECTED_TABLE}")
        for table, columns in report.unknown_columns.items():
            context.log.info(f"{spec.name}.{table}: kept in _extension: {', '.join(columns)}")
        for table in tables:
            loads = [load for load in report.loads if load.table == table]
            rejected = sum(load.rejected_rows for load in report.loads)
            new = sum(load.new_version_rows for load in loads)
            yield dg.MaterializeResult(
                asset_key=dg.AssetKey([f"raw_{spec.name}", table]),
                metadata={
                    "landed": sum(load.landed_rows for load in loads),
                    "new versions": rejected if table == REJECTED_TABLE else new,
                    "late": sum(load.late_rows for load in loads),
                    "unchanged": sum(load.unchanged_rows for load in loads),
                    "rejected": rejected
                    if table == REJECTED_TABLE
                    else sum(load.rejected_rows for load in loads),
                    "load ids": list(report.load_ids),
                },
            )

    return load


def own_raw_assets(instances: Sequence[str], *, has_windows: bool) -> dg.AssetsDefinition:
    """`raw_landscape` (this run, instances, parameters), `raw_concord` (journal, decisions, deliveries)."""
    landscape = [
        dg.AssetSpec(
            dg.AssetKey(["raw_landscape", table]),
            deps=landed_by(instances, has_windows=has_windows),
            group_name="raw_landscape",
            owners=[OWNER],
            kinds={"dlt", "duckdb"},
            description=f"The landscape's {table}, as configured for this run.",
        )
        for table in LANDSCAPE_TABLES
    ]
    concord = [
        dg.AssetSpec(
            dg.AssetKey(["raw_concord", table]),
            deps=landed_by(instances, has_windows=has_windows),
            group_name="raw_concord",
            owners=[OWNER],
            kinds={"dlt", "duckdb"},
            description=f"Concord's own memory: {table}.",
        )
        for table in CONCORD_TABLES
    ]

    @dg.multi_asset(name="raw_own", specs=[*landscape, *concord], pool=POOL)
    def load(run: RunResource) -> Iterator[dg.MaterializeResult[None]]:
        pipelines.load_landscape(run.context)
        pipelines.load_concord(run.context, deliveries=delivery_rows(run.context.state))
        for spec in [*landscape, *concord]:
            yield dg.MaterializeResult(asset_key=spec.key)

    return load

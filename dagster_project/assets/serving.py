"""The serving copies for everyone else, published after the gates, and the summary of the run."""

import json
import time
from pathlib import Path

import dagster as dg

from dagster_project.assets.delivery import delivery_key
from dagster_project.assets.raw import POOL
from dagster_project.manifest_nodes import model_keys, outbox_models
from dagster_project.progress import tell
from dagster_project.resources import RunResource
from dagster_project.summary import build_summary
from ingestion.settings import Settings
from publishing import serving
from publishing.serving_postgres import publish_to_postgres

MEMORY = (dg.AssetKey(["state", "verdict_journal"]), dg.AssetKey(["state", "identity_event"]))
COPY = dg.AssetKey(["serving", "concord"])
SERVER = dg.AssetKey(["serving", "postgresql"])
SUMMARY = dg.AssetKey(["serving", "summary"])


def serving_copy(manifest_path: Path) -> dg.AssetsDefinition:
    """Depends on every public model: one failed blocking test and nobody sees half a refresh."""

    @dg.asset(
        key=COPY,
        deps=[*model_keys(manifest_path, serving.SCHEMAS), *MEMORY],
        group_name="serving",
        owners=["team:analytics_engineering"],
        kinds={"duckdb", "parquet"},
        pool=POOL,
        description="The public schemas as a DuckDB file and as Parquet, swapped in by one rename.",
    )
    def publish(run: RunResource) -> dg.MaterializeResult[None]:
        context = run.context
        report = serving.publish(
            context.settings.warehouse_path,
            context.settings.serving_dir,
            run_id=context.run_id,
            as_of=context.as_of,
            known_at=context.known_at,
        )
        tell(f"serving copy: {len(report.tables)} tables, {report.row_count:,} rows")
        run.log.serving_seconds = time.monotonic() - run.log.started
        return dg.MaterializeResult(
            metadata={
                "tables": len(report.tables),
                "rows": report.row_count,
                "database": dg.MetadataValue.path(str(report.database)),
                "parquet": dg.MetadataValue.path(str(report.parquet)),
            }
        )

    return publish


def server_copies(settings: Settings) -> list[dg.AssetsDefinition]:
    """The same release on PostgreSQL, when a URL is configured; its failure takes nothing else away."""
    if settings.serving_url is None:
        return []
    url, reader = settings.serving_url, settings.serving_reader

    @dg.asset(
        key=SERVER,
        deps=[COPY],
        group_name="serving",
        owners=["team:analytics_engineering"],
        kinds={"postgres"},
        pool=POOL,
        description="The public schemas on a PostgreSQL server, loaded beside and renamed in at once.",
    )
    def publish_to_server(context: dg.AssetExecutionContext, run: RunResource) -> dg.MaterializeResult[None]:
        source = (run.context.settings.serving_dir / serving.DATABASE).resolve(strict=True)
        try:
            report = publish_to_postgres(source, url, reader=reader)
        except serving.ServingError as error:
            # A BI server that is away must not lose the run: the file copy is served and deliveries go on.
            run.log.unserved = str(error)
            context.log.error(run.log.unserved)
            tell("serving copy on PostgreSQL: not published")
            return dg.MaterializeResult(metadata={"published": False, "reason": run.log.unserved})
        tell(f"serving copy on PostgreSQL: {report.tables} tables, {report.row_count:,} rows")
        if not report.waited:
            context.log.warning("a reader held the old release open; its later statements see the new one")
        if report.kept:
            context.log.warning(f"still in use, dropped by a later run: {', '.join(report.kept)}")
        return dg.MaterializeResult(
            metadata={
                "tables": report.tables,
                "rows": report.row_count,
                "waited_for_readers": report.waited,
                "kept": ", ".join(report.kept),
            }
        )

    return [publish_to_server]


def summary(manifest_path: Path, servers: list[dg.AssetsDefinition]) -> dg.AssetsDefinition:
    """What happened, in numbers, as HOME/summary.json."""

    @dg.asset(
        key=SUMMARY,
        deps=[COPY, *servers, *(delivery_key(model) for model in outbox_models(manifest_path))],
        group_name="serving",
        owners=["team:analytics_engineering"],
        kinds={"json"},
        description="Loaded, rejected, control totals, match result, exceptions and deliveries of this run.",
    )
    def write(run: RunResource) -> dg.MaterializeResult[None]:
        content = build_summary(run.context, run.log)
        path = run.context.settings.summary_path
        unfinished = path.with_suffix(".json.tmp")
        unfinished.write_text(json.dumps(content, indent=2, default=str) + "\n", encoding="utf-8")
        unfinished.replace(path)
        return dg.MaterializeResult(metadata={"summary": dg.MetadataValue.json(json.loads(path.read_text()))})

    return write

"""Builds a landscape in a scratch home, step by step without the orchestrator, to be compared.

The steps of a rebuild (all of raw from the landing copy, the models, the public tables), then what publishing
would send. No source is asked, nothing is sent. Called by a release test, once for each contract.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import duckdb
import pyarrow as pa

from dagster_project.manifest import DbtError, dbt, prepare, target_dir
from dagster_project.manifest_nodes import OutboxModel, keys_of_models, outbox_models
from dagster_project.progress import Listener
from expectations import landing as landing_gate
from expectations import posting
from ingestion import pipelines
from ingestion.configuration.landscape import load_landscape
from ingestion.contracts.drift import Drift
from ingestion.landing_copy.landing import Batch
from ingestion.raw.opening import opened
from ingestion.raw.warehouse import create_raw_tables, drop_dataset
from ingestion.registry import SYSTEMS, in_force
from ingestion.reports import LoadReport
from ingestion.runs import RunContext
from ingestion.settings import environment
from ingestion.spec import SystemSpec
from publishing import serving
from publishing.forecast import Foretold, forecast
from publishing.messages import Stream
from publishing.outbox import delivery_rows

MODELS_ONLY = ("--exclude-resource-type", "unit_test", "--exclude-resource-type", "test")


@dataclass(frozen=True)
class Built:
    """One side of a comparison.

    `database` holds the public tables, `keys` what tells their rows apart, `outbound` the messages of each
    stream by posting key, `rejected` how many rows of the application broke the contract by table, column
    and reason.
    """

    database: Path
    keys: Mapping[tuple[str, str], tuple[str, ...]]
    outbound: Mapping[Stream, Mapping[str, Foretold]]
    loaded: LoadReport
    rejected: Mapping[tuple[str, str, str], int]


def under(run: RunContext, spec: SystemSpec, models: Mapping[str, Path]) -> RunContext:
    """The same run with `spec` as the contract of its application and `models` as its staging.

    Raises `LandscapeError` where the landscape names columns or resources that the contract no longer has.
    """
    with in_force(spec):
        landscape = load_landscape(run.landscape.directory, environment())
    settings = replace(run.settings, tried_models=models)
    return replace(run, settings=settings, landscape=landscape, parsed={})


def would_hold(run: RunContext, batch: Batch) -> tuple[str, ...]:
    """Why the landing gate would hold a batch, empty when it would not."""
    content = pipelines.read_batch(run, batch)
    reasons = tuple(str(drift) for drift in content.drift if drift.is_breaking)
    if reasons:
        return reasons
    result = landing_gate.validate(batch.system, content.tables, landed=content.landed_rows)
    return () if result.passed else tuple(failure.message for failure in result.critical)


def newly_broken(run: RunContext, before: RunContext, instance: str) -> Iterator[Drift]:
    """What in the accepted batches of an instance breaks the contract of `run` and not that of `before`."""
    for batch in run.state.batches(instance, "ACCEPTED"):
        found = [drift for drift in pipelines.read_batch(run, batch).drift if drift.is_breaking]
        if found:
            known = {(drift.table, drift.field) for drift in pipelines.read_batch(before, batch).drift}
            yield from (drift for drift in found if (drift.table, drift.field) not in known)


def build(run: RunContext, spec: SystemSpec, other: SystemSpec, name: str, say: Listener) -> Built:
    """Builds the landscape of `run` with `spec` in force; `name` is the folder of what is kept of it.

    Columns that only the `other` contract has stay empty, so that staging which still reads them is built.
    A second build loads only the application anew. Raises `DbtError`.
    """
    path, settings = run.settings.warehouse_path, run.settings
    with in_force(spec):
        if path.exists():
            instances = [instance.name for instance in run.landscape.instances_of(spec.name)]
            drop_dataset(path, spec.dataset, instances)
        create_raw_tables(path)
    with in_force(other):
        create_raw_tables(path)
    say(f"{name}: loading from the landing copy")
    with in_force(spec):
        pipelines.load_landscape(run)
        pipelines.load_concord(run, deliveries=delivery_rows(run.state))
        reports = {system: pipelines.load_system(run, system) for system in SYSTEMS}
    prepare(settings, say=say)
    say(f"{name}: building the models")
    dbt(settings, "build", *MODELS_ONLY)
    served = settings.home / name
    report = serving.publish(
        path, served, run_id=run.run_id, as_of=run.as_of, known_at=run.known_at, schemas=serving.SCHEMAS
    )
    manifest = target_dir(settings) / "manifest.json"
    return Built(
        database=report.database.resolve(),
        keys=keys_of_models(manifest),
        outbound=dict(_outbound(run, outbox_models(manifest))),
        loaded=reports[spec.name],
        rejected=_rejected(path, spec.dataset),
    )


def failed_tests(run: RunContext, only: tuple[str, ...] = ()) -> tuple[str, ...]:
    """The data tests that fail on what was built last, by name; of `only` these where given."""
    selected = ("--select", *only) if only else ()
    try:
        dbt(run.settings, "test", "--exclude-resource-type", "unit_test", *selected)
    except DbtError:
        results = json.loads((target_dir(run.settings) / "run_results.json").read_text(encoding="utf-8"))
        found = {
            result["unique_id"].split(".")[2]
            for result in results["results"]
            if result["status"] in ("fail", "error")
        }
        if not found:
            raise
        return tuple(sorted(found))
    return ()


def _outbound(run: RunContext, models: list[OutboxModel]) -> Iterator[tuple[Stream, Mapping[str, Foretold]]]:
    with duckdb.connect(str(run.settings.warehouse_path), read_only=True) as warehouse:
        tables: dict[str, pa.Table] = {
            model.name: warehouse.execute(f"select * from outbox.{model.name}").to_arrow_table()
            for model in models
        }
    for model in models:
        rows = tables[model.name]
        gate = posting.validate(model.system, model.entity, rows)
        for instance in run.landscape.instances_of(model.system):
            made = forecast(run, instance.name, model.entity, rows, gate)
            yield Stream(instance.name, model.entity), made


def _rejected(path: Path, dataset: str) -> dict[tuple[str, str, str], int]:
    with opened(path, read_only=True) as connection:
        rows = connection.execute(
            f"select table_name, coalesce(column_name, ''), reason, count(*) from {dataset}.rejected_row"
            " group by all order by all"
        ).fetchall()
    return {(table, column, reason): count for table, column, reason, count in rows}

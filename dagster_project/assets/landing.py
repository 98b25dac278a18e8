"""Two assets per source instance, what is new and what a window of its history holds, each with the gate.

Both fetch into the landing copy; a failed gate holds the batch, not the run.
"""

from collections.abc import Iterator

import dagster as dg

from dagster_project.partitions import window_of
from dagster_project.progress import tell
from dagster_project.resources import RunResource
from expectations import landing as landing_gate
from expectations.results import CRITICAL, Failure, GateResult
from ingestion import pipelines
from ingestion.configuration.credentials import ending_credentials
from ingestion.landing_copy.landing import Batch
from ingestion.registry import SYSTEMS
from ingestion.reports import HeldPart
from ingestion.runs import RunContext, Window

OWNER = "team:integration"
GATE = "landing_suite"
CREDENTIALS = "credentials"


def landing_key(instance: str) -> dg.AssetKey:
    return dg.AssetKey(["landing", instance])


def window_key(instance: str) -> dg.AssetKey:
    return dg.AssetKey(["landing_window", instance])


def landing_asset(instance: str, system: str) -> dg.AssetsDefinition:
    """The landing step of `instance`, with its Great Expectations suite as an asset check."""

    @dg.asset(
        key=landing_key(instance),
        group_name="landing",
        owners=[OWNER],
        kinds=_kinds(system),
        description=f"What {SYSTEMS[system].title} ({instance}) sent, as received and judged.",
        check_specs=[_check_spec(landing_key(instance), system), _credentials_spec(landing_key(instance))],
    )
    def land(context: dg.AssetExecutionContext, run: RunResource) -> Iterator[dg.MaterializeResult[None]]:
        yield _land(context, run, instance, landing_key(instance))

    return land


def window_asset(
    instance: str, system: str, partitions: dg.TimeWindowPartitionsDefinition
) -> dg.AssetsDefinition:
    """History of `instance` by partition; a range of partitions is one window, landed in one run."""

    @dg.asset(
        key=window_key(instance),
        group_name="landing_window",
        owners=[OWNER],
        kinds=_kinds(system),
        partitions_def=partitions,
        backfill_policy=dg.BackfillPolicy.single_run(),
        description=f"What changed at {SYSTEMS[system].title} ({instance}) in a window of its history.",
        check_specs=[_check_spec(window_key(instance), system), _credentials_spec(window_key(instance))],
    )
    def land_window(
        context: dg.AssetExecutionContext, run: RunResource
    ) -> Iterator[dg.MaterializeResult[None]]:
        keys = context.partition_key_range
        window = window_of(partitions, keys.start, keys.end)
        yield _land(context, run, instance, window_key(instance), window)

    return land_window


def _kinds(system: str) -> set[str]:
    return {type(SYSTEMS[system].wire).__name__.removesuffix("Wire").lower(), "file"}


def _check_spec(key: dg.AssetKey, system: str) -> dg.AssetCheckSpec:
    return dg.AssetCheckSpec(
        GATE,
        asset=key,
        description=f"Great Expectations suite landing_{system}: a failed batch stays out of raw.",
    )


def _credentials_spec(key: dg.AssetKey) -> dg.AssetCheckSpec:
    return dg.AssetCheckSpec(
        CREDENTIALS,
        asset=key,
        description="Passwords, keys and certificates with a known end: 30, 14 and 3 days ahead.",
    )


def _land(
    context: dg.AssetExecutionContext,
    run: RunResource,
    instance: str,
    key: dg.AssetKey,
    window: Window | None = None,
) -> dg.MaterializeResult[None]:
    report = pipelines.land(run.context, instance, window)
    run.log.landed.append(report)
    tell(f"{instance}: {report.message}")
    log = context.log.info if report.is_complete else context.log.warning
    log(f"{instance}: {report.message}")
    for refusal in report.refusals:
        context.log.warning(str(refusal))
    judged = [
        verdict
        for batch in pipelines.pending_batches(run.context, instance)
        for verdict in _judge(run.context, batch)
    ]
    run.log.gated |= {f"{instance}/{batch.batch_id}": result for batch, result in judged}
    return dg.MaterializeResult(
        metadata={
            "available": report.is_available,
            "message": report.message,
            "files": len(report.batch.files) if report.batch else 0,
            "refused files": len(report.refusals),
        },
        check_results=[
            _check_result(key, [result for _, result in judged]),
            _credentials_result(key, run, instance),
        ],
    )


def _credentials_result(key: dg.AssetKey, run: RunResource, instance: str) -> dg.AssetCheckResult:
    given = run.context.landscape.instances[instance]
    ending = ending_credentials([given], run.context.started_at.date())
    run.log.credentials += ending
    is_urgent = any(entry.is_urgent for entry in ending)
    return dg.AssetCheckResult(
        check_name=CREDENTIALS,
        asset_key=key,
        passed=not ending,
        severity=dg.AssetCheckSeverity.ERROR if is_urgent else dg.AssetCheckSeverity.WARN,
        metadata={"ending": [str(entry) for entry in ending]},
    )


def _judge(run: RunContext, batch: Batch) -> Iterator[tuple[Batch, GateResult]]:
    """What broke its contract and what lost too much is held first; the suite judges the rest."""
    rest, parts = pipelines.hold_parts(run, batch)
    for part in parts:
        yield part.batch, _part_result(part)
    if rest is None:
        return
    content = pipelines.read_batch(run, rest)
    result = landing_gate.validate(
        rest.system,
        content.tables,
        landed=content.landed_rows,
    )
    if result.passed:
        pipelines.accept_batch(run, rest)
    else:
        pipelines.hold_batch(run, rest, [failure.message for failure in result.critical])
    yield rest, result


def _part_result(part: HeldPart) -> GateResult:
    system = part.batch.system
    if part.shrinkages:
        return landing_gate.shrunk(system, {change.table: str(change) for change in part.shrinkages})
    failures = [
        _failure("contract", drift.table, drift.rows, str(drift), drift.field or None) for drift in part.drift
    ]
    failures += [_failure("key_set", loss.table, loss.absent, str(loss)) for loss in part.losses]
    suite = "contract" if part.drift else "key_set"
    return GateResult(f"{suite}_{system}", False, tuple(failures), len(failures))


def _failure(expectation: str, table: str, rows: int, message: str, column: str | None = None) -> Failure:
    return Failure(
        expectation=expectation,
        column=column,
        table=table,
        unexpected_count=rows,
        sample_keys=(),
        severity=CRITICAL,
        message=message,
        owner=OWNER.removeprefix("team:"),
    )


def _check_result(key: dg.AssetKey, results: list[GateResult]) -> dg.AssetCheckResult:
    failures = [failure for result in results for failure in result.failures]
    return dg.AssetCheckResult(
        check_name=GATE,
        asset_key=key,
        passed=all(result.passed for result in results),
        severity=dg.AssetCheckSeverity.WARN,
        metadata={
            "batches": len(results),
            "failures": [
                {
                    "table": failure.table,
                    "column": failure.column,
                    "severity": failure.severity,
                    "message": failure.message,
                    "rows": failure.unexpected_count,
                    "owner": failure.owner,
                }
                for failure in failures
            ],
        },
    )

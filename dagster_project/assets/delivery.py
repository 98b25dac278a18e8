"""One asset per outbox model: the posting gate, then delivery to every instance it is meant for."""

from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from dagster_project.assets.raw import POOL
from dagster_project.manifest_nodes import OutboxModel, outbox_models
from dagster_project.progress import tell
from dagster_project.resources import RunResource
from expectations import posting
from expectations.results import GateResult
from publishing.delivery import deliver
from publishing.power import OFF
from publishing.reports import DeliveryReport

GATE = "posting_suite"
# Master data before what refers to it: within a run a parent's deliveries come first.
PARENTS = {"accrual_journal": ("supplier",)}
# These say what the target lacks: without a whole read of the target they would say that it lacks everything.
COMPARED = ("supplier", "accrual_journal", "contract_price", "item_uom")


def delivery_key(model: OutboxModel) -> dg.AssetKey:
    return dg.AssetKey(["delivery", f"{model.system}__{model.entity}"])


def delivery_assets(manifest_path: Path) -> list[dg.AssetsDefinition]:
    models = outbox_models(manifest_path)
    return [_delivery_asset(model, _parents(model, models)) for model in models]


def _parents(model: OutboxModel, models: list[OutboxModel]) -> list[dg.AssetKey]:
    wanted = PARENTS.get(model.entity, ())
    return [delivery_key(each) for each in models if each.system == model.system and each.entity in wanted]


def _delivery_asset(model: OutboxModel, parents: list[dg.AssetKey]) -> dg.AssetsDefinition:
    @dg.asset(
        key=delivery_key(model),
        deps=[model.key, dg.AssetKey(["serving", "concord"]), *parents],
        group_name="delivery",
        owners=["team:integration"],
        kinds={"http"},
        pool=POOL,
        description=f"{model.entity} delivered to {model.system}: changes only, each at most once.",
        check_specs=[
            dg.AssetCheckSpec(
                GATE,
                asset=delivery_key(model),
                description="Great Expectations posting suite: failing rows stay behind, the rest goes.",
            )
        ],
    )
    def send(context: dg.AssetExecutionContext, run: RunResource) -> Iterator[dg.MaterializeResult[None]]:
        with duckdb.connect(str(run.context.settings.warehouse_path), read_only=True) as warehouse:
            rows: pa.Table = warehouse.execute(f"select * from outbox.{model.name}").to_arrow_table()
        gate = posting.validate(model.system, model.entity, rows)
        metadata: dict[str, int | str] = {"rows": rows.num_rows}
        for instance in run.context.landscape.instances_of(model.system):
            meant = rows.filter(pc.equal(rows["target_instance"], instance.name))
            unread = _why_unread(run, instance.name) if model.entity in COMPARED else ""
            if unread:
                report = DeliveryReport(
                    instance.name, model.entity, OFF, unread, rows=meant.num_rows, waiting=meant.num_rows
                )
            else:
                report = deliver(run.context, instance.name, model.entity, meant, gate=gate)
            run.log.delivered.append(report)
            tell(f"{model.entity} to {instance.name}: {report.mode}, sent {report.sent:,}")
            metadata[instance.name] = (
                f"{report.mode}: sent {report.sent}, confirmed {report.confirmed}, "
                f"rejected {report.rejected}, unknown {report.unknown}, "
                f"acknowledged {report.acknowledged}, withheld {report.withheld}, held {report.held}, "
                f"conflicts {report.conflicts}, unchanged {report.unchanged}"
            )
            if report.reason or report.trouble:
                context.log.warning(f"{instance.name}: {report.reason} {report.trouble}".strip())
        yield dg.MaterializeResult(metadata=metadata, check_results=[_check_result(model, gate)])

    return send


def _why_unread(run: RunResource, instance: str) -> str:
    """Why what we know of a target may be less than it holds; empty after a whole read."""
    status = run.context.state.instance_status().get(instance)
    if status is None or status.last_success_at is None or not status.is_available:
        return "its own records could not be read, so nobody knows what it lacks"
    refused = any(report.refusals for report in run.log.landed if report.instance == instance)
    held = any(not result.passed for name, result in run.log.gated.items() if name.startswith(f"{instance}/"))
    return "its own records came in part only, so nobody knows what it lacks" if refused or held else ""


def _check_result(model: OutboxModel, gate: GateResult) -> dg.AssetCheckResult:
    return dg.AssetCheckResult(
        check_name=GATE,
        asset_key=delivery_key(model),
        passed=gate.passed and not gate.failing and not gate.unkeyed,
        severity=dg.AssetCheckSeverity.WARN,
        metadata={
            "withheld": len(gate.failing) + gate.unkeyed,
            "reasons": sorted(set(gate.failing.values()))[:20],
        },
    )

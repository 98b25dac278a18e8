"""Concord's own raw data: the landscape (run, instances, seeds) and what the state store remembers."""

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

import pyarrow as pa

from ingestion.landing_copy.journal import keep_decisions
from ingestion.landing_copy.landing import Batch
from ingestion.raw.arrow_types import arrow_schema
from ingestion.raw.opening import opened
from ingestion.raw.raw_schema import CONCORD_TABLES, LANDSCAPE_TABLES, SEEDS
from ingestion.raw.warehouse import TableLoadPlan, load, raw_tables
from ingestion.runs import RunContext
from ingestion.state import InstanceStatus

RULE_SET_VERSION = "1"
SECONDS_PER_HOUR = 3600


def load_landscape(run: RunContext) -> str | None:
    """Replaces `raw_landscape`: this run, its instances and the governed parameters."""
    landscape, status = run.landscape, run.state.instance_status()
    this_run = {
        "run_id": run.run_id,
        "landscape": landscape.name,
        "as_of": run.as_of,
        "as_of_ends_at": run.as_of_ends_at,
        "known_at": run.known_at,
        "currency": landscape.currency,
        "timezone": landscape.timezone,
        "rule_set_version": RULE_SET_VERSION,
    }
    instances: list[dict[str, Any]] = []
    for name, instance in sorted(landscape.instances.items()):
        seen = status.get(name)
        instances.append(
            {
                "source_instance": name,
                "source_system": instance.system,
                "environment": instance.environment,
                "timezone": instance.timezone,
                "fresh_within_hours": Decimal(int(instance.fresh_within.total_seconds())) / SECONDS_PER_HOUR,
                "history_starts_on": instance.history_starts_on,
                "last_loaded_at": _last_loaded_at(run, name, seen),
                "is_available": seen.is_available if seen else None,
                "legal_entities": json.dumps(list(instance.legal_entities)),
            }
        )
    tables = {"run": [this_run], "instance": instances}
    filled = {
        name: pa.Table.from_pylist(rows, schema=arrow_schema(LANDSCAPE_TABLES[name]))
        for name, rows in tables.items()
    }
    filled |= {name: landscape.seeds[name] for name in SEEDS}
    with raw_tables(run) as path:
        return load(
            path=path,
            pipelines_dir=run.settings.pipelines_dir,
            pipeline_name="concord_landscape",
            dataset="raw_landscape",
            tables={
                name: TableLoadPlan(rows, LANDSCAPE_TABLES[name], disposition="replace")
                for name, rows in filled.items()
            },
        )


def _last_loaded_at(run: RunContext, name: str, seen: InstanceStatus | None) -> datetime | None:
    """When an instance was last read whole; never, while all that one of its resources brought is held."""
    batches = run.state.batches(name)
    accepted = [batch for batch in batches if batch.status == "ACCEPTED"]
    if batches and not accepted:
        return None
    held_since = _held_since(batches)
    if held_since:
        read = {resource for batch in accepted for resource in _brought(batch)}
        return min(held_since.values()) if set(held_since) <= read else None
    if seen and seen.last_success_at:
        return seen.last_success_at
    # A state store that was lost: the landing copy still knows.
    return accepted[-1].known_at if accepted else None


def _held_since(batches: Iterable[Batch]) -> dict[str, datetime]:
    """For the resources that the gates hold: since when nothing of them was accepted."""
    since: dict[str, datetime] = {}
    for batch in batches:
        for resource in _brought(batch):
            if batch.status == "HELD":
                since.setdefault(resource, batch.known_at)
            elif batch.status == "ACCEPTED":
                since.pop(resource, None)
    return since


def _brought(batch: Batch) -> set[str]:
    """The resources that a batch has rows of."""
    return {file.resource for file in batch.files if not file.is_key_set}


def load_concord(run: RunContext, deliveries: Iterable[Mapping[str, Any]] | None = None) -> str | None:
    """Adds the journals' and the stewards' new rows to `raw_concord`.

    `deliveries` is the delivery ledger as it stands, which replaces `raw_concord.delivery`; None leaves it.
    """
    with raw_tables(run) as path:
        with opened(path, read_only=True) as connection:
            last_verdict, last_decision, last_identity = (
                connection.execute(f"select coalesce(max(seq), 0) from raw_concord.{table}").fetchall()[0][0]
                for table in ("verdict", "decision", "identity_event")
            )
        decisions = run.state.decisions(after=last_decision)
        keep_decisions(run, decisions)
        tables = {
            "verdict": _plan("verdict", run.state.verdicts(after=last_verdict)),
            "decision": _plan("decision", decisions),
            "identity_event": _plan("identity_event", run.state.identity_events(after=last_identity)),
        }
        if deliveries is not None:
            tables["delivery"] = _plan("delivery", deliveries)._replace(disposition="replace")
        return load(
            path=path,
            pipelines_dir=run.settings.pipelines_dir,
            pipeline_name="concord_journal",
            dataset="raw_concord",
            tables=tables,
        )


def _plan(table: str, rows: Iterable[Mapping[str, Any]]) -> TableLoadPlan:
    columns = CONCORD_TABLES[table]
    cells = [{name: row.get(name) for name, _ in columns} for row in rows]
    return TableLoadPlan(pa.Table.from_pylist(cells, schema=arrow_schema(columns)), columns, ("seq",))

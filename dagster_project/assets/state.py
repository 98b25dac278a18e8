"""What this run said anew, appended to the state store: verdicts on documents, and who is who."""

import dagster as dg
import duckdb

from dagster_project.assets.raw import POOL
from dagster_project.resources import RunResource
from ingestion.landing_copy.journal import append_identity_events, append_verdicts

IDENTITY = dg.AssetKey(["identity", "int_supplier__identity_event"])
HISTORY = dg.AssetKey(["controls", "int_verdict__history"])
NEW_VERDICTS = """
    select entity_type, source_instance, native_id, match_status, codes, fingerprint
    from controls.int_verdict__history
    where is_new
    order by entity_type, source_instance, native_id
"""


@dg.asset(
    key=dg.AssetKey(["state", "verdict_journal"]),
    deps=[HISTORY],
    group_name="state",
    owners=["team:accounts_payable"],
    kinds={"sqlite"},
    pool=POOL,
    description="First seen, first evaluation and cures, kept across runs; back as raw_concord.verdict.",
)
def verdict_journal(run: RunResource) -> dg.MaterializeResult[None]:
    with duckdb.connect(str(run.context.settings.warehouse_path), read_only=True) as warehouse:
        rows = warehouse.execute(NEW_VERDICTS).to_arrow_table().to_pylist()
    appended = append_verdicts(run.context, rows)
    return dg.MaterializeResult(metadata={"appended": appended})


@dg.asset(
    key=dg.AssetKey(["state", "identity_event"]),
    deps=[IDENTITY],
    group_name="state",
    owners=["team:vendor_master"],
    kinds={"sqlite"},
    pool=POOL,
    description="Golden suppliers: who joined whom, when and why; back as raw_concord.identity_event.",
)
def identity_event(run: RunResource) -> dg.MaterializeResult[None]:
    with duckdb.connect(str(run.context.settings.warehouse_path), read_only=True) as warehouse:
        rows = warehouse.table("identity.int_supplier__identity_event").to_arrow_table().to_pylist()
    texts = [{**row, "weight": None if row["weight"] is None else str(row["weight"])} for row in rows]
    return dg.MaterializeResult(metadata={"appended": append_identity_events(run.context, texts)})

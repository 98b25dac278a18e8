"""The verdict journal: what this run judged differently from the run before, appended to the state store."""

import dagster as dg
import duckdb

from dagster_project.assets.raw import POOL
from dagster_project.resources import RunResource
from ingestion.landing_copy.journal import append_verdicts

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

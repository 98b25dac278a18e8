"""The summary of a run as plain data: what a finance analyst asks first.

Read from the serving copy and the run log; the last asset writes it, the command line prints it.
"""

import resource
import sys
import time
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from dagster_project.resources import RunLog
from ingestion.database_url import SERVING
from ingestion.runs import RunContext
from publishing.power import OFF
from publishing.reports import DeliveryReport
from publishing.serving import read

OWN_SYSTEMS = ("concord", "landscape")
MATCH = """
    select match_status, count(*) as line_count, sum(line_amount) as line_amount
    from marts.mart_invoice_match group by match_status order by match_status
"""
EXCEPTIONS = """
    select
        code, severity, owner_role, cause_code,
        count(*) as finding_count, sum(amount_at_risk) as amount_at_risk
    from controls.exc_exception where status = 'OPEN'
    group by code, severity, owner_role, cause_code
    order by case severity when 'BLOCK' then 1 when 'WAIT' then 2 else 3 end, finding_count desc, code
"""
# What waits for somebody, in counts and money of the run's own currency.
OPEN_ITEMS = """
    select 'invoice lines that may not be paid' as item, count(*) as item_count, sum(amount_at_risk) as amount
    from marts.mart_unmatched_invoice
    union all
    select 'of these, paid already', count(*), sum(unmatched.amount_at_risk)
    from marts.mart_unmatched_invoice as unmatched
    inner join conformed.fct_invoice_line as lines using (source_instance, native_id)
    inner join conformed.fct_invoice as invoices on lines.invoice_key = invoices.invoice_key
    where invoices.status = 'PAID'
    union all
    select 'tasks for stewards', count(*), sum(amount_at_risk)
    from marts.mart_steward_task where status = 'OPEN'
    union all
    select 'received, not invoiced', count(*), sum(grni_amount) from marts.mart_grni
    where as_of_date = (select max(as_of_date) from marts.mart_grni) and grni_quantity > 0
    union all
    select 'invoiced, not received', count(*), sum(irng_amount) from marts.mart_grni
    where as_of_date = (select max(as_of_date) from marts.mart_grni) and irng_quantity > 0
    union all
    select 'ordered above contract', count(*), sum(leakage_amount) from marts.mart_contract_compliance
    where leakage_amount > 0
    union all
    select 'duplicates', count(*), sum(amount_at_risk) from controls.exc_exception
    where status = 'OPEN' and starts_with(code, 'DUPLICATE_')
    union all
    select 'replication breaks', count(*), sum(amount_at_risk) from controls.exc_exception
    where status = 'OPEN' and (code like '%_NOT_REPLICATED' or code like '%_DIFFERS')
    union all
    select 'findings of the baseline', count(*), sum(amount_at_risk) from controls.exc_exception
    where status = 'OPEN' and baselined_on is not null
    having count(*) > 0
    union all
    select 'EDI orders without a sound 997 (integration team)', count(*), sum(order_amount)
    from marts.mart_edi_order where is_open
    union all
    select 'bills by EDI that AP lacks or holds otherwise', count(*), sum(abs(difference_amount))
    from controls.rec_supplier_bill_vs_invoice where is_open
"""
BRIDGE = """
    select
        legal_entity_code, account_code, ledger_instance, currency_code,
        section, bridge_class, item_count, amount
    from marts.mart_grni_bridge
    order by legal_entity_code, account_code, ledger_instance, currency_code, line_number
"""
TOTALS = "select * from marts.mart_control_total order by source_instance, entity, currency_code"


def build_summary(context: RunContext, log: RunLog) -> dict[str, Any]:
    """Everything in `summary.json`; amounts as decimal text, never float."""
    serving = context.settings.serving_dir
    return {
        "landscape": context.landscape.name,
        "run_id": context.run_id,
        "as_of": context.as_of.isoformat(),
        "known_at": context.known_at.isoformat(),
        "finished_at": datetime.now(UTC).replace(tzinfo=None).isoformat(timespec="seconds"),
        "loaded": {
            report.system: report.landed_rows - report.rejected_rows for report in log.loaded if report.loads
        },
        "rejected": {report.system: report.rejected_rows for report in log.loaded if report.rejected_rows},
        "late": {report.system: report.late_rows for report in log.loaded if report.late_rows},
        "deleted": {report.system: report.deleted_rows for report in log.loaded if report.deleted_rows},
        "changed_rows": sum(
            report.new_version_rows for report in log.loaded if report.system not in OWN_SYSTEMS
        ),
        "control_totals": read(serving, TOTALS).to_pylist(),
        "match": read(serving, MATCH).to_pylist(),
        "exceptions": read(serving, EXCEPTIONS).to_pylist(),
        "grni_bridge": read(serving, BRIDGE).to_pylist(),
        "open_items": read(serving, OPEN_ITEMS).to_pylist(),
        "deliveries": {f"{report.target}.{report.entity}": delivered(report) for report in log.delivered},
        "attention": attention(log),
        "notes": notes(log),
        "serving": {"database": str(serving / "concord.duckdb"), "parquet": str(serving / "parquet")},
        "serving_seconds": round(log.serving_seconds or 0, 1),
        "duration_seconds": round(time.monotonic() - log.started, 1),
        "peak_memory_bytes": peak_memory_bytes(),
    }


def delivered(report: DeliveryReport) -> dict[str, Any]:
    """One stream of deliveries: every count, and what kept it from being complete."""
    counts = {
        name: value
        for name, value in asdict(report).items()
        if isinstance(value, int) and name not in ("rows", "planned")
    }
    return {
        "mode": report.mode,
        **counts,
        "note": " ".join(part for part in (report.reason, report.trouble) if part),
    }


def attention(log: RunLog) -> list[str]:
    """What kept the run from being complete, in words: a non-empty list is exit code 3."""
    found: list[str] = []
    for landed in log.landed:
        if not landed.is_available:
            found.append(f"{landed.instance} is down, its earlier rows serve: {landed.message}")
        found.extend(f"{landed.instance} refused {refusal}" for refusal in landed.refusals)
        found.extend(f"{landed.instance}: {words}" for words in landed.missing)
    for name, result in log.gated.items():
        found.extend(
            f"{name} held by {result.suite}: {failure.message} (see `concord batch list`)"
            for failure in (result.critical if not result.passed else ())
        )
    found.extend(
        f"{report.rejected_rows} rows of {report.system} rejected, see `concord quarantine list`"
        for report in log.loaded
        if report.rejected_rows
    )
    for report in log.delivered:
        stream = f"{report.entity} to {report.target}"
        if report.withheld:
            found.append(
                f"{report.withheld} {report.entity} rows withheld from {report.target} by the posting suite"
            )
        found.extend(
            f"{count} {stream} {words}"
            for count, words in (
                (report.rejected, "rejected by the target, see `concord outbox list --state rejected`"),
                (report.conflicts, "in conflict with what the target holds, see `concord outbox list`"),
                (report.unknown, "in doubt; the next run asks the target"),
            )
            if count
        )
        if report.trouble:
            found.append(f"{stream}: {report.trouble}")
        elif report.mode == OFF and report.waiting:
            found.append(f"{report.waiting} {stream} wait: {report.reason}")
    if log.unserved:
        found.append(f"{SERVING} was not served, the next run does it; the file copy is new: {log.unserved}")
    return found


def notes(log: RunLog) -> list[str]:
    """What is no failure and wants an eye: credentials that end, undeclared columns, files nobody reads."""
    found = [str(entry) for entry in sorted(log.credentials, key=lambda entry: entry.ends_on)]
    found += [
        f"{landed.instance}: {words}" for landed in log.landed for words in (*landed.unread, *landed.remarks)
    ]
    found.extend(
        f"{report.system}.{table}: undeclared {', '.join(columns)} kept in _extension only"
        for report in log.loaded
        for table, columns in sorted(report.unknown_columns.items())
    )
    found.extend(f"{report.system}.{drift}" for report in log.loaded for drift in report.drift)
    return found


def peak_memory_bytes() -> int:
    """The most this process and its largest child (dbt) held at once, as an upper bound."""
    unit = 1 if sys.platform == "darwin" else 1024
    own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    child = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    return (own + child) * unit

"""X-3: suppliers merged by a steward and an invoice date corrected between a send in doubt and its retry.

The posting key names the originating document alone (domain_rules 3.13), so neither makes a new posting.
"""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from house import House, Laboratory, posted

from ingestion.state import StateStore
from publishing.messages import State
from publishing.outbox import list_messages
from sandbox.serve import Sandbox

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]
IN_DOUBT_OF_A_PAIR = """
    select tasks.task_id, invoices.native_id
    from marts.mart_steward_task as tasks
    inner join conformed.dim_supplier_record as records
        on list_contains(
            string_split(tasks.subject_key, '~'), records.source_instance || '|' || records.native_id
        )
    inner join conformed.fct_invoice as invoices on records.supplier_key = invoices.supplier_key
    where tasks.task_type = 'SUPPLIER_PAIR' and tasks.status = 'OPEN'
        and list_contains(?, invoices.invoice_number) and invoices.invoice_type = 'INVOICE'
    order by invoices.native_id, tasks.task_id limit 1
"""


def _redate(world: Path, invoice_id: str) -> None:
    """AP automation corrects the date of one invoice by a day."""
    for part in sorted((world / "apauto" / "invoice").glob("*.parquet")):
        table = pq.read_table(part)
        hit = pc.equal(table["invoice_id"], invoice_id)
        if not pc.any(hit).as_py():
            continue
        dates = [
            day + timedelta(days=1) if is_hit else day
            for day, is_hit in zip(table["invoice_date"].to_pylist(), hit.to_pylist(), strict=True)
        ]
        last = pc.max(table["updated_at"])
        at = table.schema.get_field_index("invoice_date")
        table = table.set_column(at, table.schema.field(at), pa.array(dates, table.schema.field(at).type))
        at = table.schema.get_field_index("updated_at")
        changed = pc.if_else(hit, last, table["updated_at"])
        pq.write_table(table.set_column(at, table.schema.field(at), changed), part)
        return
    raise AssertionError(f"{invoice_id} is not in the world")


def _in_doubt(house: House) -> set[str]:
    """The invoices of which nobody knows whether the target took the status."""
    state = StateStore(f"sqlite:///{house.home / 'state.sqlite'}")
    try:
        now = datetime.now(UTC).replace(tzinfo=None)
        lines = list_messages(state, now, target="apauto", states=[State.SENT, State.UNKNOWN])
        return {line.business_key for line in lines}
    finally:
        state.close()


def test_x_3_a_merge_and_a_correction_post_nothing_again(laboratory: Laboratory) -> None:
    house = laboratory.house
    world = laboratory.world("x3", 41, 1000)
    house.empty()
    with Sandbox(world, 0) as sandbox:
        house.serve(sandbox)
        sandbox.chaos("apauto", timeout_after_commit=1, hang_seconds=30)
        house.run_killed(lambda _: bool(posted(sandbox)), 0)
        book = posted(sandbox)
        unsure = _in_doubt(house)
    assert unsure and len(book) >= len(unsure)
    # The pair whose merge gives an invoice in doubt another golden supplier.
    [(task, invoice_id)] = house.query(IN_DOUBT_OF_A_PAIR, [sorted(unsure)])
    decide = ("steward", "decide", task, "--decision", "SAME", "--actor", "data.steward")
    decided = house.ask(*decide, "--reason", "One company, two names")
    assert decided.code == 0, decided.text
    _redate(world, invoice_id)
    with Sandbox(world, 0) as sandbox:
        house.serve(sandbox)
        second = house.run()
        assert second.code == 0, second.text
        assert house.delivery["unknown"] == 0
        after = posted(sandbox)
    assert [row["invoice_id"] for row in after].count(invoice_id) == 1
    assert {row["idempotency_key"] for row in book} <= {row["idempotency_key"] for row in after}

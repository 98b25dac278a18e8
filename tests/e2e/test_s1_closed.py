"""S-1 in one sitting, only through the command line: found, decided, sent, restated, matched, reversed.

The receiving system still counts a box as ten after the pack became twelve. A steward approves the corrected
factor; everything else follows from runs against the sandbox, which stays up all the time.
"""

import json
import re
import shlex
import time
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pytest
from house import House, Outcome

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]
START_SECONDS = 900
ACTOR, REASON = "data.steward", "Supplier's price list: 12 a box since February"
MATCH = """
    select match_status, codes, received_quantity, invoiced_quantity, cause_code, cause_ratio
    from marts.mart_invoice_match where source_instance = ? and native_id = ?
"""
FINDING = """
    select status, cured_by from controls.exc_exception
    where code = ? and source_instance = ? and native_id = ? order by occurrence_no desc limit 1
"""
# The flagship case: twelve became ten, and the ERP refused what is no multiple of the box.
CASE = """
    select invoices.source_instance, invoices.native_id, receipts.source_instance as receiver,
        receipts.native_id as receipt, lines.po_number || '|' || lines.line_number as document,
        items.item_number
    from controls.exc_exception as invoices
    inner join conformed.fct_invoice_line as invoice_lines
        on invoices.source_instance = invoice_lines.source_instance
        and invoices.native_id = invoice_lines.native_id
    inner join conformed.fct_purchase_order_line as lines
        on invoice_lines.purchase_order_line_key = lines.purchase_order_line_key
    inner join conformed.fct_receipt_line as receipts
        on lines.purchase_order_line_key = receipts.purchase_order_line_key
    inner join controls.exc_exception as missing
        on missing.code = 'RECEIPT_NOT_REPLICATED' and missing.status = 'OPEN'
        and receipts.source_instance = missing.source_instance and receipts.native_id = missing.native_id
    inner join conformed.dim_item as items on lines.item_key = items.item_key
    where invoices.code = 'QTY_OVER_RECEIVED' and invoices.status = 'OPEN'
        and invoices.cause_code = 'UOM_OLD_FACTOR' and invoices.cause_ratio = 1.2
        and receipts.received_quantity = 200
"""


@dataclass
class Sitting:
    """The home, and the one case that is followed through it."""

    house: House
    invoice_line: tuple[str, str]
    receipt: tuple[str, str]
    document: str
    item_number: str

    def match(self) -> tuple[Any, ...]:
        [row] = self.house.query(MATCH, self.invoice_line)
        return row

    def finding(self, code: str, document: tuple[str, str]) -> tuple[Any, ...]:
        [row] = self.house.query(FINDING, (code, *document))
        return row

    def postings(self, entity: str) -> list[dict[str, Any]]:
        """What Concord posted about this chain, as `trace` tells it."""
        answer = self.house.ask("trace", self.document, "--json")
        assert answer.code == 0, answer.text
        [chain] = json.loads(answer.out)["chains"]
        return [one for one in chain["deliveries"] if one["entity"] == entity]

    def run(self) -> Outcome:
        outcome = self.house.run()
        assert outcome.code == 0, outcome.text
        return outcome


@pytest.fixture(scope="module")
def sitting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sitting]:
    """`concord demo` with the sandbox left up, as the README shows."""
    folder = tmp_path_factory.mktemp("s1")
    house, log = House(folder / "home"), folder / "demo.log"
    options = ("--seed", "5", "--lines", "1000", "--keep-serving", "--home", house.home)
    process = house.start("demo", *options, log=log)
    try:
        deadline = time.monotonic() + START_SECONDS
        while "stays up" not in log.read_text(encoding="utf-8"):
            assert process.poll() is None and time.monotonic() < deadline, log.read_text(encoding="utf-8")
            time.sleep(0.5)
        exported = house.ask("sandbox", "env")
        house.variables = dict(
            shlex.split(line)[1].split("=", 1) for line in exported.out.splitlines() if line
        )
        cases = house.query(CASE)
        assert cases, "the demo has no case whose pack is one fifth too small and whose receipt the ERP lacks"
        payer, line, receiver, receipt, document, item = cases[0]
        yield Sitting(house, (payer, line), (receiver, receipt), document, item)
    finally:
        house.interrupt(process)


def test_s1_is_found_decided_sent_and_cured(sitting: Sitting) -> None:
    house = sitting.house
    # 1 The demo: found with its cause, and the receipt accrued for the ledger that did not get it.
    status, codes, received, invoiced, cause, ratio = sitting.match()
    assert (status, cause, ratio) == ("EXCEPTION", "UOM_OLD_FACTOR", Decimal("1.2"))
    assert "QTY_OVER_RECEIVED" in codes.split(",") and (received, invoiced) == (200, 240)
    [accrual] = sitting.postings("accrual_journal")
    assert accrual["state"] == "CONFIRMED"
    assert accrual["payload"]["reversal_date"] == "2026-07-01"
    assert accrual["payload"]["native_id"] == sitting.receipt[1]

    # 2 The queue names the correction.
    queue = json.loads(house.ask("steward", "queue", "--json").out)
    [task] = [
        one
        for one in queue
        if one["task_type"] == "UNIT_CORRECTION" and one["proposal"]["item_number"] == sitting.item_number
    ]
    assert task["subject_key"].startswith(f"{sitting.receipt[0]}|")
    assert task["proposal"]["valid_from"] == "2026-02-01"
    assert re.match(r"12(\.0*)?$", str(task["proposal"]["factor"]))

    # 3 A steward approves it; the same decision twice is refused.
    decide = ("steward", "decide", task["task_id"], "--decision", "approve", "--actor", ACTOR)
    decided = house.ask(*decide, "--reason", REASON)
    assert decided.code == 0 and "next" in decided.out, decided.text
    again = house.ask(*decide, "--reason", REASON)
    assert again.code == 2 and "already" in again.err, again.text

    # 4 The next run sends the unit; inventory restates the receipt and the ERP takes it.
    sitting.run()
    [unit] = sitting.postings("item_uom")
    assert unit["state"] in ("ACKED", "CONFIRMED")

    # 5 The run after: matched, cured by the unit, and Concord's own accrual reversed.
    sitting.run()
    status, codes, received, invoiced, _, _ = sitting.match()
    assert (status, received, invoiced) == ("MATCHED", 240, 240), codes
    assert sitting.finding("QTY_OVER_RECEIVED", sitting.invoice_line) == ("CURED", "UOM_FIX")
    assert sitting.finding("RECEIPT_NOT_REPLICATED", sitting.receipt)[0] != "OPEN"
    first, reversal = sitting.postings("accrual_journal")
    assert reversal["payload"]["reverses_reference"] == first["payload"]["document_reference"]
    assert reversal["state"] == "CONFIRMED"

    # The run after that finds the second status of the invoice among the deliveries, and sends nothing.
    assert len(sitting.postings("invoice_match_status")) == 2
    sitting.run()
    assert house.delivery["sent"] == 0

    # The decision took effect, so nothing asks any more; it can still be looked up, and taken back.
    shown = house.ask("steward", "show", task["task_id"], "--json")
    kept = json.loads(shown.out)
    assert kept["is_in_effect"] and kept["decision"]["actor"] == ACTOR, shown.text
    assert (kept["title"], kept["proposal"]) == (task["title"], task["proposal"])

    traced = house.ask("trace", sitting.document)
    assert traced.code == 0 and "cured_by UOM_FIX" in traced.out, traced.text
    assert "QTY_OVER_RECEIVED UOM_OLD_FACTOR  on invoice line" in traced.out, traced.text
    assert max(map(len, traced.out.splitlines())) <= 105

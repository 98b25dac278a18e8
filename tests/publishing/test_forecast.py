"""What would be sent is told without asking the target, sending or writing anything."""

from __future__ import annotations

from delivery_world import FakeTarget, Sender, StubGate, row, table

from publishing.forecast import KNOWN, SENT, forecast
from publishing.outbox import count_by_state


def test_a_forecast_tells_the_fate_of_every_row_and_touches_nothing(send: Sender, target: FakeTarget) -> None:
    target.void.add("no")
    send(row("known"), row("changed"), row("no"))
    target.requests.clear()
    before = count_by_state(send.run.state)
    rows = table(row("known"), row("changed", "EXCEPTION"), row("new"), row("bad"), row("no"))
    found = forecast(
        send.run, "apauto", "invoice_match_status", rows, StubGate(False, failing={"bad": "no currency"})
    )
    assert {key: each.fate for key, each in found.items()} == {
        "known": KNOWN,
        "changed": SENT,
        "new": SENT,
        "bad": "no currency",
        "no": KNOWN,
    }
    assert found["changed"].content["match_status"] == "EXCEPTION"
    assert found["changed"].business_key == "invoice changed"
    assert target.requests == [] and count_by_state(send.run.state) == before


def test_a_gate_that_names_no_row_keeps_all_back(send: Sender) -> None:
    found = forecast(send.run, "apauto", "invoice_match_status", table(row("1")), StubGate(False))
    assert found["1"].fate == "posting_stub failed"

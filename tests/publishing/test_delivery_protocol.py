"""Delivery on a real wire: nothing is lost and nothing is said twice, whatever happens in between."""

from __future__ import annotations

import dataclasses
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest
import sqlalchemy as sa
from delivery_world import FakeTarget, Sender, StubGate, make_run, row, table

from publishing.delivery import deliver
from publishing.ledger import Ledger, Stamp
from publishing.ledger_tables import delivery_attempt, outbox_message
from publishing.messages import State, Stream
from publishing.outbox import count_by_state, list_messages, retry
from publishing.power import KILL_SWITCH
from publishing.transports import HttpClient, RefusedError

STREAM = Stream("apauto", "invoice_match_status")
NOW = datetime(2030, 1, 1)


def states(send: Sender) -> dict[str, int]:
    return {str(state): n for state, n in count_by_state(send.run.state).get(STREAM, {}).items()}


def test_rows_arrive_with_their_keys_codes_and_amounts(send: Sender, target: FakeTarget) -> None:
    report = send(row("1"), row("2", "EXCEPTION", "-0.50"))
    assert (report.sent, report.confirmed, report.rejected, report.unknown) == (2, 2, 0, 0)
    second = next(item for item in target.book.values() if item["invoice_id"] == "2")
    assert second["codes"] == ["PRICE_OVER", "QTY_OVER_RECEIVED"]
    assert second["payable_amount"] == "-0.50"
    assert second["evaluated_as_of"] == "2025-06-30"
    assert second["correlation_id"] == "run-1/2"


def test_the_second_run_sends_nothing(send: Sender, target: FakeTarget) -> None:
    send(row("1"), row("2"))
    report = send(row("1"), row("2"))
    assert (report.sent, report.confirmed, report.unchanged) == (0, 0, 2)
    assert target.requests == ["POST"]


def test_a_status_that_comes_back_is_delivered_again(send: Sender, target: FakeTarget) -> None:
    for content in ("MATCHED", "EXCEPTION", "EXCEPTION", "MATCHED"):
        send(row("1", content))
    assert target.statuses == [("1", "MATCHED"), ("1", "EXCEPTION"), ("1", "MATCHED")]


def test_a_lost_state_store_finds_what_was_posted_before(
    send: Sender, target: FakeTarget, tmp_path: Path
) -> None:
    send(row("1"), row("2"))
    fresh = Sender(tmp_path, make_run(tmp_path, target.url, state_url=f"sqlite:///{tmp_path / 'new.sqlite'}"))
    report = fresh(row("1", evaluated_as_of=date(2025, 7, 31)), row("2", rule_set_version="2"))
    assert (report.confirmed, report.rejected, report.unknown, report.conflicts) == (2, 0, 0, 0)
    assert target.statuses == [("1", "MATCHED"), ("2", "MATCHED")]


def test_another_status_under_our_key_waits_for_a_person(
    send: Sender, target: FakeTarget, tmp_path: Path
) -> None:
    send(row("1"))
    next(iter(target.book.values()))["match_status"] = "EXCEPTION"
    fresh = Sender(tmp_path, make_run(tmp_path, target.url, state_url=f"sqlite:///{tmp_path / 'new.sqlite'}"))
    report = fresh(row("1"))
    assert (report.confirmed, report.conflicts) == (0, 1)
    assert states(fresh) == {"CONFLICT": 1}


def test_batches_hold_at_most_two_hundred(send: Sender, target: FakeTarget) -> None:
    report = send(*(row(f"{i:03}") for i in range(401)), timeout=5)
    assert report.confirmed == 401
    assert [len(post) for post in target.posts] == [200, 200, 1]


@pytest.mark.parametrize("mood", ["timeout_after_commit", "500_after_commit"])
def test_a_commit_without_an_answer_is_found_by_look_up(send: Sender, target: FakeTarget, mood: str) -> None:
    target.moods = [mood]
    report = send(row("1"), row("2"))
    assert (report.sent, report.confirmed, report.unknown) == (2, 2, 0)
    assert target.requests == ["POST", "GET"]
    assert len(target.book) == 2
    assert send(row("1"), row("2")).sent == 0


@pytest.mark.parametrize("mood", ["timeout_before_commit", "500", "502", "503"])
def test_a_request_that_came_to_nothing_is_sent_again(send: Sender, target: FakeTarget, mood: str) -> None:
    target.moods = [mood]
    report = send(row("1"))
    assert (report.sent, report.confirmed, report.unknown) == (1, 1, 0)
    assert target.requests == ["POST", "GET", "POST"]
    assert target.statuses == [("1", "MATCHED")]


def test_a_commit_that_comes_late_is_not_doubled(send: Sender, target: FakeTarget) -> None:
    target.moods = ["late"]
    report = send(row("1"))
    assert report.confirmed == 1
    time.sleep(3 * 0.25)
    assert target.statuses == [("1", "MATCHED")]


def test_what_is_in_doubt_is_asked_before_anything_is_sent(send: Sender, target: FakeTarget) -> None:
    target.moods, target.look_up_works = ["timeout_after_commit"], False
    report = send(row("1"))
    assert (report.sent, report.confirmed, report.unknown) == (1, 0, 1)
    target.requests.clear()
    changed = send(row("1", "EXCEPTION"), row("2"))
    assert "POST" not in target.requests[:1]
    assert (changed.unknown, changed.confirmed) == (1, 1)
    assert ("1", "EXCEPTION") not in target.statuses
    target.look_up_works = True
    target.requests.clear()
    healed = send(row("1", "EXCEPTION"), row("2"))
    assert target.requests == ["GET", "POST"]
    assert (healed.confirmed, healed.unknown) == (2, 0)
    assert target.statuses.count(("1", "MATCHED")) == 1
    assert target.statuses.count(("1", "EXCEPTION")) == 1


def test_a_busy_target_is_given_the_time_it_asks_for(send: Sender, target: FakeTarget) -> None:
    target.moods = ["429", "429"]
    assert send(row("1")).confirmed == 1
    assert [wait >= 7 for wait in send.waits] == [True, True]


def test_a_target_out_of_reach_leaves_everything_ready(send_with: Callable[..., Sender]) -> None:
    sender = send_with()
    nowhere = {"url": "http://127.0.0.1:9", "api_key": "", "api_secret": ""}
    down = dataclasses.replace(sender.run.landscape.instances["apauto"], connection=nowhere)
    landscape = dataclasses.replace(sender.run.landscape, instances={"apauto": down})
    report = sender(*(row(f"{i:03}") for i in range(250)), landscape=landscape)
    assert (report.confirmed, report.unknown, report.waiting) == (0, 0, 250)
    assert report.sent == 0
    assert "no connection" in report.trouble
    assert states(sender) == {"READY": 200, "GATED": 50}
    assert all(line.reason for line in list_messages(sender.run.state, NOW))
    assert sender(*(row(f"{i:03}") for i in range(250)), timeout=5).confirmed == 250


def test_a_refused_request_is_not_repeated(send: Sender, target: FakeTarget) -> None:
    target.moods = ["422"]
    report = send(row("1"))
    assert (report.confirmed, report.waiting, target.requests) == (0, 1, ["POST"])
    assert "422" in report.trouble


def test_an_expired_token_is_renewed(send: Sender, target: FakeTarget) -> None:
    target.moods = ["401"]
    assert send(row("1")).confirmed == 1
    assert send.waits == []


def test_a_rejection_waits_for_its_owner(send: Sender, target: FakeTarget) -> None:
    target.void = {"1"}
    report = send(row("1"), row("2"))
    assert (report.confirmed, report.rejected) == (1, 1)
    again = send(row("1"), row("2"))
    assert (again.sent, again.awaiting_owner) == (0, 1)
    (line,) = list_messages(send.run.state, NOW)
    assert (line.state, line.reason, line.business_key) == (State.REJECTED, "VOID: no", "invoice 1")
    target.void = set()
    assert send(row("1", "EXCEPTION"), row("2")).confirmed == 1


def test_a_person_can_send_a_rejection_round_again(send: Sender, target: FakeTarget) -> None:
    target.void = {"1"}
    send(row("1"))
    (line,) = list_messages(send.run.state, NOW)
    target.void = set()
    retry(send.run.state, line.short_key, actor="ana", reason="invoice reopened", now=NOW)
    assert send(row("1")).confirmed == 1
    assert [a["actor"] for a in send.run.state.audit() if a["action"] == "retry"] == ["ana"]


def test_the_gate_keeps_back_only_the_failing_rows(send: Sender, target: FakeTarget) -> None:
    gate = StubGate(passed=False, failing={"2": "The row has no payable amount."})
    report = send(row("1"), row("2"), gate=gate)
    assert (report.confirmed, report.withheld) == (1, 1)
    (line,) = list_messages(send.run.state, NOW)
    assert (line.state, line.reason) == (State.WITHHELD, "The row has no payable amount.")
    assert send(row("1"), row("2"), gate=gate).withheld == 1
    assert send(row("1"), row("2")).confirmed == 1
    assert len(target.book) == 2


def test_a_gate_that_fails_without_naming_a_row_keeps_back_all(send: Sender, target: FakeTarget) -> None:
    assert send(row("1"), row("2"), gate=StubGate(passed=False)).withheld == 2
    assert not target.book


def test_rows_without_a_key_are_counted_as_withheld(send: Sender) -> None:
    report = send(row("1"), row("2") | {"posting_key": None}, gate=StubGate(passed=False, unkeyed=1))
    assert (report.confirmed, report.withheld) == (1, 1)


def test_rows_of_other_instances_are_not_sent_here(send: Sender, target: FakeTarget) -> None:
    assert send(row("1"), row("2", target_instance="apauto_b")).rows == 1
    assert [invoice for invoice, _ in target.statuses] == ["1"]


def test_limits_hold_back_the_rest_until_the_next_run(
    send_with: Callable[..., Sender], target: FakeTarget
) -> None:
    sender = send_with(max_count=2)
    rows = [row(str(i)) for i in range(5)]
    assert [(r.sent, r.waiting) for r in (sender(*rows), sender(*rows), sender(*rows))] == [
        (2, 3),
        (2, 1),
        (1, 0),
    ]
    assert len(target.book) == 5


def test_an_amount_limit_counts_credits_too(send_with: Callable[..., Sender], target: FakeTarget) -> None:
    sender = send_with(max_amount=Decimal("100.00"))
    report = sender(row("1", amount="60.00"), row("2", amount="-60.00"), row("3", amount="40.00"))
    assert sorted(invoice for invoice, _ in target.statuses) == ["1", "3"]
    assert report.waiting == 1
    assert "limit of 100.00" in list_messages(sender.run.state, NOW)[0].reason


@pytest.mark.parametrize("mode", ["dry_run", "shadow"])
def test_less_than_live_writes_what_it_would_send(
    send_with: Callable[..., Sender], target: FakeTarget, mode: str
) -> None:
    send_with()(row("1"))
    sender = send_with(mode)
    sender.calls = 1
    report = sender(row("1", "EXCEPTION"), row("2"))
    assert (report.mode, report.sent, report.planned) == (mode, 0, 2)
    assert target.requests.count("POST") == 1
    assert report.preview is not None
    lines = report.preview.read_text().splitlines()
    assert len(lines) == 2
    assert any('"match_status": ["MATCHED", "EXCEPTION"]' in line for line in lines)
    assert ('"target": {"found": false}' in lines[0]) is (mode == "shadow")
    live = send_with()
    live.calls = 2
    assert live(row("1", "EXCEPTION"), row("2")).confirmed == 2


def test_off_no_publish_and_the_kill_switch_touch_nothing(
    send_with: Callable[..., Sender], target: FakeTarget, tmp_path: Path
) -> None:
    assert send_with("off")(row("1")).mode == "off"
    sender = send_with()
    quiet = dataclasses.replace(sender.run.settings, publish=False)
    assert "--no-publish" in sender(row("1"), settings=quiet).reason
    (tmp_path / KILL_SWITCH).touch()
    assert KILL_SWITCH in sender(row("1")).reason
    assert target.requests == []
    assert not sa.inspect(sender.run.state.engine).has_table("outbox_message")


def test_the_kill_switch_stops_a_running_delivery(
    send: Sender, target: FakeTarget, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    accept = target._accept

    def accept_then_switch_off(items: list[dict[str, Any]]) -> Any:
        (tmp_path / KILL_SWITCH).touch()
        return accept(items)

    monkeypatch.setattr(target, "_accept", accept_then_switch_off)
    report = send(*(row(f"{i:03}") for i in range(300)), timeout=5)
    assert (report.confirmed, report.waiting) == (200, 100)
    assert KILL_SWITCH in report.trouble


def test_an_environment_that_does_not_match_is_refused(send: Sender, target: FakeTarget) -> None:
    landscape = dataclasses.replace(send.run.landscape, environment="prod")
    report = send(row("1"), landscape=landscape)
    assert (report.mode, report.reason) == ("off", "the run is prod but apauto is sandbox")
    assert target.requests == []


def test_a_run_that_looks_back_in_time_sends_nothing(send: Sender, target: FakeTarget) -> None:
    send(row("1"))
    assert send(row("1", "EXCEPTION"), as_of=date(2025, 1, 31)).mode == "off"
    assert send(row("1", "EXCEPTION"), known_at=datetime(2025, 6, 1)).mode == "off"
    assert target.statuses == [("1", "MATCHED")]


def test_an_answer_that_forgets_a_row_is_asked_again(
    send: Sender, target: FakeTarget, monkeypatch: pytest.MonkeyPatch
) -> None:
    accept = target._accept

    def forgetful(items: list[dict[str, Any]]) -> Any:
        accept(items)
        return accept(items[:1])

    monkeypatch.setattr(target, "_accept", forgetful)
    report = send(row("1"), row("2"))
    assert (report.confirmed, report.unknown) == (2, 0)


def test_every_step_is_recorded_with_its_actor(send: Sender, target: FakeTarget) -> None:
    target.moods = ["timeout_before_commit"]
    send(row("1"))
    with send.run.state.engine.connect() as connection:
        steps = connection.execute(sa.select(delivery_attempt).order_by("attempt_id")).mappings().all()
    assert [step["state"] for step in steps] == ["GATED", "SENT", "UNKNOWN", "READY", "SENT", "CONFIRMED"]
    assert {step["actor"] for step in steps} == {"tester"}
    assert [a["action"] for a in send.run.state.audit()] == ["gate", "look_up", "deliver"]
    assert send.run.state.verify_audit() is None


def test_six_publishers_of_one_message_make_one_posting(target: FakeTarget, tmp_path: Path) -> None:
    senders = [Sender(tmp_path, make_run(tmp_path, target.url), calls=i) for i in range(6)]
    with ThreadPoolExecutor(6) as pool:
        reports = list(pool.map(lambda sender: sender(row("1"), timeout=5), senders))
    assert sum(report.sent for report in reports) == 1
    assert len(target.book) == 1
    assert len(target.posts) == 1


def test_a_message_is_claimed_once_even_without_the_lock(send: Sender) -> None:
    send(row("1"))
    run = send.run
    ledger = Ledger(run.state)
    with run.state.engine.begin() as connection:
        connection.execute(sa.update(outbox_message).values(state=State.GATED))
        key = str(connection.execute(sa.select(outbox_message.c.idempotency_key)).scalar_one())
    stamp = Stamp("r", "tester", NOW, "live", run.as_of, run.known_at)
    with ThreadPoolExecutor(6) as pool:
        claims = list(pool.map(lambda _: ledger.claim(STREAM, [key], stamp), range(6)))
    assert sorted(len(claim) for claim in claims) == [0, 0, 0, 0, 0, 1]


class Crash(BaseException):
    """The process ends here; nothing may catch it."""


@pytest.mark.parametrize("step", ["apply", "claim", "settle"])
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_crash_around_any_write_neither_loses_nor_doubles(
    send: Sender, target: FakeTarget, monkeypatch: pytest.MonkeyPatch, step: str, when: str
) -> None:
    write = getattr(Ledger, step)

    def crashing(*args: Any) -> Any:
        if when == "after":
            write(*args)
        raise Crash

    with monkeypatch.context() as patch, pytest.raises(Crash):
        patch.setattr(Ledger, step, crashing)
        send(row("1"), row("2"))
    send(row("1"), row("2"))
    assert sorted(target.statuses) == [("1", "MATCHED"), ("2", "MATCHED")]
    assert states(send) == {"CONFIRMED": 2}
    assert send(row("1"), row("2")).sent == 0


CHILD = """
import sys
sys.path[:0] = {path!r}
from pathlib import Path
from delivery_world import Sender, make_run, row
Sender(Path({home!r}), make_run(Path({home!r}), {url!r}))(*(row(f"{{i:03}}") for i in range(600)), timeout=30)
"""


@pytest.mark.parametrize("moods", [["fine", "timeout_after_commit"], ["timeout_before_commit"]])
def test_a_killed_process_neither_loses_nor_doubles(
    send: Sender, target: FakeTarget, tmp_path: Path, moods: list[str]
) -> None:
    target.moods = list(moods)
    code = CHILD.format(path=[str(Path(__file__).parent), *sys.path], home=str(tmp_path), url=target.url)
    child = subprocess.Popen([sys.executable, "-c", code])
    while target.moods:
        assert child.poll() is None
        time.sleep(0.01)
    time.sleep(0.05)
    os.kill(child.pid, signal.SIGKILL)
    child.wait()
    assert states(send)["SENT"] == 200
    report = send(*(row(f"{i:03}") for i in range(600)), timeout=30)
    assert report.unknown == 0
    assert states(send) == {"CONFIRMED": 600}
    assert sorted(invoice for invoice, _ in target.statuses) == [f"{i:03}" for i in range(600)]


def test_rows_that_vanish_are_not_sent_later(send_with: Callable[..., Sender], target: FakeTarget) -> None:
    send_with("dry_run")(row("1"), row("2"))
    sender = send_with()
    sender.calls = 1
    assert sender(row("2")).confirmed == 1
    assert states(sender) == {"CONFIRMED": 1, "DEAD": 1}


def test_an_entity_without_an_adapter_is_named(send: Sender) -> None:
    run = send.run
    allowed = run.landscape.publishing["apauto"].model_copy(update={"entities": ("vendor",)})
    landscape = dataclasses.replace(run.landscape, publishing={"apauto": allowed})
    with pytest.raises(LookupError, match="known: apauto invoice_match_status, erp_cloud"):
        deliver(dataclasses.replace(run, landscape=landscape), "apauto", "vendor", table(), gate=StubGate())


def test_a_redirect_of_a_target_is_not_followed() -> None:
    asked: list[str] = []

    def moved(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.host)
        return httpx.Response(307, headers={"Location": "https://elsewhere/login?key=hidden"})

    client = HttpClient({"url": "http://target"}, transport=httpx.MockTransport(moved))
    with pytest.raises(RefusedError, match=r"POST /login: 307: .* redirects to https://elsewhere/login;"):
        client.exchange("POST", "/login", json={"api_secret": "s"})
    assert asked == ["target"]

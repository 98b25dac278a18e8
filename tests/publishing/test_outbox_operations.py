"""What a person sees of the outbox and may do to it, as functions and as commands."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest
import sqlalchemy as sa
from click.testing import CliRunner, Result
from delivery_world import FakeTarget, Sender, make_run, row

from concord.cli import main
from publishing.messages import State
from publishing.outbox import OutboxError, cancel, delivery_rows, list_messages, retry, show

NOW = datetime(2030, 1, 1)


@pytest.fixture
def rejected(send: Sender, target: FakeTarget) -> Sender:
    """One message that the target refused and one that it took."""
    target.void = {"1"}
    send(row("1"), row("2"))
    return send


def key_of(send: Sender, state: State) -> str:
    (line,) = list_messages(send.run.state, NOW, states=[state])
    return line.short_key


def test_show_tells_the_whole_history(rejected: Sender) -> None:
    message = show(rejected.run.state, key_of(rejected, State.REJECTED), NOW)
    assert [step.state for step in message.history] == [State.GATED, State.SENT, State.REJECTED]
    assert {step.actor for step in message.history} == {"tester"}
    assert (message.answer, message.line.reason) == ("VOID: no", "VOID: no")
    assert message.payload["match_status"] == "MATCHED"
    taken = show(rejected.run.state, "invoice 2", NOW)
    assert (taken.line.state, taken.answer, taken.line.reference) == (State.CONFIRMED, "R1", "R1")


def test_a_key_must_name_one_message(rejected: Sender) -> None:
    state = rejected.run.state
    with pytest.raises(OutboxError, match="no message is called 'nothing'"):
        show(state, "nothing", NOW)
    with state.engine.begin() as connection:
        connection.execute(sa.text("update outbox_message set business_key = 'same'"))
    with pytest.raises(OutboxError, match="could be 2 messages"):
        show(state, "same", NOW)


def test_cancel_holds_until_the_content_changes(rejected: Sender, target: FakeTarget) -> None:
    state, key = rejected.run.state, key_of(rejected, State.REJECTED)
    message = cancel(state, key, actor="ana", reason="vendor was wrong", now=NOW)
    assert (message.line.state, message.canceled_by) == (State.DEAD, "ana")
    target.void = set()
    report = rejected(row("1"), row("2"))
    assert (report.sent, report.canceled) == (0, 1)
    assert rejected(row("1", "EXCEPTION"), row("2")).confirmed == 1


def test_retry_undoes_a_cancel(rejected: Sender, target: FakeTarget) -> None:
    state, key = rejected.run.state, key_of(rejected, State.REJECTED)
    cancel(state, key, actor="ana", reason="wait", now=NOW)
    target.void = set()
    message = retry(state, key, actor="ben", reason="it was right", now=NOW)
    assert (message.line.state, message.canceled_by) == (State.READY, "")
    assert rejected(row("1"), row("2")).confirmed == 1
    acts = [(entry["actor"], entry["action"]) for entry in state.audit() if entry["actor"] != "tester"]
    assert acts == [("ana", "cancel"), ("ben", "retry")]
    assert state.verify_audit() is None


def test_what_is_in_flight_or_done_is_not_canceled(send: Sender, target: FakeTarget) -> None:
    target.moods, target.look_up_works = ["timeout_after_commit"], False
    send(row("1"))
    with pytest.raises(OutboxError, match="UNKNOWN and cannot be canceled: it may already be at the target"):
        cancel(send.run.state, key_of(send, State.UNKNOWN), actor="ana", reason="stop", now=NOW)
    target.look_up_works = True
    send(row("1"))
    for act in (cancel, retry):
        with pytest.raises(OutboxError, match="CONFIRMED"):
            act(send.run.state, "invoice 1", actor="ana", reason="stop", now=NOW)


@pytest.mark.parametrize(("actor", "reason"), [("", "why"), ("ana", " ")])
def test_an_act_needs_actor_and_reason(rejected: Sender, actor: str, reason: str) -> None:
    with pytest.raises(OutboxError, match="actor and its reason"):
        retry(rejected.run.state, "invoice 1", actor=actor, reason=reason, now=NOW)


def test_deliveries_come_back_as_rows(rejected: Sender) -> None:
    rows = delivery_rows(rejected.run.state)
    assert [(each["business_key"], each["state"], each["reference"]) for each in rows] == [
        ("invoice 1", "REJECTED", None),
        ("invoice 2", "CONFIRMED", "R1"),
    ]
    assert list(rows[0]) == [
        "posting_key", "idempotency_key", "target", "entity", "occurrence", "business_key", "payload_hash",
        "payload", "state", "reference", "first_ready_at", "updated_at", "attempts", "refused_at",
        "manual_count",
    ]  # fmt: skip
    assert [(each["attempts"], each["refused_at"] is None, each["manual_count"]) for each in rows] == [
        (1, False, 0),
        (1, True, 0),
    ]


def test_a_delivery_keeps_its_first_refusal_and_who_moved_it(rejected: Sender, target: FakeTarget) -> None:
    state, key = rejected.run.state, key_of(rejected, State.REJECTED)
    before = delivery_rows(state)[0]["refused_at"]
    cancel(state, key, actor="ana", reason="wait", now=NOW)
    retry(state, key, actor="ben", reason="it was right", now=NOW)
    target.void = set()
    rejected(row("1"), row("2"))
    again = delivery_rows(state)[0]
    assert (again["state"], again["attempts"], again["manual_count"]) == ("CONFIRMED", 2, 2)
    assert again["refused_at"] == before


@pytest.fixture
def concord(tmp_path: Path) -> Callable[..., Result]:
    return lambda *words: CliRunner().invoke(main, ["outbox", *words, "--home", str(tmp_path)])


def test_the_commands_list_show_cancel_and_retry(rejected: Sender, concord: Callable[..., Result]) -> None:
    listed = concord("list")
    assert listed.exit_code == 0, listed.output
    key = key_of(rejected, State.REJECTED)
    assert key in listed.output
    assert "VOID: no" in listed.output
    assert "1 rejected, 1 confirmed" in listed.output or "1 confirmed, 1 rejected" in listed.output
    shown = concord("show", key)
    assert '"match_status": "MATCHED"' in shown.output
    assert "REJECTED" in shown.output
    canceled = concord("cancel", key, "--actor", "ana", "--reason", "not ours")
    assert "is now DEAD" in canceled.output, canceled.output
    assert "is now READY" in concord("retry", key, "--actor", "ana", "--reason", "ours after all").output
    assert "No message is in such a state." in concord("list", "--state", "dead").output
    unknown = concord("list", "--target", "nowhere")
    assert unknown.exit_code == 2 and "nothing was ever sent there" in unknown.output


def test_a_command_that_cannot_says_why(rejected: Sender, concord: Callable[..., Result]) -> None:
    wrong = concord("retry", "invoice 2", "--actor", "ana", "--reason", "again")
    assert wrong.exit_code == 1
    assert "only REJECTED, CONFLICT and DEAD wait for a retry" in wrong.output
    assert concord("cancel", "invoice 1", "--actor", "ana").exit_code == 2
    assert "no message is called" in concord("show", "ffffffff").output


def test_help_says_what_the_states_mean() -> None:
    text = CliRunner().invoke(main, ["outbox", "--help"]).output
    assert all(state.value in text for state in State)
    assert "in flight" in CliRunner().invoke(main, ["outbox", "cancel", "--help"]).output


def test_the_ledger_is_read_before_anything_was_delivered(tmp_path: Path) -> None:
    run = make_run(tmp_path, "http://127.0.0.1:9")
    assert delivery_rows(run.state) == []
    assert list_messages(run.state, NOW) == ()

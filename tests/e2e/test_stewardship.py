"""What a steward may do, on a serving copy made by hand: the queue, the refusals, a later decision."""

from datetime import datetime
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest
from click.testing import CliRunner

from concord.cli import main
from concord.report import WIDTH
from concord.stewardship import StewardError, decide, queue, show
from ingestion.state import StateStore

QUESTION = "Are Alpha Orthopedics Incorporated and Alfa Orthopaedics, Inc. one supplier?"
NOW = datetime(2026, 7, 1, 9)
UNIT, PAIR = "a" * 32, "b" * 32
TABLE = """
    create schema marts;
    create table marts.mart_steward_task (
        task_id varchar, task_type varchar, subject_key varchar, title varchar, owner_role varchar,
        amount_at_risk decimal(18, 2), evidence varchar, proposal varchar, allowed_decisions varchar,
        decision varchar
    );
    create table marts.publication as select date '2026-06-30' as as_of
"""
TASKS = [
    (
        UNIT, "UNIT_CORRECTION", "inventory|1|BX|2026-02-01", "BX of item 1", "item_master_steward",
        Decimal(1200), '{"first_receipt_date": "2026-02-10"}', '{"factor": "12"}', "APPROVE,REJECT", None,
    ),
    (
        PAIR, "SUPPLIER_PAIR", "a|1~b|2", QUESTION, "vendor_master_governance",
        None, '{"first_document_date": "2026-06-20"}', None, "SAME,DISTINCT", "SAME",
    ),
]  # fmt: skip


@pytest.fixture
def serving(tmp_path: Path) -> Path:
    with duckdb.connect(str(tmp_path / "concord.duckdb")) as connection:
        connection.execute(TABLE)
        connection.executemany(
            "insert into marts.mart_steward_task values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", TASKS
        )
    return tmp_path


@pytest.fixture
def state(tmp_path: Path) -> StateStore:
    store = StateStore(f"sqlite:///{tmp_path / 'state.sqlite'}")
    store.append_decision(
        at=datetime(2026, 6, 1, 8),
        actor="R. Ito",
        subject_type="SUPPLIER_PAIR",
        subject_key="a|1~b|2",
        decision="SAME",
        reason="One address",
        payload={},
    )
    return store


def _decide(serving: Path, state: StateStore, task_id: str = UNIT, **changes: str) -> None:
    given = {"decision": "approve", "actor": "data.steward", "reason": "Price list", **changes}
    decide(serving, state, task_id, now=NOW, **given)  # type: ignore[arg-type]


def test_the_queue_holds_what_nobody_decided(serving: Path, state: StateStore) -> None:
    [task] = queue(serving, state)
    assert (task.task_id, task.amount_at_risk, task.age_days, task.is_open) == (
        UNIT,
        Decimal(1200),
        140,
        True,
    )
    assert [one.task_id for one in queue(serving, state, include_decided=True)] == [UNIT, PAIR]
    pair = show(serving, state, "bbbb")
    assert pair.is_in_effect and pair.age_days == 10


def test_a_decision_is_kept_with_its_proposal_and_waits_for_the_next_run(
    serving: Path, state: StateStore
) -> None:
    _decide(serving, state)
    last = state.decisions()[-1]
    assert (last["subject_key"], last["decision"], last["actor"]) == (
        "inventory|1|BX|2026-02-01", "APPROVE", "data.steward",
    )  # fmt: skip
    assert '"factor": "12"' in last["payload"]
    assert queue(serving, state) == [] and not show(serving, state, UNIT).is_in_effect
    assert state.verify_audit() is None


@pytest.mark.parametrize(
    ("task_id", "changes", "words"),
    [
        (UNIT, {"decision": "SAME"}, "allowed: APPROVE, REJECT"),
        (UNIT, {"decision": ""}, "not allowed"),
        (UNIT, {"actor": " "}, "name of who decides"),
        (UNIT, {"reason": ""}, "a reason"),
        ("c", {}, "no task"),
        ("", {}, "no task"),
        (PAIR, {"decision": "same"}, "R. Ito decided SAME already on 2026-06-01 08:00"),
    ],
)
def test_what_makes_no_sense_is_refused(
    serving: Path, state: StateStore, task_id: str, changes: dict[str, str], words: str
) -> None:
    with pytest.raises(StewardError, match=words):
        _decide(serving, state, task_id, **changes)
    assert len(state.decisions()) == 1


def test_a_later_decision_replaces_an_earlier_one(serving: Path, state: StateStore) -> None:
    _decide(serving, state, PAIR, decision="DISTINCT")
    task = show(serving, state, PAIR)
    assert task.decision is not None and task.decision.decision == "DISTINCT" and not task.is_in_effect
    _decide(serving, state, PAIR, decision="SAME")
    assert [row["decision"] for row in state.decisions()] == ["SAME", "DISTINCT", "SAME"]


@pytest.mark.parametrize("options", [(), ("--all",)])
def test_the_queue_fits_a_page(serving: Path, tmp_path: Path, options: tuple[str, ...]) -> None:
    home = tmp_path / "home"
    home.mkdir()
    (home / "serving").symlink_to(serving)
    done = CliRunner().invoke(main, ["steward", "queue", *options, "--home", str(home)])
    assert done.exit_code == 0, done.output
    assert "aaaaaaaa  BX of item 1" in done.output and "140 d" in done.output
    assert "bbbbbbbb  Are Alpha" in done.output and "10 d" in done.output
    assert max(map(len, done.output.splitlines())) <= WIDTH

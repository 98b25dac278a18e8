"""What a steward may do, on a serving copy made by hand: the queue, the refusals, a later decision."""

import json
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest
from click.testing import CliRunner

from concord.cli import main
from concord.report import WIDTH
from concord.stewardship import StewardError, decide, queue, show, unmerge
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
    create table marts.publication as select date '2026-06-30' as as_of;
    create schema conformed;
    create table conformed.dim_supplier_record as
        from (values ('ap', '7', 'k1', 'Alder Inc'), ('erp', '1', 'k1', 'Alder'), ('erp', '2', 'k2', 'Birch'))
            as records(source_instance, native_id, supplier_key, legal_name)
"""
CONTRIBUTIONS = [
    {"comparison": "name", "level": "EQUAL", "weight": 12.5, "left": "Alpha Ortho", "right": "ALPHA ORTHO"},
    {"comparison": "phone", "level": "NOT_KNOWN", "weight": 0.0, "left": None, "right": "312"},
]
MATCH = json.dumps(
    {
        **dict.fromkeys(("left_key", "right_key", "gate", "relationship", "blocking_rule"), "x"),
        **{"weight": 5.25, "prior_weight": -7.25, "band": "REVIEW", "probability": "0.974"},
        **{"model_version": "1-a", "census_version": "b", "contributions": CONTRIBUTIONS},
    }
)
TASKS = [
    (
        UNIT, "UNIT_CORRECTION", "inventory|1|BX|2026-02-01", "BX of item 1", "item_master_steward",
        Decimal(1200), '{"first_receipt_date": "2026-02-10"}', '{"factor": "12"}', "APPROVE,REJECT", None,
    ),
    (
        PAIR, "SUPPLIER_PAIR", "a|1~b|2", QUESTION, "vendor_master_governance",
        None, json.dumps({"first_document_date": "2026-06-20", "match": MATCH}), None, "SAME,DISTINCT",
        "SAME",
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


@pytest.fixture
def home(serving: Path, tmp_path: Path) -> Path:
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "serving").symlink_to(serving)
    return tmp_path / "home"


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
def test_the_queue_fits_a_page(home: Path, options: tuple[str, ...]) -> None:
    done = CliRunner().invoke(main, ["steward", "queue", *options, "--home", str(home)])
    assert done.exit_code == 0, done.output
    assert "aaaaaaaa  BX of item 1" in done.output and "140 d" in done.output
    assert "bbbbbbbb  Are Alpha" in done.output and "10 d" in done.output
    assert max(map(len, done.output.splitlines())) <= WIDTH


def _unmerge(serving: Path, state: StateStore, **changes: str) -> str:
    given = {"one": "erp|1", "other": "ap|7", "actor": "vendor.master", "reason": "Two banks", **changes}
    return unmerge(serving, state, given.pop("one"), given.pop("other"), now=NOW, **given)


def test_two_records_of_one_supplier_are_parted_by_a_decision_that_keeps_its_question(
    serving: Path, state: StateStore
) -> None:
    assert _unmerge(serving, state) == "ap|7~erp|1"
    last = state.decisions()[-1]
    assert (last["subject_type"], last["decision"], last["actor"]) == (
        "SUPPLIER_PAIR", "DISTINCT", "vendor.master",
    )  # fmt: skip
    question = json.loads(last["payload"])["question"]
    assert question["title"] == "Are Alder Inc and Alder one supplier?"
    assert "SAME" in question["allowed_decisions"].split(",")
    with pytest.raises(StewardError, match="decided already"):
        _unmerge(serving, state, one="ap|7", other="erp|1")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"other": "erp|2"}, "not two records of one golden supplier"),
        ({"other": "erp|1"}, "not two records of one golden supplier"),
        ({"other": "erp|9"}, r"no supplier record erp\|9"),
        ({"reason": " "}, "a reason"),
    ],
)
def test_what_is_not_one_supplier_cannot_be_parted(
    serving: Path, state: StateStore, changes: dict[str, str], words: str
) -> None:
    with pytest.raises(StewardError, match=words):
        _unmerge(serving, state, **changes)
    assert len(state.decisions()) == 1


def test_the_evidence_of_a_match_is_told_and_drawn(home: Path) -> None:
    page = home / "pair.html"
    done = CliRunner().invoke(main, ["steward", "show", PAIR, "--home", str(home), "--page", str(page)])
    assert done.exit_code == 0, done.output
    lines = [line.split() for line in done.output.splitlines()]
    assert ["prior", "-7.2"] in lines and ["weight", "REVIEW", "+5.2"] in lines
    assert ["name", "EQUAL", "+12.5", "Alpha", "Ortho", "ALPHA", "ORTHO"] in lines
    assert "phone" not in done.output and "contributions" not in done.output
    assert page.read_text().count("<rect") == 3


def test_a_task_without_a_comparison_has_no_page(home: Path) -> None:
    page = home / "unit.html"
    done = CliRunner().invoke(main, ["steward", "show", UNIT, "--home", str(home), "--page", str(page)])
    assert done.exit_code == 2 and "comparison of suppliers" in done.output and not page.exists()

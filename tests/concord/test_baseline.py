"""What is open is counted, taken as the baseline with actor and reason, listed and let go again."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest
from click.testing import CliRunner

from concord.baseline import BaselineError, baselines, open_findings, set_baseline, undo_baseline
from concord.cli import main
from ingestion.state import StateStore

NOW = datetime(2026, 6, 30, 9)
SIGNED: dict[str, Any] = {"actor": "ap.lead", "reason": "There before we began", "now": NOW}
FIRST = "20260630T080000~all~all"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "serving").mkdir()
    with duckdb.connect(str(tmp_path / "serving" / "concord.duckdb")) as connection:
        connection.execute(
            """
            create schema controls; create schema marts;
            create table controls.exc_exception as from (values
                ('PRICE_OVER', 'ap', 'OPEN', 5.00::decimal(18, 2), null::date),
                ('PRICE_OVER', 'erp', 'OPEN', 7.00, null),
                ('TAX_MISMATCH', 'ap', 'OPEN', null, null),
                ('TAX_MISMATCH', 'ap', 'OPEN', 1.00, '2026-05-31'),
                ('HEADER_TOTAL', 'ap', 'CLEARED', 2.00, null)
            ) as findings(code, source_instance, status, amount_at_risk, baselined_on);
            create table marts.publication as
                select date '2026-06-30' as as_of, timestamp '2026-06-30 08:00:00.25' as known_at
            """
        )
    return tmp_path


@pytest.fixture
def state(home: Path) -> StateStore:
    return StateStore(f"sqlite:///{home / 'state.sqlite'}")


def test_only_what_is_open_and_of_no_baseline_is_counted(home: Path) -> None:
    def counted(code: str | None = None, instance: str | None = None) -> dict[str, int]:
        return {one.code: one.finding_count for one in open_findings(home / "serving", code, instance)}

    assert counted() == {"PRICE_OVER": 2, "TAX_MISMATCH": 1}
    assert counted("price_over", "erp") == {"PRICE_OVER": 1}
    assert counted("HEADER_TOTAL") == {}
    with pytest.raises(BaselineError, match="no finding has source instance erpp"):
        counted(instance="erpp")


def test_a_baseline_is_one_signed_decision_and_can_be_undone(home: Path, state: StateStore) -> None:
    one = set_baseline(home / "serving", state, **SIGNED)
    assert (one.name, one.finding_count, one.is_standing) == (FIRST, 3, True)
    [row] = state.decisions()
    assert (row["subject_type"], row["decision"], row["actor"]) == ("BASELINE", "BASELINED", "ap.lead")
    assert json.loads(row["payload"]) == {
        "as_of": "2026-06-30",
        "known_at": "2026-06-30 08:00:00.250000",
        "code": None,
        "source_instance": None,
        "finding_count": 3,
    }
    with pytest.raises(BaselineError, match="stands already"):
        set_baseline(home / "serving", state, **SIGNED)
    undo_baseline(state, FIRST, actor="ap.lead", reason="Set too early", now=NOW)
    assert [one.is_standing for one in baselines(state)] == [False]
    with pytest.raises(BaselineError, match=f"no baseline {FIRST} stands"):
        undo_baseline(state, FIRST, actor="ap.lead", reason="Again", now=NOW)


def test_a_baseline_of_a_code_keeps_its_name_and_needs_a_signature(home: Path, state: StateStore) -> None:
    with pytest.raises(BaselineError, match="needs the name"):
        set_baseline(home / "serving", state, code="PRICE_OVER", actor=" ", reason="x", now=NOW)
    with pytest.raises(BaselineError, match="nothing is open"):
        set_baseline(home / "serving", state, code="HEADER_TOTAL", actor="a", reason="x", now=NOW)
    one = set_baseline(
        home / "serving", state, code="price_over", instance="ap", actor="a", reason="x", now=NOW
    )
    assert (one.name, one.finding_count) == ("20260630T080000~PRICE_OVER~ap", 1)


def test_the_commands_count_set_list_and_undo(home: Path) -> None:
    def said(*words: str) -> str:
        outcome = CliRunner().invoke(main, ["baseline", *words, "--home", str(home)])
        return f"{outcome.exit_code} {outcome.output}"

    signed = ("--actor", "ap.lead", "--reason", "There before we began")
    assert "3 findings are open" in said("count")
    assert said("set", *signed).startswith(f"0 {FIRST}: 3 findings open on 2026-06-30")
    assert "STANDS" in said("list")
    assert said("undo", FIRST, *signed).startswith("0 ")
    assert "UNDONE" in said("list")
    assert said("undo", "never", *signed).startswith("2 ")

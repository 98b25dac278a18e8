"""A steward states a value of a supplier: data with actor, reason and end, replaced and released as such."""

import json
from datetime import date, datetime
from pathlib import Path

import duckdb
import pytest
from click.testing import CliRunner

from concord.cli import main
from concord.stewardship import StewardError, override
from ingestion.state import StateStore

NOW = datetime(2026, 6, 30, 9)
SIGNED = {"actor": "vendor.steward", "reason": "Letter of the supplier"}


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "serving").mkdir()
    with duckdb.connect(str(tmp_path / "serving" / "concord.duckdb")) as connection:
        connection.execute(
            """
            create schema conformed;
            create table conformed.dim_supplier_record as
                from (values ('erp', '1', 'k1', 'Alder'))
                    as records(source_instance, native_id, supplier_key, legal_name);
            create table conformed.dim_supplier_value as
                from (values ('k1', 'payment_term_code', 'N30')) as told(supplier_key, attribute, value)
            """
        )
    return tmp_path


@pytest.fixture
def state(home: Path) -> StateStore:
    return StateStore(f"sqlite:///{home / 'state.sqlite'}")


def _stated(home: Path, state: StateStore, value: str | None, until: date | None = None) -> list[str]:
    override(home / "serving", state, "erp|1", "payment_term_code", value, until=until, now=NOW, **SIGNED)
    return [row["decision"] for row in state.decisions()]


def test_an_override_keeps_what_was_said_before(home: Path, state: StateStore) -> None:
    _stated(home, state, " N60 ", date(2026, 12, 31))
    [row] = state.decisions()
    payload = json.loads(row["payload"])
    assert (row["subject_type"], row["subject_key"]) == ("SUPPLIER_VALUE", "erp|1~payment_term_code")
    assert (payload["value"], payload["until"]) == ("N60", "2026-12-31")
    assert json.loads(payload["question"]["evidence"]) == {"before": "N30", "stated": "N60"}


def test_another_value_replaces_it_and_none_releases_it(home: Path, state: StateStore) -> None:
    _stated(home, state, "N60")
    assert _stated(home, state, "N45") == ["OVERRIDE", "RELEASE", "OVERRIDE"]
    assert json.loads(state.decisions()[-1]["payload"])["value"] == "N45"
    assert _stated(home, state, None)[-1] == "RELEASE"
    with pytest.raises(StewardError, match="no override of payment_term_code stands"):
        _stated(home, state, None)


@pytest.mark.parametrize(
    ("record", "attribute", "value", "words"),
    [
        ("erp|9", "duns", "1", r"no supplier record erp\|9"),
        ("erp|1", "tax_id", "1", "cannot be overridden"),
        ("erp|1", "duns", " ", "a blank value"),
    ],
)
def test_what_makes_no_sense_is_refused(
    home: Path, state: StateStore, record: str, attribute: str, value: str, words: str
) -> None:
    with pytest.raises(StewardError, match=words):
        override(home / "serving", state, record, attribute, value, now=NOW, **SIGNED)
    assert state.decisions() == []


def test_the_same_value_twice_is_told(home: Path, state: StateStore) -> None:
    _stated(home, state, "N60")
    with pytest.raises(StewardError, match="overridden so already"):
        _stated(home, state, "N60")


def test_the_command_says_when_it_takes_effect(home: Path) -> None:
    words = ["steward", "override", "erp|1", "payment_term_code", "N60", "--home", str(home)]
    done = CliRunner().invoke(main, [*words, "--actor", "a", "--reason", "r", "--until", "2026-12-31"])
    assert done.exit_code == 0 and "payment_term_code of erp|1: N60 by a." in done.output, done.output
    assert "next `concord run`" in done.output

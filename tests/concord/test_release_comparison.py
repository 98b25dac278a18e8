"""Two builds compared: rows by their key, columns that only tell when something was learned left out."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from concord.release_comparison import FATE, Change, compare_messages, compare_tables, sent
from dagster_project.manifest_nodes import keys_of_models
from publishing.forecast import KNOWN, SENT, Foretold
from publishing.messages import Stream
from publishing.serving import SCHEMAS

MATCH = "marts.match"
KEYS = {("marts", "match"): ("source_instance", "native_id")}
COLUMNS = (
    "source_instance varchar, native_id varchar, status varchar, amount decimal(18, 2), known_at timestamp"
)
STREAM = Stream("apauto", "invoice_match_status")


def database(path: Path, tables: Mapping[str, tuple[str, Sequence[tuple[object, ...]]]]) -> Path:
    with duckdb.connect(str(path)) as connection:
        connection.execute("create schema marts; create table marts.publication (run_id varchar)")
        connection.execute("insert into marts.publication values (?)", [path.name])
        for name, (columns, rows) in tables.items():
            connection.execute(f"create table {name} ({columns})")
            if rows:
                marks = ", ".join("?" * len(rows[0]))
                connection.executemany(f"insert into {name} values ({marks})", [list(row) for row in rows])
    return path


def match(key: str, status: str, amount: str = "1.00", day: int = 1) -> tuple[object, ...]:
    return "ap", key, status, Decimal(amount), datetime(2026, 1, day)


def compared(
    tmp_path: Path, before: Sequence[tuple[object, ...]], after: Sequence[tuple[object, ...]], limit: int = 5
) -> Change:
    sides = [
        database(tmp_path / f"{name}.duckdb", {MATCH: (COLUMNS, rows)})
        for name, rows in (("before", before), ("after", after))
    ]
    [change] = compare_tables(*sides, KEYS, limit=limit)
    return change


def test_added_missing_and_changed_rows_with_their_values(tmp_path: Path) -> None:
    change = compared(
        tmp_path,
        [match("1", "MATCHED"), match("2", "MATCHED"), match("3", "MATCHED")],
        [match("1", "MATCHED", day=9), match("2", "EXCEPTION", "0.00"), match("4", "WAITING")],
    )
    assert (change.name, change.rows_before, change.rows_after) == (MATCH, 3, 3)
    assert (change.added, change.missing, change.changed) == (1, 1, 1)
    assert change.columns == {"status": 1, "amount": 1}
    changed, added, missing = change.examples
    assert (changed.kind, changed.key) == ("changed", {"source_instance": "ap", "native_id": "2"})
    assert changed.columns == {
        "status": ("MATCHED", "EXCEPTION"),
        "amount": (Decimal("1.00"), Decimal("0.00")),
    }
    assert (added.kind, added.key["native_id"], added.columns["status"]) == ("added", "4", (None, "WAITING"))
    assert (missing.kind, missing.key["native_id"]) == ("missing", "3")


def test_what_was_learned_at_another_time_is_no_difference(tmp_path: Path) -> None:
    rows = [match("1", "MATCHED", day=1), match("2", "WAITING", day=2)]
    again = [match("2", "WAITING", day=8), match("1", "MATCHED", day=9)]
    assert not compared(tmp_path, rows, again).is_difference


def test_null_is_a_value(tmp_path: Path) -> None:
    none = ("ap", None, None, None, None)
    assert not compared(tmp_path, [none], [none]).is_difference
    change = compared(tmp_path / "other", [none], [("ap", None, "MATCHED", None, None)])
    assert (change.changed, change.examples[0].columns) == (1, {"status": (None, "MATCHED")})


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()


def test_examples_are_bounded_and_counts_are_not(tmp_path: Path) -> None:
    before = [match(str(number), "MATCHED") for number in range(20)]
    after = [match(str(number), "EXCEPTION") for number in range(10, 30)]
    change = compared(tmp_path, before, after, limit=2)
    assert (change.added, change.missing, change.changed) == (10, 10, 10)
    assert [row.kind for row in change.examples] == ["changed"] * 2 + ["added"] * 2 + ["missing"] * 2


def test_a_table_whose_key_is_not_one_is_compared_as_a_set(tmp_path: Path) -> None:
    change = compared(
        tmp_path,
        [match("1", "A"), match("1", "B"), match("1", "B")],
        [match("1", "A"), match("1", "B"), match("1", "C")],
    )
    assert (change.added, change.missing, change.changed, change.examples) == (1, 1, 0, ())


def test_a_table_that_only_one_side_has(tmp_path: Path) -> None:
    one = database(tmp_path / "one.duckdb", {MATCH: (COLUMNS, [match("1", "A")])})
    other = database(tmp_path / "two.duckdb", {})
    for before, after, counts in ((one, other, (0, 1)), (other, one, (1, 0))):
        [change] = compare_tables(before, after, KEYS, limit=1)
        assert (change.added, change.missing) == counts


def message(status: str, fate: str = SENT) -> Foretold:
    return Foretold("INV-1", {"match_status": status, "as_of": str(date(2026, 1, 1))}, fate)


def test_messages_by_posting_key_with_their_fate() -> None:
    before = {STREAM: {"1": message("MATCHED", KNOWN), "2": message("MATCHED"), "3": message("MATCHED")}}
    after = {
        STREAM: {"1": message("EXCEPTION"), "3": message("MATCHED", "no currency"), "4": message("MATCHED")}
    }
    [change] = compare_messages(before, after, limit=5)
    assert (change.name, change.added, change.missing, change.changed) == (
        "apauto.invoice_match_status",
        *(1, 1, 2),
    )
    assert change.columns == {"match_status": 1, FATE: 2}
    assert change.examples[0].columns == {"match_status": ["MATCHED", "EXCEPTION"], FATE: [KNOWN, SENT]}
    assert (sent(before[STREAM]), sent(after[STREAM])) == (2, 2)
    [same] = compare_messages(before, before, limit=5)
    assert not same.is_difference


def test_every_public_table_has_a_key_to_compare_it_by(manifest_path: Path, manifest: dict[str, Any]) -> None:
    keys = keys_of_models(manifest_path)
    public = {
        (node["schema"], node["name"])
        for node in manifest["nodes"].values()
        if node["resource_type"] == "model"
        and node["schema"] in SCHEMAS
        and not node["name"].startswith("int_")
    }
    assert public - set(keys) == set()
    assert keys["marts", "mart_invoice_match"] == ("source_instance", "native_id")

"""Likeness of names orders candidates as a person would."""

import pyarrow as pa
import pytest

from matching import census
from matching.likeness import likeness_sql
from matching.profile import profiles_of
from matching.splink_session import connected
from matching.yardstick.dress import Truth
from tests.matching.conftest import record, table_of

COLUMNS = ("name_core", "names", "words", "word_bits")


@pytest.fixture(scope="module")
def likeness(small_world: tuple[pa.Table, list[Truth]]):  # type: ignore[no-untyped-def]
    """Likeness of two names among those of the small world."""

    def of(left: str, right: str) -> float:
        given = profiles_of(table_of([record("x|1", left), record("x|2", right)]))
        with connected() as connection:
            connection.register("incoming", pa.concat_tables([small_world[0], given]))
            connection.execute("create table profile as from incoming")
            connection.register("census", census.take(connection))
            census.weigh(connection)
            sides = ", ".join(f"{side}.{name} as {name}_{side}" for side in "lr" for name in COLUMNS)
            both = "l.record_key = 'x|1' and r.record_key = 'x|2'"
            pair = f"select {sides} from weighed as l, weighed as r where {both}"
            [(value,)] = connection.sql(f"select {likeness_sql()} from ({pair})").fetchall()
        return float(value)

    return of


@pytest.mark.parametrize(
    ("name", "nearer", "farther"),
    [
        ("Quovadelle Surgical", "QUOVADELLE SURG INC", "Quovadele Surgical"),
        ("Quovadelle Surgical", "Quovadele Surgical", "Quovadelle Imaging"),
        ("Quovadelle Surgical", "Quovadelle Imaging", "Zarrixane Surgical"),
        ("Quovadelle Surgical", "Quovadelle Surgical Leasing", "Quovadelle Leasing"),
        ("Quovadelle Hospital", "Quovadelle Hosp", "Quovadelle Hotel"),
        ("Weiss, John", "John Weiss", "John Wyss"),
    ],
)
def test_nearer_names_come_first(likeness, name: str, nearer: str, farther: str) -> None:  # type: ignore[no-untyped-def]
    assert 0 <= likeness(name, farther) < likeness(name, nearer) <= 1


def test_only_equal_names_are_wholly_alike(likeness) -> None:  # type: ignore[no-untyped-def]
    assert likeness("Quovadelle Surgical, Inc.", "QUOVADELLE SURG") == 1
    assert likeness("Quovadelle", "Zarrixane") < 0.5

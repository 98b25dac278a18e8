"""What is seen of a portion's cells changes how they are checked, never what comes of it."""

import re
from dataclasses import replace

import duckdb
import numpy as np
import pyarrow as pa
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ingestion.contracts.cell_shape import UNSEEN, shape_of
from ingestion.contracts.contract import completed
from ingestion.contracts.contract_sql import checked_sql
from ingestion.formats.raw_rows import META
from ingestion.spec import MONEY, TableSpec, column

TABLE = TableSpec(
    name="cells",
    key=("id", "whole or amount"),
    columns=(
        column("id", required=True),
        column("amount", MONEY),
        column("factor", "decimal(18,6)", required=True),
        column("whole", "bigint"),
        column("flag", "boolean"),
        column("day", "date"),
        column("at", "timestamp"),
        column("kind", enum=("1", "2", "-")),
        column("written", "decimal(18,2)", format="1,234.56"),
        replace(column("rewritten"), rewrite=("^0+", "")),
        replace(column("cut", "decimal(18,2)"), rewrite=("0$", "x")),
    ),
    source_version=("version",),
    source_updated_at=("changed",),
    is_deleted=("deleted",),
)
NAMES = tuple(column.name for column in TABLE.columns)
ALPHABETS = ("012", "0123456789+-", "0123456789+-.", "019.", "01. \t\u00a0", "ax -0", "\u00e91\x00")

LAYOUTS = (
    *("0000-00-00", "0000-00-00 00:00:00", "0000-00-00T00:00:00Z", "0000-00-00T00:00:00+"),
    *("0000-00-00 00:00:00.000000", "0000-00-00 00:00:00.000000Z"),
)


WORDS = st.tuples(
    st.sampled_from(["2026", "2024", "0000", "0001", "9999"]),
    st.sampled_from(["02", "12", "13", "00"]),
    st.sampled_from(["01", "28", "29", "31", "00"]),
    st.sampled_from(["00", "23", "24", "25"]),
    *[st.sampled_from(["00", "59", "60"])] * 2,
    st.sampled_from(["000000", "500000", "999999"]),
)


def as_laid_out(layout: str) -> st.SearchStrategy[str]:
    """A day and time written so; some that no calendar has."""

    def written(words: tuple[str, ...]) -> str:
        left = iter(words)
        return re.sub("0+", lambda _: next(left), layout)

    return WORDS.map(written)


cells = st.sampled_from(ALPHABETS).flatmap(
    lambda alphabet: st.lists(st.none() | st.text(alphabet, max_size=22), min_size=6, max_size=6)
) | st.sampled_from(LAYOUTS).flatmap(
    lambda layout: st.lists(st.none() | st.just("") | as_laid_out(layout), min_size=6, max_size=6)
)


@settings(max_examples=30, deadline=None)
@given(st.fixed_dictionaries({name: st.just([None] * 6) | cells for name in (*NAMES, *META)}))
@example({name: ["1", "-1", "+1", "1.", ".5", "0.10"] for name in (*NAMES, *META)})
@example({name: ["1.005", "1.0000000", "9" * 18, "9" * 19, "-" + "9" * 18, "."] for name in (*NAMES, *META)})
@example({name: ["1-2", "--1", "+-1", "1..2", "-", "+"] for name in (*NAMES, *META)})
@example({name: ["2026-01-31 24:00:00"] * 6 for name in (*NAMES, *META)})
@example({name: ["2026-12-31 23:59:60.000000Z"] * 6 for name in (*NAMES, *META)})
@example({name: ["", "", "", "", "", ""] for name in (*NAMES, *META)})
@example(
    {
        name: ["2026-01-31", "0000-01-01", "2026-1-31", "20260131", "31-01-2026", ""]
        for name in (*NAMES, *META)
    }
)
def test_rows_hashes_and_problems_do_not_depend_on_what_was_seen(texts: dict[str, list[str | None]]) -> None:
    # Sliced, as portions of a file are.
    columns = {name: pa.array(["x y", *found], pa.string())[1:] for name, found in texts.items()}
    table = pa.table(
        {
            **columns,
            "_file_name": pa.repeat("f", 6),
            "_line_number": pa.array(range(6), pa.int64()),
            "_extension": pa.repeat("{}", 6),
            "row_number": pa.array(np.arange(6)),
        }
    )
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        connection.register("source", table)
        connection.register("misshapen", pa.table({"row_number": pa.array([4], pa.int64())}))
        plain, seen = (
            completed(
                connection.execute(checked_sql(TABLE, shape) + " order by row_number").to_arrow_table(),
                *(table, TABLE, shape),
            )
            for shape in (UNSEEN, shape_of(table))
        )
    assert seen.schema == plain.schema
    assert seen.to_pylist() == plain.to_pylist()


def test_a_shape_says_which_columns_are_empty_solid_whole_and_numeric() -> None:
    table = pa.table(
        {
            "nothing": pa.nulls(2, pa.string()),
            "whole": pa.array(["1", None]),
            "numeric": pa.array(["-1.5", ""]),
            "solid": pa.array(["a", "b"]),
            "loose": pa.array(["a", "b\u00a0"]),
            "day": pa.array(["2026-01-31", ""]),
            "instant": pa.array([None, "2026-01-31 08:00:00.000000Z"]),
            "year 0": pa.array(["2026-01-31", "0000-01-31"]),
            "mixed": pa.array(["2026-01-31 08:00:00", "2026-01-31T08:00:00Z"]),
            "nul": pa.array(["a", "\0"]),
        }
    )
    shape = shape_of(table)
    assert shape.empty == {"nothing"}
    assert shape.whole == {"whole", "day", "year 0"}
    assert shape.numeric == {"whole", "numeric", "day", "year 0"}
    assert shape.days == {"day"} and shape.instants == {"instant"}
    assert shape.solid == {"whole", "numeric", "solid", "day", "instant", "year 0", "nul"}
    assert shape.clean == {*table.column_names} - {"nothing", "nul"}

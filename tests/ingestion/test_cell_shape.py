"""What is seen of a portion's cells changes how they are checked, never what comes of it."""

from dataclasses import replace

import duckdb
import numpy as np
import pyarrow as pa
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ingestion.contracts.cell_shape import UNSEEN, shape_of
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
    ),
    source_version=("version",),
    source_updated_at=("changed",),
    is_deleted=("deleted",),
)
NAMES = tuple(column.name for column in TABLE.columns)
ALPHABETS = ("012", "0123456789+-", "0123456789+-.", "019.", "01. \t\u00a0", "ax -0", "\u00e91\x00")

cells = st.sampled_from(ALPHABETS).flatmap(
    lambda alphabet: st.lists(st.none() | st.text(alphabet, max_size=22), min_size=6, max_size=6)
)


@settings(max_examples=80, deadline=None)
@given(st.fixed_dictionaries({name: st.just([None] * 6) | cells for name in (*NAMES, *META)}))
@example({name: ["1", "-1", "+1", "1.", ".5", "0.10"] for name in (*NAMES, *META)})
@example({name: ["1.005", "1.0000000", "9" * 18, "9" * 19, "-" + "9" * 18, "."] for name in (*NAMES, *META)})
@example({name: ["1-2", "--1", "+-1", "1..2", "-", "+"] for name in (*NAMES, *META)})
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
            connection.execute(checked_sql(TABLE, shape) + " order by row_number").to_arrow_table()
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
        }
    )
    shape = shape_of(table)
    assert shape.empty == {"nothing"}
    assert shape.whole == {"whole"}
    assert shape.numeric == {"whole", "numeric"}
    assert shape.solid == {"whole", "numeric", "solid"}

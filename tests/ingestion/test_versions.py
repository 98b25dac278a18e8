"""Which rows are new versions: the short way for rows that need no ordering says what the long way says."""

from collections.abc import Sequence
from datetime import datetime

import duckdb
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from ingestion import versions
from ingestion.versions import CURRENT, NOTHING, NUMBERED, SUPERSEDED, Known, after, new_versions

ROW = st.tuples(
    st.sampled_from("ab"),
    st.sampled_from("xyz"),
    st.sampled_from([None, 1, 2]),
    st.sampled_from([None, datetime(2026, 1, 1), datetime(2026, 1, 2)]),
)
BATCHES = st.lists(st.lists(ROW, max_size=5), min_size=1, max_size=4)


def _table(rows: Sequence[tuple[str, str, int | None, datetime | None]]) -> pa.Table:
    names = ("_row_key", "_record_hash", "_source_version", "_source_updated_at")
    cells = [{**dict(zip(names, row, strict=True)), "_is_deleted": False} for row in rows]
    schema = pa.schema([CURRENT.field(name) for name in (*names, "_is_deleted")])
    return pa.Table.from_pylist(cells, schema=schema)


def _the_long_way(connection: duckdb.DuckDBPyConnection, rows: pa.Table, known: Known) -> pa.Table:
    ordered = rows.append_column("_order", pa.array(range(rows.num_rows), pa.int64()))
    with versions._registered(connection, candidate=ordered, held=known.current, superseded=known.superseded):
        return connection.execute(NUMBERED).to_arrow_table()


@settings(max_examples=40, deadline=None)
@given(batches=BATCHES)
def test_the_short_way_and_the_long_way_agree(
    batches: Sequence[Sequence[tuple[str, str, int | None, datetime | None]]],
) -> None:
    known = NOTHING
    with duckdb.connect() as connection:
        for batch in batches:
            rows = _table(batch)
            added, expected = (
                way(connection, rows, known).select([*rows.column_names, "_is_late", "_version"])
                for way in (new_versions, _the_long_way)
            )
            assert added.sort_by([("_row_key", "ascending"), ("_version", "ascending")]).to_pylist() == (
                expected.sort_by([("_row_key", "ascending"), ("_version", "ascending")]).to_pylist()
            )
            known = after(connection, known, added)
    assert known.superseded.schema == SUPERSEDED

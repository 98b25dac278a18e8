"""Which rows are new versions: the short way for rows that need no ordering says what the long way says."""

import itertools
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import duckdb
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from ingestion import versions
from ingestion.versions import CURRENT, NOTHING, NUMBERED, SUPERSEDED, Known, absent_keys, after, new_versions
from ingestion.versions import tombstones as deleted_versions

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


# A source says one thing of a key at a time: content and deletion follow from key and stamp.
STAMPS = st.lists(
    st.tuples(
        st.sampled_from("ab"),
        st.sampled_from([None, 1, 2]),
        st.sampled_from([datetime(2026, 1, day) for day in range(1, 5)]),
        st.booleans(),
    ),
    min_size=1,
    max_size=6,
    unique_by=lambda delivery: delivery[:3],
)


def _deliveries(rows: Sequence[tuple[str, int | None, datetime, bool]]) -> pa.Table:
    cells = [
        {
            "_row_key": key,
            "_record_hash": f"{key} {number} {at:%d} {is_deleted}",
            "_source_version": number,
            "_source_updated_at": at,
            "_is_deleted": is_deleted,
        }
        for key, number, at, is_deleted in rows
    ]
    schema = pa.schema([field for field in CURRENT if field.name != "_version"])
    return pa.Table.from_pylist(cells, schema=schema)


def _in_batches(
    connection: duckdb.DuckDBPyConnection, known: Known, batches: Sequence[Sequence[Any]]
) -> tuple[Known, int]:
    """What is known after some batches, and how many versions they made."""
    count = 0
    for batch in batches:
        added = new_versions(connection, _deliveries(batch), known)
        known = after(connection, known, added)
        count += added.num_rows
    return known, count


def _said(known: Known) -> dict[str, str]:
    rows = known.current.select(["_row_key", "_record_hash"]).to_pylist()
    return {row["_row_key"]: row["_record_hash"] for row in rows}


@settings(max_examples=60, deadline=None)
@given(deliveries=STAMPS, data=st.data())
def test_any_order_of_the_same_deliveries_ends_in_the_same_rows(
    deliveries: Sequence[tuple[str, int | None, datetime, bool]], data: st.DataObject
) -> None:
    """Domain rules 3.11: last version wins, not last arrival; deletions the source marks are versions too."""
    newest = {}
    for delivery in sorted(deliveries, key=lambda row: (row[1] or 0, row[2])):
        newest[delivery[0]] = delivery
    repeated = data.draw(st.lists(st.sampled_from(deliveries), max_size=3))
    order = data.draw(st.permutations([*deliveries, *repeated]))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(order)), max_size=3)))
    bounds = [0, *cuts, len(order)]
    batches = [order[start:end] for start, end in itertools.pairwise(bounds) if start < end]
    with duckdb.connect() as connection:
        known, count = _in_batches(connection, NOTHING, batches)
        again, more = _in_batches(connection, known, batches)
    expected = _deliveries(list(newest.values())).to_pylist()
    assert _said(known) == {row["_row_key"]: row["_record_hash"] for row in expected}
    assert count <= len(deliveries) and more == 0 and _said(again) == _said(known)


@settings(max_examples=40, deadline=None)
@given(deliveries=STAMPS, data=st.data())
def test_what_is_older_never_brings_a_deleted_key_back_and_what_is_newer_does(
    deliveries: Sequence[tuple[str, int | None, datetime, bool]], data: st.DataObject
) -> None:
    living = [("a", number, at, False) for key, number, at, _ in deliveries if key == "a"]
    living = living or [("a", 1, datetime(2026, 1, 2), False)]
    newest = max(living, key=lambda row: (row[1] or 0, row[2]))
    older = [row for row in living if row != newest]
    with duckdb.connect() as connection:
        rows = new_versions(connection, _deliveries([newest]), NOTHING)
        known = after(connection, NOTHING, rows)
        absent = absent_keys(connection, known, pa.array([], pa.string()))
        deleted = deleted_versions(connection, rows.drop_columns(["_is_late"]), known, absent)
        known = after(connection, known, deleted.select(rows.column_names))
        late, _ = _in_batches(connection, known, [[row] for row in data.draw(st.permutations(older))])
        assert late.current.column("_is_deleted").to_pylist() == [True]
        returned = ("a", newest[1], newest[2] + timedelta(days=9), False)
        alive, _ = _in_batches(connection, late, [[returned]])
        assert alive.current.column("_is_deleted").to_pylist() == [False]

"""Which rows are new versions: the short way for rows that need no ordering says what the long way says."""

import itertools
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from unittest import mock

import duckdb
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingestion.raw import scratch, versions
from ingestion.raw.arrow_types import arrow_schema
from ingestion.raw.scratch import Rows, RowsBuilder, Scratch
from ingestion.raw.versions import CURRENT, TO_ORDER, Known

ROW = st.tuples(
    st.sampled_from("ab"),
    st.sampled_from("xyz"),
    st.sampled_from([None, 1, 2]),
    st.sampled_from([None, datetime(2026, 1, 1), datetime(2026, 1, 2)]),
)
BATCHES = st.lists(st.lists(ROW, max_size=5), min_size=1, max_size=4)
EVERYTHING = f"select _order, {TO_ORDER}::utinyint as kind from candidate"


def _hash(said: str) -> int:
    """A record hash, one for each text."""
    return int.from_bytes(said.encode().ljust(24)[-24:], "big") % (2**61 - 1)


def _table(rows: Sequence[tuple[str, str, int | None, datetime | None]]) -> pa.Table:
    names = ("_row_key", "_record_hash", "_source_version", "_source_updated_at")
    cells = [
        {**dict(zip(names, (key, _hash(said), *rest), strict=True)), "_is_deleted": False}
        for key, said, *rest in rows
    ]
    schema = arrow_schema(CURRENT)
    return pa.Table.from_pylist(cells, schema=pa.schema([schema.field(n) for n in (*names, "_is_deleted")]))


def _told(known: Known, rows: Rows) -> tuple[list[int], list[bool]]:
    decided = known.decide(rows)
    known.add(rows, decided)
    return decided.version.tolist(), decided.is_late.tolist()


@settings(max_examples=15, deadline=None)
@given(batches=BATCHES)
def test_the_short_way_and_the_long_way_agree(
    batches: Sequence[Sequence[tuple[str, str, int | None, datetime | None]]],
) -> None:
    with duckdb.connect() as connection, duckdb.connect() as other:
        short, long = Known(connection, "line"), Known(other, "line")
        for batch in batches:
            rows = _table(batch)
            found = _told(short, rows)
            with mock.patch.object(versions, "KINDS", EVERYTHING):
                assert found == _told(long, rows)
        ends = [one.execute("from held_line order by all").fetchall() for one in (connection, other)]
        assert ends[0] == ends[1]


@settings(max_examples=20, deadline=None)
@given(batches=BATCHES)
def test_rows_in_a_file_are_decided_as_rows_in_memory(
    batches: Sequence[Sequence[tuple[str, str, int | None, datetime | None]]],
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    folder = Scratch(tmp_path_factory.mktemp("home"))
    with (
        duckdb.connect() as connection,
        duckdb.connect() as other,
        mock.patch.object(scratch, "IN_MEMORY", 1),
        mock.patch.object(scratch, "PORTION", 2),
    ):
        here, there = Known(connection, "line"), Known(other, "line")
        for batch in batches:
            rows = _table(batch)
            builder = RowsBuilder(rows.schema, folder)
            for at in range(rows.num_rows):
                builder.add(rows.slice(at, 1))
            assert _told(there, builder.rows()) == _told(here, rows)


def test_scratch_files_end_with_their_rows_and_a_killed_runs_folder_with_the_next_run(tmp_path: Path) -> None:
    mine = Scratch(tmp_path)
    with mock.patch.object(scratch, "IN_MEMORY", 1):
        builder = RowsBuilder(pa.schema([("n", pa.int64())]), mine)
        builder.add(pa.table({"n": np.arange(5)}))
        rows: Rows | None = builder.rows()
    assert len(list(mine.folder.glob("*.parquet"))) == 1
    rows = None
    assert list(mine.folder.glob("*.parquet")) == [], rows
    left = tmp_path / "scratch" / "killed"
    left.mkdir()
    (left / ".lock").touch()
    (left / "rows.parquet").touch()
    Scratch(tmp_path)
    assert list((tmp_path / "scratch").iterdir()) == [mine.folder], "a living run keeps its own"


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


def _deliveries(rows: Sequence[tuple[str, int | None, datetime | None, bool]]) -> pa.Table:
    cells = [
        {
            "_row_key": key,
            "_record_hash": _hash(f"{key} {number} {at and at.strftime('%m-%d')} {is_deleted}"),
            "_source_version": number,
            "_source_updated_at": at,
            "_is_deleted": is_deleted,
        }
        for key, number, at, is_deleted in rows
    ]
    schema = pa.schema([field for field in arrow_schema(CURRENT) if field.name != "_version"])
    return pa.Table.from_pylist(cells, schema=schema)


def _in_batches(known: Known, batches: Iterable[Sequence[tuple[str, int | None, datetime, bool]]]) -> int:
    """How many versions some batches made, which are known afterwards."""
    return sum(sum(number > 0 for number in _told(known, _deliveries(batch))[0]) for batch in batches)


def _said(connection: duckdb.DuckDBPyConnection) -> dict[str, int]:
    return dict(connection.execute("select _row_key, _record_hash from held_line").fetchall())


@settings(max_examples=20, deadline=None)
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
        known = Known(connection, "line")
        count, said = _in_batches(known, batches), _said(connection)
        expected = _deliveries(list(newest.values())).to_pylist()
        assert said == {row["_row_key"]: row["_record_hash"] for row in expected}
        assert count <= len(deliveries)
        assert _in_batches(known, batches) == 0 and _said(connection) == said


@settings(max_examples=15, deadline=None)
@given(deliveries=STAMPS, data=st.data())
def test_what_is_older_never_brings_a_deleted_key_back_and_what_is_newer_does(
    deliveries: Sequence[tuple[str, int | None, datetime, bool]], data: st.DataObject
) -> None:
    living = [("a", number, at, False) for key, number, at, _ in deliveries if key == "a"]
    living = living or [("a", 1, datetime(2026, 1, 2), False)]
    newest = max(living, key=lambda row: (row[1] or 0, row[2]))
    older = [row for row in living if row != newest]
    with duckdb.connect() as connection:
        known = Known(connection, "line")
        _in_batches(known, [[newest]])
        versions_of_it = _deliveries([newest]).append_column("_version", pa.array([1]))
        for name in ("_file_name", "_line_number"):
            versions_of_it = versions_of_it.append_column(name, pa.nulls(1))
        absent = known.absent(_deliveries([]), pa.array([], pa.string()))
        known.add_versions(known.tombstones(versions_of_it, absent))
        _in_batches(known, [[row] for row in data.draw(st.permutations(older))])
        is_deleted = "select _is_deleted from held_line"
        assert connection.execute(is_deleted).fetchall() == [(True,)]
        _in_batches(known, [[("a", newest[1], newest[2] + timedelta(days=9), False)]])
        assert connection.execute(is_deleted).fetchall() == [(False,)]


def _kept(
    known: Known, rows: Sequence[tuple[str, int | None, datetime | None, bool]]
) -> list[dict[str, object]]:
    """What raw keeps of some rows, which are known afterwards."""
    table = _deliveries(rows)
    decided = known.decide(table)
    known.add(table, decided)
    return [row for part in decided.versions(table, decided.is_new) for row in part.to_pylist()]


def _newest_of(raw: Sequence[dict[str, object]]) -> object:
    with duckdb.connect() as connection:
        connection.register("raw", pa.Table.from_pylist(list(raw), schema=arrow_schema(CURRENT)))
        query = f"select _record_hash from raw order by {versions.NEWEST_FIRST} limit 1"
        return connection.execute(query).fetchall()[0][0]


@settings(max_examples=20, deadline=None)
@given(deliveries=STAMPS, data=st.data())
def test_a_row_without_a_stamp_is_newest_by_arrival_until_a_newer_stamp_comes(
    deliveries: Sequence[tuple[str, int | None, datetime, bool]], data: st.DataObject
) -> None:
    stamped = [("a", number, at, False) for _, number, at, _ in deliveries]
    stamped = sorted(set(stamped), key=lambda row: (row[1] or 0, row[2]))
    newest = stamped[-1]
    silent = ("a", None, None, False)
    before = data.draw(st.permutations(stamped[data.draw(st.integers(0, len(stamped) - 1)) :]))
    after = data.draw(st.permutations([*stamped, silent]))
    with duckdb.connect() as connection:
        known, raw = Known(connection, "line"), list[dict[str, object]]()
        for batch in [before, [silent]] if data.draw(st.booleans()) else [[*before, silent]]:
            raw += _kept(known, batch)
        for row in after:
            raw += _kept(known, [row])
            assert _said(connection) == {"a": _hash("a None None False")}, "older rows change nothing"
        assert _newest_of(raw) == _hash("a None None False"), "raw says what is known"
        assert len({row["_version"] for row in raw}) == len(raw) == len(stamped) + 1
        later = ("a", newest[1], newest[2] + timedelta(days=1), False)
        _kept(known, [later])
        assert _said(connection) == {"a": _deliveries([later]).to_pylist()[0]["_record_hash"]}


@settings(max_examples=20, deadline=None)
@given(deliveries=STAMPS, data=st.data())
def test_only_a_reading_of_what_is_there_brings_a_deleted_key_back_older(
    deliveries: Sequence[tuple[str, int | None, datetime, bool]], data: st.DataObject
) -> None:
    """A reading that tells what is there now shows it; a delivery that does not tell so proves nothing."""
    older = [("a", number, at, False) for _, number, at, _ in deliveries]
    older = sorted(set(older), key=lambda row: (row[1] or 0, row[2]))
    last = ("a", 2, datetime(2026, 2, 1), False)
    seen = data.draw(st.lists(st.sampled_from(older), unique=True))
    with duckdb.connect() as connection:
        known = Known(connection, "line")
        raw = _kept(known, [*seen, last])
        absent = known.absent(_deliveries([]), pa.array([], pa.string()))
        columns = pa.Table.from_pylist(raw, schema=arrow_schema(CURRENT))
        for name in ("_file_name", "_line_number"):
            columns = columns.append_column(name, pa.nulls(columns.num_rows))
        known.add_versions(known.tombstones(columns, absent))
        raw += known.tombstones(columns, absent).select(columns.column_names[:-2]).to_pylist()
        ended = _said(connection)
        for row in data.draw(st.permutations(older)):
            raw += _kept(known, [row])
            assert _said(connection) == ended
        batch = _deliveries(data.draw(st.permutations(older)))
        elsewhere = pa.table({"_row_key": ["b"]})
        assert known.decide(batch, elsewhere).new_rows == 0
        decided = known.decide(batch, batch)
        known.add(batch, decided)
        raw += [row for part in decided.versions(batch, decided.is_new) for row in part.to_pylist()]
        assert (decided.new_rows, decided.late_rows) == (1, 0)
        expected = _deliveries([older[-1]]).to_pylist()[0]["_record_hash"]
        assert _said(connection) == {"a": expected} and _newest_of(raw) == expected
        for row in data.draw(st.permutations([*older, *seen])):
            assert _kept(known, [row]) == []
        assert _said(connection) == {"a": expected}

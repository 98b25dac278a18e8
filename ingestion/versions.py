"""Which checked rows are new versions: a row is one when its hash differs from the version it follows.

Versions of a key follow the source's version, then its time, then the order of arrival. So A, B, A is three
versions and an unchanged row is none. A row that the source had already replaced when it arrived is late: it
is kept once, and the version it would have come before stays current.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

import duckdb
import numpy as np
import pyarrow as pa

from ingestion.arrow_types import arrow_schema

# Per key the version that counts, with the highest number given so far, not its own.
CURRENT = arrow_schema(
    (
        ("_row_key", "varchar"),
        ("_version", "bigint"),
        ("_record_hash", "varchar"),
        ("_source_version", "bigint"),
        ("_source_updated_at", "timestamp"),
        ("_is_deleted", "boolean"),
    )
)
SUPERSEDED = arrow_schema((("_row_key", "varchar"), ("_record_hash", "varchar")))
NEWEST_FIRST = "_source_version desc nulls last, _source_updated_at desc nulls last, _version desc"

NUMBERED = """
    with arrived as (
        select _row_key, _record_hash, _source_version, _source_updated_at, _order from candidate
        union all
        select
            held._row_key, held._record_hash, held._source_version, held._source_updated_at, -1 as _order
        from held
        semi join candidate on held._row_key = candidate._row_key
    ),
    ordered as (
        select
            _row_key,
            _order,
            _record_hash,
            lag(_record_hash) over oldest_first as hash_before,
            row_number() over oldest_first as place,
            max(case when _order = -1 then 1 else 0 end) over (partition by _row_key)
                > max(case when _order = -1 then 1 else 0 end) over oldest_first as is_late
        from arrived
        window oldest_first as (
            partition by _row_key
            order by _source_version nulls first, _source_updated_at nulls first, _order
        )
    ),
    fresh as (
        select ordered.*
        from ordered
        left join held on ordered._row_key = held._row_key
        where
            ordered._order >= 0
            and ordered._record_hash is distinct from ordered.hash_before
            and not (
                ordered.is_late
                and (
                    ordered._record_hash = held._record_hash
                    or exists (
                        select 1 from superseded
                        where
                            superseded._row_key = ordered._row_key
                            and superseded._record_hash = ordered._record_hash
                    )
                )
            )
    )
    select
        candidate.* exclude (_order),
        fresh.is_late as _is_late,
        coalesce(held._version, 0)
            + row_number() over (partition by candidate._row_key order by fresh.place) as _version
    from fresh
    inner join candidate on fresh._order = candidate._order
    left join held on candidate._row_key = held._row_key
    order by candidate._order
"""

# Most rows need no ordering: their key is new, or they say what is known already.
NEW, KNOWN_ALREADY, TO_ORDER = 0, 1, 2
KINDS = f"""
    with repeated as (select _row_key from candidate group by _row_key having count(*) > 1)
    select
        case
            when repeated._row_key is not null then {TO_ORDER}
            when held._row_key is null then {NEW}
            when candidate._record_hash = held._record_hash then {KNOWN_ALREADY}
            else {TO_ORDER}
        end as kind
    from candidate
    left join held on candidate._row_key = held._row_key
    left join repeated on candidate._row_key = repeated._row_key
    order by candidate._order
"""

AFTER = f"""
    with held_and_added as (
        select _row_key, _version, _record_hash, _source_version, _source_updated_at, _is_deleted from held
        union all
        select _row_key, _version, _record_hash, _source_version, _source_updated_at, _is_deleted from added
    )
    select
        _row_key, _record_hash, _source_version, _source_updated_at, _is_deleted,
        max(_version) over (partition by _row_key) as _version,
        row_number() over (partition by _row_key order by {NEWEST_FIRST}) = 1 as is_current
    from held_and_added
"""

TOMBSTONES = f"""
    with latest as (
        select versions.* from versions semi join absent using (_row_key)
        qualify row_number() over (partition by _row_key order by {NEWEST_FIRST}) = 1
    )
    select
        latest.* replace (
            true as _is_deleted,
            sha256(latest._record_hash || '|absent') as _record_hash,
            held._version + 1 as _version
        ),
        false as _is_late
    from latest
    inner join held on latest._row_key = held._row_key
"""


class Known(NamedTuple):
    """What an instance's table holds: the current version of each key, and the hashes of the others."""

    current: pa.Table
    superseded: pa.Table


NOTHING = Known(CURRENT.empty_table(), SUPERSEDED.empty_table())


def new_versions(connection: duckdb.DuckDBPyConnection, rows: pa.Table, known: Known) -> pa.Table:
    """The rows of one table that are new, with `_version` and `_is_late`."""
    ordered = rows.append_column("_order", pa.array(np.arange(rows.num_rows)))
    keys = ordered.select(["_row_key", "_record_hash", "_order"])
    with _registered(connection, candidate=keys, held=known.current):
        kinds = connection.execute(KINDS).to_arrow_table().column("kind")
    is_new, to_order = (pa.compute.equal(kinds, kind) for kind in (NEW, TO_ORDER))
    new = rows if pa.compute.all(is_new).as_py() else rows.filter(is_new)
    new = new.append_column("_is_late", pa.repeat(False, new.num_rows))
    new = new.append_column("_version", pa.repeat(pa.scalar(1, pa.int64()), new.num_rows))
    if not pa.compute.any(to_order).as_py():
        return new
    candidate = ordered.filter(to_order)
    with _registered(connection, candidate=candidate, held=known.current, superseded=known.superseded):
        numbered = connection.execute(NUMBERED).to_arrow_table()
    return pa.concat_tables([new, numbered.cast(new.schema)])


def after(connection: duckdb.DuckDBPyConnection, known: Known, added: pa.Table) -> Known:
    """What is known once `added` is loaded, for the next batch of the same load."""
    with _registered(connection, held=known.current, added=added):
        return split(connection.execute(AFTER).to_arrow_table(), known.superseded)


def absent_keys(connection: duckdb.DuckDBPyConnection, known: Known, present: pa.Array) -> pa.Table:
    """The keys that are known, not deleted and not present."""
    with _registered(connection, held=known.current, present=pa.table({"_row_key": present})):
        return connection.execute(
            "select _row_key from held anti join present using (_row_key) where not _is_deleted"
        ).to_arrow_table()


def tombstones(
    connection: duckdb.DuckDBPyConnection, rows: pa.Table, known: Known, absent: pa.Table
) -> pa.Table:
    """One deleted version per absent key, with the values of its latest version among the raw `rows`.

    It takes the place of that version in the order of the source, so the key lives again when it returns.
    """
    with _registered(connection, versions=rows, held=known.current, absent=absent):
        return connection.execute(TOMBSTONES).to_arrow_table()


def split(versions: pa.Table, superseded: pa.Table = NOTHING.superseded) -> Known:
    """Versions marked `is_current` or not, as what is known."""
    is_current = versions.column("is_current")
    others = versions.filter(pa.compute.invert(is_current)).select(SUPERSEDED.names).cast(SUPERSEDED)
    return Known(
        versions.filter(is_current).select(CURRENT.names).cast(CURRENT),
        pa.concat_tables([superseded, others]),
    )


@contextmanager
def _registered(connection: duckdb.DuckDBPyConnection, **tables: pa.Table) -> Iterator[None]:
    for name, table in tables.items():
        connection.register(name, table)
    try:
        yield
    finally:
        for name in tables:
            connection.unregister(name)

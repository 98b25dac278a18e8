"""Which checked rows are new versions: a row is one when its hash differs from its key's current version.

So A, B, A is three versions, an unchanged row is none, and several versions of one key in one batch follow
the source's version, then its time, then the order of the payload.
"""

import duckdb
import pyarrow as pa

NUMBERED = """
    with ordered as (
        select
            *,
            lag(_record_hash) over within_key as hash_before,
            row_number() over within_key as place
        from candidate
        window within_key as (
            partition by _row_key
            order by _source_version nulls first, _source_updated_at nulls first, _order
        )
    ),
    compared as (
        select
            ordered.* exclude (hash_before, place),
            ordered.place,
            coalesce(held._version, 0) as version_before,
            case when ordered.place = 1 then held._record_hash else ordered.hash_before end as hash_before
        from ordered
        left join held on held._row_key = ordered._row_key
    ),
    fresh as (
        select * from compared where _record_hash is distinct from hash_before
    )
    select
        fresh.* exclude (place, hash_before, version_before, _order),
        version_before + row_number() over (partition by _row_key order by place) as _version
    from fresh
    order by _order
"""


def new_versions(connection: duckdb.DuckDBPyConnection, rows: pa.Table, current: pa.Table) -> pa.Table:
    """The rows of one table that are new, with `_version`.

    `current` has `_row_key`, `_version`, `_record_hash` of the instance's current versions.
    """
    ordered = rows.append_column("_order", pa.array(range(rows.num_rows), pa.int64()))
    connection.register("candidate", ordered)
    connection.register("held", current)
    try:
        return connection.execute(NUMBERED).to_arrow_table()
    finally:
        connection.unregister("candidate")
        connection.unregister("held")


def latest(current: pa.Table, added: pa.Table, connection: duckdb.DuckDBPyConnection) -> pa.Table:
    """The current versions after `added`, for the next batch of the same load."""
    names = ["_row_key", "_version", "_record_hash"]
    connection.register("versions", pa.concat_tables([current.select(names), added.select(names)]))
    try:
        return connection.execute(
            "select _row_key, max(_version) as _version, max_by(_record_hash, _version) as _record_hash"
            " from versions group by _row_key"
        ).to_arrow_table()
    finally:
        connection.unregister("versions")

"""The order in which rows become versions: the source's own, and arrival where the source tells none.

A row without a version and a time of change is newest by arrival: it takes the place right behind the newest
that was known when it came. So does a living row that a reading shows which tells what is there now
(`living`), when raw has its key as deleted because a snapshot or key set lacked it. Every other
row stands where its source puts it, so an older one that comes late brings nothing back.

The place is written into the stamps of such a row, a microsecond behind what it follows: raw, a rebuild and
the models then read one order from the same two columns.
"""

from ingestion.raw.record_hash import hash_of_absent

NO_NUMBER, NO_TIME = "(-9223372036854775808)::bigint", "'-infinity'::timestamp"

# Rows of `candidate` that are `picked`, beside what is held (`_order` -1), to the new versions among them.
NUMBERED = f"""
    with to_order as (select candidate.* from candidate semi join picked using (_order)),
    mine as (select held.* from {{held}} as held semi join to_order using (_row_key)),
    brought_back as (
        select mine._row_key from mine
        semi join living using (_row_key)
        where
            mine._is_deleted
            and exists (
                select 1 from {{superseded}} as superseded
                where
                    superseded._row_key = mine._row_key
                    and {hash_of_absent("superseded._record_hash")} = mine._record_hash
            )
    ),
    arrived as (
        from to_order
        union all by name
        select * exclude (_version), -1 as _order from mine
    ),
    stamped as (
        select
            *,
            case
                when coalesce(_source_version::varchar, _source_updated_at::varchar) is not null
                    then struct_pack(
                        number := coalesce(_source_version, {NO_NUMBER}),
                        moment := coalesce(_source_updated_at, {NO_TIME})
                    )
            end as stamp
        from arrived
    ),
    compared as (
        select
            *,
            max(stamp) over (
                partition by _row_key order by _order rows between unbounded preceding and 1 preceding
            ) as newest,
            row_number() over (
                partition by _row_key, _order >= 0 order by stamp desc nulls last, _order desc
            ) = 1 as is_newest_read
        from stamped
    ),
    judged as (
        select
            compared.*,
            compared._order >= 0
            and compared.newest is not null
            and (
                compared.stamp is null
                or (compared._source_updated_at is null and compared._source_version = compared.newest.number)
                or (
                    brought_back._row_key is not null
                    and compared.is_newest_read
                    and not compared._is_deleted
                    and compared.stamp < compared.newest
                )
            ) as is_moved
        from compared
        left join brought_back on compared._row_key = brought_back._row_key
    ),
    placed as (
        select
            _row_key, _record_hash, _order, coalesce(is_moved, false) as is_moved,
            case when is_moved then nullif(newest.number, {NO_NUMBER}) else _source_version end
                as _source_version,
            case
                when is_moved then nullif(newest.moment, {NO_TIME}) + interval 1 microsecond
                else _source_updated_at
            end as _source_updated_at
        from judged
    ),
    ordered as (
        select
            *,
            lag(_record_hash) over oldest_first as hash_before,
            row_number() over oldest_first as place,
            max(case when _order = -1 then 1 else 0 end) over (partition by _row_key)
                > max(case when _order = -1 then 1 else 0 end) over oldest_first as is_late
        from placed
        window oldest_first as (
            partition by _row_key
            order by _source_version nulls first, _source_updated_at nulls first, _order
        )
    ),
    fresh as (
        select ordered.*, coalesce(mine._version, 0) as held_version
        from ordered
        left join mine on ordered._row_key = mine._row_key
        where
            ordered._order >= 0
            and ordered._record_hash is distinct from ordered.hash_before
            and not (
                ordered.is_late
                and (
                    ordered._record_hash = mine._record_hash
                    or exists (
                        select 1 from {{superseded}} as superseded
                        where
                            superseded._row_key = ordered._row_key
                            and superseded._record_hash = ordered._record_hash
                    )
                )
            )
    )
    select
        _order, is_late, is_moved, _source_version, _source_updated_at,
        held_version + row_number() over (partition by _row_key order by place) as _version
    from fresh
"""

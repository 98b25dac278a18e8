-- One row per verdict of an entity that differs from the one before: the journal, and after it this run's (mechanics: Memory of verdicts).
with

journal as (select * from {{ ref('can_verdict') }}),
today as (select * from {{ ref('int_verdict__current') }}),
run as (select * from {{ ref('stg_landscape__run') }}),
unread as (select count(*) as domain_count from {{ ref('int_unread_master') }}),

-- A run for an earlier day or an earlier state of knowledge sees only what was known then.
known as (
    select
        journal.entity_type,
        journal.source_instance,
        journal.native_id,
        journal.seq,
        journal.known_at,
        journal.as_of,
        journal.match_status,
        journal.codes,
        journal.fingerprint
    from journal
    cross join run
    where journal.known_at <= run.known_at and journal.as_of <= run.as_of
),

latest as (
    select
        known.*,
        row_number() over (
            partition by known.entity_type, known.source_instance, known.native_id
            order by known.seq desc nulls last
        ) as recency
    from known
),

changed as (
    select
        today.entity_type,
        today.source_instance,
        today.native_id,
        coalesce(latest.seq, 0) + 1 as seq,
        run.known_at,
        run.as_of,
        today.match_status,
        today.codes,
        today.fingerprint
    from today
    cross join run
    left join latest
        on
            today.entity_type = latest.entity_type
            and today.source_instance = latest.source_instance
            and today.native_id = latest.native_id
            and latest.recency = 1
    where
        latest.seq is null
        or latest.match_status <> today.match_status
        or latest.codes <> today.codes
        or latest.fingerprint <> today.fingerprint
),

-- An entity that no longer shows is cleared, once; not while it may be silence that keeps it from showing.
gone as (
    select
        latest.entity_type,
        latest.source_instance,
        latest.native_id,
        latest.seq + 1 as seq,
        run.known_at,
        run.as_of,
        'CLEARED' as match_status,
        '' as codes,
        '{}' as fingerprint
    from latest
    cross join run
    cross join unread
    left join today
        on
            latest.entity_type = today.entity_type
            and latest.source_instance = today.source_instance
            and latest.native_id = today.native_id
    where
        latest.recency = 1
        and today.native_id is null
        and latest.match_status <> 'CLEARED'
        and unread.domain_count = 0
),

final as (
    select *, false as is_new from known
    union all
    select *, true as is_new from changed
    union all
    select *, true as is_new from gone
)

select * from final

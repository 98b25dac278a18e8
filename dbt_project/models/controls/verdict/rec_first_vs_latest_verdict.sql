-- One row per judged invoice line: what it was at its first evaluation, ever after, and now (domain_rules 3.16 K1, K2).
with

history as (select * from {{ ref('int_verdict__history') }} where entity_type = 'invoice_line'),
codes as (select * from {{ ref('exception_code') }}),

blocked as (
    select
        history.source_instance,
        history.native_id,
        max(case when codes.severity = 'BLOCK' then 1 else 0 end) as block_count
    from history
    inner join codes on ',' || history.codes || ',' like '%,' || codes.code || ',%'
    where history.codes <> '' and history.match_status = 'EXCEPTION'
    group by history.source_instance, history.native_id
),

matched as (
    select
        source_instance,
        native_id,
        min(as_of) as first_matched_on
    from history
    where match_status in ('MATCHED', 'MATCHED_IN_TOLERANCE')
    group by source_instance, native_id
),

ordered as (
    select
        history.*,
        row_number() over (
            partition by history.source_instance, history.native_id
            order by history.seq
        ) as first_rank,
        row_number() over (
            partition by history.source_instance, history.native_id
            order by history.seq desc nulls last
        ) as latest_rank
    from history
),

final as (
    select
        firsts.source_instance,
        firsts.native_id,
        firsts.as_of as first_evaluated_on,
        firsts.match_status as first_match_status,
        firsts.codes as first_codes,
        latest.match_status as latest_match_status,
        matched.first_matched_on,
        coalesce(blocked.block_count, 0) = 1 as is_ever_exception
    from ordered as firsts
    inner join ordered as latest
        on
            firsts.source_instance = latest.source_instance
            and firsts.native_id = latest.native_id
            and latest.latest_rank = 1
    left join matched
        on firsts.source_instance = matched.source_instance and firsts.native_id = matched.native_id
    left join blocked
        on firsts.source_instance = blocked.source_instance and firsts.native_id = blocked.native_id
    where firsts.first_rank = 1
)

select * from final

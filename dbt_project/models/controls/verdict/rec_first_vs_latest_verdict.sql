-- One row per judged invoice line: what it was at its first evaluation, ever after, and now (domain_rules 3.16 K1, K2).
with

history as (
    select * from {{ ref('int_verdict__history') }}
    where entity_type = 'invoice_line' and match_status <> 'NOT_JUDGED'
),

-- The status says what blocked at the time, also where a tolerance made more of a code than its list does.
blocked as (
    select
        source_instance,
        native_id,
        max(case when match_status = 'EXCEPTION' then 1 else 0 end) as block_count
    from history
    group by source_instance, native_id
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

-- Changed afterwards: quantity or price of the line itself, or no longer matched. A receipt that comes changes nothing of it.
touched as (
    select
        later.source_instance,
        later.native_id,
        count(*) as change_count
    from ordered as later
    inner join ordered as firsts
        on
            later.source_instance = firsts.source_instance
            and later.native_id = firsts.native_id
            and firsts.first_rank = 1
    where
        later.first_rank > 1
        and later.match_status <> 'CLEARED'
        and (
            later.match_status not in ('MATCHED', 'MATCHED_IN_TOLERANCE')
            {%- for number in ['invoiced_quantity', 'invoice_unit_price'] %}
            or {{ json_text('later.fingerprint', number) }}
            is distinct from {{ json_text('firsts.fingerprint', number) }}
            {%- endfor %}
        )
    group by later.source_instance, later.native_id
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
        coalesce(blocked.block_count, 0) = 1 as is_ever_exception,
        touched.change_count is not null as is_touched
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
    left join touched
        on firsts.source_instance = touched.source_instance and firsts.native_id = touched.native_id
    where firsts.first_rank = 1 and firsts.match_status <> 'CLEARED'
)

select * from final

-- One row per owner role and kind of question: what waits and how long, what was decided lately and how fast, and what did not hold.
with

questions as (select * from {{ ref('rec_decision_vs_question') }}),
records as (select * from {{ ref('dim_supplier_record') }}),

-- Only what a score decided is less than certain: what a person or a system states is not matching's answer.
joined_by_match as (
    select
        'vendor_master_governance' as owner_role,
        'SUPPLIER_PAIR' as task_type,
        count(*) as match_count
    from records
    where link_confidence < 1
),

counted as (
    select
        owner_role,
        task_type,
        sum(case when is_open then 1 else 0 end) as open_count,
        sum(case when is_open then amount_at_risk end) as open_amount_at_risk,
        max(open_days) as oldest_open_days,
        {%- for name, condition in [('0_30', '<= 30'), ('31_60', 'between 31 and 60'), ('61_90', 'between 61 and 90'),
            ('91_180', 'between 91 and 180'), ('over_180', '> 180')] %}
        sum(case when open_days {{ condition }} then 1 else 0 end) as open_{{ name }}_days_count,
        {%- endfor %}
        sum(case when is_open and open_days is null then 1 else 0 end) as open_undated_count,
        sum(case when is_open then 0 else 1 end) as decided_count,
        sum(case when is_decided_lately then 1 else 0 end) as decided_lately_count,
        {{ percentile('case when is_decided_lately then hours_to_decide end', 0.5) }} as median_hours_to_decide,
        sum(reversal_count) as person_reversed_count,
        sum(case when is_match_reversed then 1 else 0 end) as match_reversed_count
    from questions
    group by owner_role, task_type
),

final as (
    select
        coalesce(counted.owner_role, joined_by_match.owner_role) as owner_role,
        coalesce(counted.task_type, joined_by_match.task_type) as task_type,
        cast(coalesce(counted.open_count, 0) as bigint) as open_count,
        {{ money('coalesce(counted.open_amount_at_risk, 0)') }} as open_amount_at_risk,
        cast(counted.oldest_open_days as bigint) as oldest_open_days,
        {%- for name in ['open_0_30_days', 'open_31_60_days', 'open_61_90_days', 'open_91_180_days',
            'open_over_180_days', 'open_undated', 'decided', 'decided_lately'] %}
        cast(coalesce(counted.{{ name }}_count, 0) as bigint) as {{ name }}_count,
        {%- endfor %}
        cast(counted.median_hours_to_decide as decimal(18, 2)) as median_hours_to_decide,
        cast(coalesce(counted.person_reversed_count, 0) as bigint) as person_reversed_count,
        cast(joined_by_match.match_count as bigint) as match_count,
        case
            when joined_by_match.task_type is not null
                then cast(coalesce(counted.match_reversed_count, 0) as bigint)
        end as match_reversed_count
    from counted
    full join joined_by_match
        on counted.owner_role = joined_by_match.owner_role and counted.task_type = joined_by_match.task_type
)

select * from final

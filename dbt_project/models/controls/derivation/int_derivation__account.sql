-- One row per question with any rule: the segments that its rules fill, side by side, and the rules that decided or tie (domain_rules 3.10).
with

segments as (select * from {{ ref('int_derivation__segment') }}),

final as (
    select
        derivation_case_key,
        {%- for segment in ['ACCOUNT', 'COST_CENTER', 'SERVICE_LINE', 'PROJECT', 'FUND'] %}
        max(case when segment = '{{ segment }}' then segment_value end) as {{ segment | lower }},
        {%- endfor %}
        coalesce(
            max(case when is_ambiguous then rule_ids end), max(case when segment = 'ACCOUNT' then rule_ids end)
        ) as rule_ids,
        max(case when is_ambiguous then 1 else 0 end) = 1 as has_ambiguity,
        max(case when segment = 'ACCOUNT' then 1 else 0 end) = 1 as has_rule
    from segments
    group by derivation_case_key
)

select * from final

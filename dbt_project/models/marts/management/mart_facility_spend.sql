-- One row per view of the hierarchy, facility or what is above it, service line, period and currency: spend of all charge classes (domain_rules 3.16, K10).
with

spend as (select * from {{ ref('mart_spend') }}),
ancestors as (select * from {{ ref('dim_facility_ancestor') }}),

-- AS_WAS: who stood above on the day of the posting. AS_IS: who stands above now, whatever the day.
placed as (
    {%- for hierarchy in ['AS_WAS', 'AS_IS'] %}
    select
        '{{ hierarchy }}' as hierarchy,
        coalesce(ancestors.depth, 0) as depth,
        coalesce(ancestors.ancestor_code, spend.facility_code, 'UNKNOWN') as facility_code,
        ancestors.ancestor_name as facility_name,
        coalesce(spend.service_line_code, 'UNKNOWN') as service_line_code,
        spend.period_code,
        spend.currency_code,
        spend.spend_amount
    from spend
    left join ancestors
        on
            spend.facility_code = ancestors.facility_code
            {%- if hierarchy == 'AS_IS' %}
            and ancestors.is_current
            {%- else %}
            and {{ in_interval('spend.posting_date', 'ancestors.valid_from', 'ancestors.valid_to') }}
            {%- endif %}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

final as (
    select
        hierarchy,
        depth,
        facility_code,
        max(facility_name) as facility_name,
        service_line_code,
        period_code,
        currency_code,
        count(*) as spend_line_count,
        {{ money('sum(spend_amount)') }} as spend_amount
    from placed
    group by hierarchy, depth, facility_code, service_line_code, period_code, currency_code
)

select * from final

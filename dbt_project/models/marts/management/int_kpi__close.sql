-- One row per close KPI and month: business days to close (K9) and readiness (domain_rules 3.15, 3.16).
with

periods as (select * from {{ ref('mart_close_readiness') }}),

ended as (
    select
        substr(cast(ends_on as string), 1, 7) as period_code,
        sum(days_to_close) as close_days,
        count(days_to_close) as closed_count,
        sum(weight_passed) as weight_passed,
        sum(weight_total) as weight_total
    from periods
    where ends_on <= as_of_date
    group by substr(cast(ends_on as string), 1, 7)
),

final as (
    {%- for code, numerator, denominator in [
        ('K9', 'close_days', 'closed_count'), ('K9_READINESS', 'weight_passed', 'weight_total')] %}
    select
        '{{ code }}' as kpi_code,
        period_code,
        'UNKNOWN' as facility_code,
        cast({{ numerator }} as decimal(18, 2)) as numerator,
        cast({{ denominator }} as decimal(18, 2)) as denominator
    from ended
    where {{ denominator }} > 0
    {{ 'union all' if not loop.last }}
    {%- endfor %}
)

select * from final

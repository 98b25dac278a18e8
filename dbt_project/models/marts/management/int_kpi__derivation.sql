-- One row per month and facility: lines without a derived account among those derived (K16, domain_rules 3.16).
with

lines as (select * from {{ ref('mart_account_derivation') }}),

final as (
    select
        'K16' as kpi_code,
        substr(cast(derived_on as string), 1, 7) as period_code,
        coalesce(facility_code, 'UNKNOWN') as facility_code,
        cast(sum(case when failure_reason is null then 0 else 1 end) as decimal(18, 2)) as numerator,
        cast(count(*) as decimal(18, 2)) as denominator
    from lines
    group by substr(cast(derived_on as string), 1, 7), coalesce(facility_code, 'UNKNOWN')
)

select * from final

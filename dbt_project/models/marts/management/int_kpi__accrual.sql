-- One row per facility in the month of the run: goods received and not invoiced for more than 90 days, among all such goods (K17, domain_rules 3.16).
with

accruals as (select * from {{ ref('mart_grni') }} where grni_amount <> 0),

final as (
    select
        'K17' as kpi_code,
        substr(cast(as_of_date as string), 1, 7) as period_code,
        coalesce(facility_code, 'UNKNOWN') as facility_code,
        cast(sum(case when age_bucket in ('91-180', '>180') then grni_amount else 0 end) as decimal(18, 2))
            as numerator,
        cast(sum(grni_amount) as decimal(18, 2)) as denominator
    from accruals
    group by substr(cast(as_of_date as string), 1, 7), coalesce(facility_code, 'UNKNOWN')
)

select * from final

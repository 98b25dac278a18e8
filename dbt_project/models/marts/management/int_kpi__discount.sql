-- One row per month and facility: discounts taken among those that early payment would have saved (K18, domain_rules 3.16).
with

dues as (select * from {{ ref('rec_invoice_vs_due_date') }}),
run as (select * from {{ ref('dim_run') }}),

-- A discount counts in the month in which it ends, once it can no longer be taken or was taken.
final as (
    select
        'K18' as kpi_code,
        substr(cast(dues.discount_until as string), 1, 7) as period_code,
        coalesce(dues.facility_code, 'UNKNOWN') as facility_code,
        cast(sum(dues.discount_taken_amount) as decimal(18, 2)) as numerator,
        cast(sum(dues.discount_available_amount) as decimal(18, 2)) as denominator
    from dues
    cross join run
    where
        dues.discount_available_amount > 0
        and (dues.discount_until < run.as_of or dues.discount_taken_amount > 0)
    group by substr(cast(dues.discount_until as string), 1, 7), coalesce(dues.facility_code, 'UNKNOWN')
)

select * from final

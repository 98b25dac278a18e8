-- One row per posting period and facility: spend without tax, charges with the facility of the line that bears them (K10).
with

spend as (
    select * from {{ ref('mart_spend') }}
    where coalesce(charge_class, 'GOODS') in ('GOODS', 'SERVICE', 'DISCOUNT')
),
shares as (
    select * from {{ ref('bridge_charge_x_invoice_line') }}
    where charge_class not in ('TAX_SALES', 'TAX_USE', 'DISCOUNT')
),

borne as (
    select
        invoice_line_key,
        sum(allocated_amount) as charge_amount
    from shares
    group by invoice_line_key
),

final as (
    select
        'K10' as kpi_code,
        spend.period_code,
        coalesce(spend.facility_code, 'UNKNOWN') as facility_code,
        cast(sum(spend.spend_amount + coalesce(borne.charge_amount, 0)) as decimal(18, 2)) as numerator,
        cast(1 as decimal(18, 2)) as denominator
    from spend
    left join borne on spend.spend_line_key = borne.invoice_line_key
    group by spend.period_code, coalesce(spend.facility_code, 'UNKNOWN')
)

select * from final

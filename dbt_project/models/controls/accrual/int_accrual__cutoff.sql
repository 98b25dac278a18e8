-- One row per PO line whose last period end still takes accruals: the close goes on for ACCRUAL_WINDOW_DAYS (domain_rules 3.9).
with

order_lines as (select * from {{ ref('fct_purchase_order_line') }}),
parameters as (
    select * from {{ ref('int_purchase_order_line__parameter') }} where parameter_code = 'ACCRUAL_WINDOW_DAYS'
),
run as (select * from {{ ref('stg_landscape__run') }}),

-- The last day of the month that ends today or ended last.
ended as (
    select
        as_of,
        {{ add_days("cast(substr(cast(" ~ add_days('as_of', 1) ~ " as string), 1, 7) || '-01' as date)", -1) }}
            as period_end
    from run
),

final as (
    select
        order_lines.purchase_order_line_key,
        ended.period_end,
        {{ add_days('ended.period_end', 1) }} as reversal_date,
        substr(cast(ended.period_end as string), 1, 7) as period_code
    from order_lines
    cross join ended
    left join parameters on order_lines.purchase_order_line_key = parameters.purchase_order_line_key
    where {{ days_between('ended.period_end', 'ended.as_of') }} <= coalesce(parameters.value, 10)
)

select * from final

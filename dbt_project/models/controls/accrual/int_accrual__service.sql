-- One row per order line of a service and cut-off: the value performed by then, accepted or estimated (domain_rules 3.9).
with

order_lines as (
    select * from {{ ref('fct_purchase_order_line') }}
    where
        match_category = '2WAY'
        and coalesce(po_status, '') not in ('DRAFT', 'PENDING_APPROVAL', 'CANCELLED')
        and coalesce(line_status, '') not in ('DRAFT', 'PENDING_APPROVAL', 'CANCELLED')
        and coalesce(spend_type, '') <> 'CAPITAL'
),
billing as (select * from {{ ref('int_accrual__billing') }}),
period_ends as (select * from {{ ref('int_accrual__cutoff') }}),
-- Of an acceptance without a readable day nobody knows when the work was done: the estimate stands.
acceptances as (select * from {{ ref('fct_service_acceptance') }} where performed_on is not null),
run as (select * from {{ ref('stg_landscape__run') }}),

cutoffs as (
    select
        order_lines.purchase_order_line_key,
        run.as_of as cutoff_date
    from order_lines
    cross join run
    union distinct
    select
        purchase_order_line_key,
        period_end as cutoff_date
    from period_ends
),

-- A line that goods came for is judged by its goods.
placed as (
    select
        order_lines.*,
        cutoffs.cutoff_date,
        coalesce(order_lines.line_amount, {{ extended_price('order_lines.ordered_quantity', 'order_lines') }})
            as order_amount,
        {{ days_between('order_lines.order_valid_from', 'order_lines.order_valid_to') }} as total_days,
        {{ days_between('order_lines.order_valid_from', 'cutoffs.cutoff_date') }} + 1 as elapsed_days
    from order_lines
    inner join cutoffs on order_lines.purchase_order_line_key = cutoffs.purchase_order_line_key
    inner join billing on order_lines.purchase_order_line_key = billing.purchase_order_line_key
    where billing.received_quantity = 0
),

accepted as (
    select
        placed.purchase_order_line_key,
        placed.cutoff_date,
        sum(
            case
                when acceptances.performed_on <= placed.cutoff_date
                    then coalesce(
                        acceptances.accepted_amount,
                        {{ money(product('acceptances.accepted_share', 'placed.order_amount')) }},
                        0
                    )
                else 0
            end
        ) as accepted_amount
    from placed
    inner join acceptances on placed.purchase_order_line_key = acceptances.purchase_order_line_key
    group by placed.purchase_order_line_key, placed.cutoff_date
),

-- Nobody says how far the work is: it goes on evenly until the order ends or is closed.
estimated as (
    select
        purchase_order_line_key,
        cutoff_date,
        {{ divide(product('order_amount', 'least(greatest(elapsed_days, 0), total_days)'), 'total_days', 2) }}
            as estimated_amount
    from placed
    where
        total_days > 0
        and (po_type = 'SERVICE' or spend_type = 'SERVICE')
        and coalesce(closed_date > cutoff_date, coalesce(po_status, '') not in ('CLOSED', 'SOFT_CLOSED'))
        and coalesce(line_status, '') not in ('CLOSED', 'SOFT_CLOSED')
),

final as (
    select
        placed.purchase_order_line_key,
        placed.cutoff_date,
        placed.order_amount,
        case
            when accepted.accepted_amount is not null then 'ACCEPTED'
            when estimated.estimated_amount is not null then 'ESTIMATE'
            else 'NONE'
        end as performed_basis,
        {{ money('coalesce(accepted.accepted_amount, estimated.estimated_amount, 0)') }} as performed_amount
    from placed
    left join accepted
        on
            placed.purchase_order_line_key = accepted.purchase_order_line_key
            and placed.cutoff_date = accepted.cutoff_date
    left join estimated
        on
            placed.purchase_order_line_key = estimated.purchase_order_line_key
            and placed.cutoff_date = estimated.cutoff_date
)

select * from final

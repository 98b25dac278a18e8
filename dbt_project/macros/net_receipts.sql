{#- What is left of every positive receipt in `receipts` (a CTE of receipts, returns and voids of PO lines) after the
    returns and voids there (domain_rules 3.4.4). -#}
{% macro net_receipts(receipts) -%}
with

arrivals as (select * from {{ receipts }} where receipt_type = 'RECEIPT' and received_quantity >= 0),

reductions as (
    select
        {{ receipts }}.purchase_order_line_key,
        arrivals.receipt_line_key as original_key,
        -{{ receipts }}.received_quantity as reduced_quantity
    from {{ receipts }}
    left join arrivals
        on
            {{ receipts }}.source_instance = arrivals.source_instance
            and {{ receipts }}.original_receipt_line_id = arrivals.native_id
            and {{ receipts }}.purchase_order_line_key = arrivals.purchase_order_line_key
    where {{ receipts }}.receipt_type <> 'RECEIPT' or {{ receipts }}.received_quantity < 0
),

linked as (
    select
        original_key,
        sum(reduced_quantity) as reduced_quantity
    from reductions
    where original_key is not null
    group by original_key
),

after_linked as (
    select
        arrivals.receipt_line_key,
        arrivals.purchase_order_line_key,
        arrivals.business_date,
        arrivals.recorded_at,
        arrivals.native_id,
        greatest(arrivals.received_quantity - coalesce(linked.reduced_quantity, 0), 0) as quantity,
        greatest(coalesce(linked.reduced_quantity, 0) - arrivals.received_quantity, 0) as overflow
    from arrivals
    left join linked on arrivals.receipt_line_key = linked.original_key
),

unlinked as (
    select
        purchase_order_line_key,
        sum(quantity) as quantity
    from (
        select purchase_order_line_key, reduced_quantity as quantity from reductions where original_key is null
        union all
        select purchase_order_line_key, overflow as quantity from after_linked where overflow > 0
    ) as both_kinds
    group by purchase_order_line_key
),

-- Unlinked returns are unwound from the newest receipt backwards.
stacked as (
    select
        after_linked.*,
        sum(after_linked.quantity) over (
            partition by after_linked.purchase_order_line_key
            order by
                after_linked.business_date desc nulls last,
                after_linked.recorded_at desc nulls last,
                after_linked.native_id desc nulls last
            rows between unbounded preceding and current row
        ) as newest_first_quantity
    from after_linked
)

select
    stacked.receipt_line_key,
    stacked.purchase_order_line_key,
    stacked.business_date,
    stacked.recorded_at,
    stacked.native_id,
    {{ quantity('greatest(0, least(stacked.quantity,'
        ~ ' stacked.newest_first_quantity - coalesce(unlinked.quantity, 0)))') }}
        as net_quantity
from stacked
left join unlinked on stacked.purchase_order_line_key = unlinked.purchase_order_line_key
{%- endmacro %}

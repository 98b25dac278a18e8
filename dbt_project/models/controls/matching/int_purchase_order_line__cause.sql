-- One row per PO line whose complete delivery differs from the order, or whose number is the ordered one in another unit: the one hypothesis that fits (domain_rules 3.3.4).
with

order_lines as (select * from {{ ref('fct_purchase_order_line') }}),
receipts as (select * from {{ ref('int_purchase_order_line__receipt') }}),
hypotheses as (select * from {{ ref('int_purchase_order_line__hypothesis') }}),

differing as (
    select
        order_lines.purchase_order_line_key,
        order_lines.ordered_quantity,
        receipts.received_quantity
    from order_lines
    inner join receipts on order_lines.purchase_order_line_key = receipts.purchase_order_line_key
    where
        order_lines.ordered_quantity > 0
        and receipts.received_quantity <> 0
        and (
            (receipts.is_delivery_complete and receipts.received_quantity <> order_lines.ordered_quantity)
            or receipts.received_quantity > order_lines.ordered_quantity
            or (
                receipts.entered_quantity = order_lines.quantity
                and receipts.received_quantity <> order_lines.ordered_quantity
            )
        )
),

fitting as (
    select
        differing.purchase_order_line_key,
        hypotheses.cause_code
    from differing
    inner join hypotheses on differing.purchase_order_line_key = hypotheses.purchase_order_line_key
    where
        abs(
            {{ product('differing.received_quantity', 'hypotheses.denominator') }}
            - {{ product('differing.ordered_quantity', 'hypotheses.numerator') }}
        ) <= {{ product('abs(differing.ordered_quantity)', '0.000001') }}
    group by differing.purchase_order_line_key, hypotheses.cause_code
),

-- A cause is reported only when exactly one hypothesis reproduces the numbers.
counted as (
    select
        purchase_order_line_key,
        count(*) as cause_count,
        min(cause_code) as cause_code
    from fitting
    group by purchase_order_line_key
),

final as (
    select
        differing.purchase_order_line_key,
        case when counted.cause_count = 1 then counted.cause_code else 'UNEXPLAINED' end as cause_code,
        case
            when counted.cause_count = 1
                then {{ divide('differing.ordered_quantity', 'differing.received_quantity', 6) }}
        end as cause_ratio,
        case when counted.cause_count = 1 then differing.ordered_quantity end as proposed_quantity
    from differing
    left join counted on differing.purchase_order_line_key = counted.purchase_order_line_key
)

select * from final

-- One row per credit line and finding: credits that name nothing, or take back more than was billed (domain_rules 3.4.4).
with

measures as (select * from {{ ref('int_invoice_line__measure') }}),
order_lines as (select * from {{ ref('fct_purchase_order_line') }}),

charged as (
    select
        purchase_order_line_key,
        sum(case when is_credit then 0 else invoiced_quantity end) as billed_quantity,
        sum(case when is_credit then 0 else line_amount end) as billed_amount
    from measures
    where purchase_order_line_key is not null
    group by purchase_order_line_key
),

-- What was billed before the horizon may be credited after it.
billed as (
    select
        charged.purchase_order_line_key,
        coalesce(charged.billed_quantity, 0) + coalesce(order_lines.opening_invoiced_quantity, 0) as billed_quantity,
        charged.billed_amount + coalesce(
            {{ money(product('order_lines.opening_invoiced_quantity', 'order_lines.base_unit_price')) }}, 0
        ) as billed_amount
    from charged
    inner join order_lines on charged.purchase_order_line_key = order_lines.purchase_order_line_key
),

credits as (
    select
        measures.invoice_line_key,
        measures.purchase_order_line_key,
        measures.original_invoice_id,
        measures.credit_kind,
        measures.line_amount,
        measures.invoiced_quantity,
        measures.is_matchable,
        sum(case when measures.credit_kind is distinct from 'PRICE' then -measures.invoiced_quantity else 0 end) over (
            partition by measures.purchase_order_line_key
            order by measures.invoice_date nulls last, measures.native_id
            rows between unbounded preceding and current row
        ) as credited_quantity,
        sum(-measures.line_amount) over (
            partition by measures.purchase_order_line_key
            order by measures.invoice_date nulls last, measures.native_id
            rows between unbounded preceding and current row
        ) as credited_amount
    from measures
    where measures.is_credit
),

judged as (
    select
        credits.*,
        credits.purchase_order_line_key is null and credits.original_invoice_id is null and credits.is_matchable
            as is_unlinked,
        credits.purchase_order_line_key is not null
        and (
            credits.credited_quantity > billed.billed_quantity
            or credits.credited_amount > billed.billed_amount
        ) as is_exceeding,
        least(greatest(credits.credited_quantity - billed.billed_quantity, 0), -credits.invoiced_quantity)
            as exceeding_quantity
    from credits
    left join billed on credits.purchase_order_line_key = billed.purchase_order_line_key
),

final as (
    {{ findings('judged', 'invoice_line_key', [
        ('CREDIT_UNLINKED', 'is_unlinked', 'abs(line_amount)', 'null'),
        ('CREDIT_EXCEEDS_MATCHED', 'is_exceeding', 'abs(line_amount)', 'exceeding_quantity'),
    ]) }}
)

select * from final

-- One row per PO line with paid invoices in its currency: the quantity paid for, in order units, and what it cost after credits (domain_rules 3.8).
with

nets as (select * from {{ ref('fct_invoice_line_net') }} where net_quantity > 0),
lines as (select * from {{ ref('fct_invoice_line') }}),
invoices as (select * from {{ ref('fct_invoice') }}),
order_lines as (select * from {{ ref('fct_purchase_order_line') }} where unit_factor > 0),
prices as (select * from {{ ref('int_invoice_line__price') }}),
payments as (select * from {{ ref('fct_invoice_payment') }}),

billed as (
    select
        nets.purchase_order_line_key,
        {{ divide('nets.net_quantity', 'order_lines.unit_factor', 6) }} as quantity,
        prices.order_unit_price,
        invoices.status = 'PAID' or payments.is_paid_in_full as is_whole,
        payments.paid_amount,
        payments.asked_amount
    from nets
    inner join lines on nets.invoice_line_key = lines.invoice_line_key
    inner join invoices on lines.invoice_key = invoices.invoice_key
    inner join order_lines on nets.purchase_order_line_key = order_lines.purchase_order_line_key
    inner join prices on nets.invoice_line_key = prices.invoice_line_key
    left join payments on lines.invoice_key = payments.invoice_key
    where
        (payments.invoice_key is not null or invoices.status = 'PAID')
        and invoices.currency_code is not distinct from order_lines.currency_code
        and prices.order_unit_price is not null
),

-- Of a bill paid in part, as much of each line counts as was paid of the whole.
paid as (
    select
        purchase_order_line_key,
        order_unit_price,
        case
            when is_whole then quantity
            else {{ divide(product('quantity', 'greatest(paid_amount, 0)'), 'asked_amount', 6) }}
        end as quantity
    from billed
),

final as (
    select
        purchase_order_line_key,
        {{ quantity('sum(quantity)') }} as paid_quantity,
        {{ quantity('sum(' ~ product('quantity', 'order_unit_price') ~ ')') }} as paid_amount
    from paid
    group by purchase_order_line_key
)

select * from final

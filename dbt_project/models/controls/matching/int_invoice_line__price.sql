-- One row per invoice line with a PO line: its price in the unit of the order and in the base unit, after price credits (domain_rules 3.4.6).
with

lines as (select * from {{ ref('fct_invoice_line') }} where charge_class in ('GOODS', 'SERVICE')),
invoices as (select * from {{ ref('fct_invoice') }} where not is_void),
order_lines as (select * from {{ ref('fct_purchase_order_line') }}),
opened as (select * from {{ ref('int_invoice_line__to_date') }}),

-- A price credit changes the price paid on the invoice it names.
price_credits as (
    select
        invoices.source_instance,
        invoices.original_invoice_id,
        lines.purchase_order_line_key,
        sum(lines.line_amount) as credit_amount
    from lines
    inner join invoices on lines.invoice_key = invoices.invoice_key
    where invoices.credit_kind = 'PRICE' and invoices.original_invoice_id is not null
    group by invoices.source_instance, invoices.original_invoice_id, lines.purchase_order_line_key
),

priced as (
    select
        lines.invoice_line_key,
        -- A later debit without quantity is judged by the average price it leads to.
        case
            when opened.is_subsequent_debit
                then {{ quantity(product('opened.average_unit_price', 'order_lines.unit_factor')) }}
            else {{ divide(
                divide(product('lines.unit_price', 'order_lines.unit_factor'), 'lines.unit_factor', 8),
                'lines.price_per_quantity', 6) }}
        end as stated_unit_price,
        case
            when opened.is_subsequent_debit then opened.average_unit_price
            else {{ divide(divide('lines.unit_price', 'lines.unit_factor', 8), 'lines.price_per_quantity', 6) }}
        end as base_unit_price,
        opened.priced_quantity,
        {{ divide(
            product('price_credits.credit_amount', 'order_lines.unit_factor'),
            'nullif(lines.invoiced_quantity, 0)', 6) }}
            as order_unit_credit
    from lines
    inner join order_lines on lines.purchase_order_line_key = order_lines.purchase_order_line_key
    inner join opened on lines.invoice_line_key = opened.invoice_line_key
    left join price_credits
        on
            lines.source_instance = price_credits.source_instance
            and lines.invoice_id = price_credits.original_invoice_id
            and lines.purchase_order_line_key = price_credits.purchase_order_line_key
),

final as (
    select
        invoice_line_key,
        {{ quantity('stated_unit_price + coalesce(order_unit_credit, 0)') }} as order_unit_price,
        base_unit_price,
        priced_quantity
    from priced
)

select * from final

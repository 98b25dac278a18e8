-- One row per invoice line with a PO line: what the line of the order has been billed up to and with it (domain_rules 3.4.4, 3.4.11).
with

lines as (select * from {{ ref('fct_invoice_line') }} where charge_class in ('GOODS', 'SERVICE')),
invoices as (select * from {{ ref('fct_invoice') }} where not is_void),
nets as (select * from {{ ref('fct_invoice_line_net') }}),
order_lines as (select * from {{ ref('fct_purchase_order_line') }}),

running as (
    select
        nets.invoice_line_key,
        nets.net_quantity,
        cast(sum(nets.net_quantity) over (
            partition by nets.purchase_order_line_key
            order by nets.invoice_date nulls last, nets.received_at nulls last, nets.native_id
            rows between unbounded preceding and current row
        ) as decimal(18, 6)) as invoiced_to_date
    from nets
),

-- Quantity and value of the order line up to and with this line, as billed and credited.
to_date as (
    select
        lines.invoice_line_key,
        sum(lines.line_amount) over (
            partition by lines.purchase_order_line_key
            order by invoices.invoice_date nulls last, invoices.received_at nulls last, lines.native_id
            rows between unbounded preceding and current row
        ) as amount_to_date,
        sum(case when invoices.credit_kind = 'PRICE' then 0 else coalesce(lines.invoiced_quantity, 0) end) over (
            partition by lines.purchase_order_line_key
            order by invoices.invoice_date nulls last, invoices.received_at nulls last, lines.native_id
            rows between unbounded preceding and current row
        ) as quantity_to_date,
        sum(case when invoices.credit_kind = 'PRICE' then 0 else coalesce(lines.invoiced_quantity, 0) end) over (
            partition by lines.purchase_order_line_key
        ) as signed_quantity,
        coalesce(lines.invoiced_quantity, 0) = 0 and lines.line_amount > 0 and invoices.invoice_type <> 'CREDIT'
            as is_subsequent_debit
    from lines
    inner join invoices on lines.invoice_key = invoices.invoice_key
    where lines.purchase_order_line_key is not null
),

-- Credits beyond the invoices we know were given for what was billed before the horizon.
final as (
    select
        to_date.invoice_line_key,
        to_date.is_subsequent_debit,
        coalesce(running.net_quantity, 0) as net_quantity,
        coalesce(running.invoiced_to_date, 0) as net_quantity_to_date,
        greatest(0, order_lines.opening_invoiced_quantity + least(0, to_date.signed_quantity))
            as opening_invoiced_quantity,
        case when to_date.is_subsequent_debit then to_date.quantity_to_date else lines.invoiced_quantity end
            as priced_quantity,
        case
            when to_date.is_subsequent_debit
                then {{ divide('to_date.amount_to_date', 'to_date.quantity_to_date', 6) }}
        end as average_unit_price
    from to_date
    inner join lines on to_date.invoice_line_key = lines.invoice_line_key
    inner join order_lines on lines.purchase_order_line_key = order_lines.purchase_order_line_key
    left join running on to_date.invoice_line_key = running.invoice_line_key
)

select * from final

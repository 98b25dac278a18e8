-- Per PO line the allocated quantity is the smaller of what was received and what was invoiced (domain_rules 3.4.3), and
-- none where the bill is for use in cases (3.5).
{{ config(meta={'dagster': {'ref': {'name': 'bridge_invoice_line_x_receipt_line'}}}) }}
with

receipts as (
    select purchase_order_line_key, sum(net_quantity) as quantity
    from {{ ref('fct_receipt_line_net') }} group by purchase_order_line_key
),

invoices as (
    select purchase_order_line_key, sum(net_quantity) as quantity
    from {{ ref('fct_invoice_line_net') }} group by purchase_order_line_key
),

allocated as (
    select purchase_order_line_key, sum(allocated_quantity) as quantity
    from {{ ref('bridge_invoice_line_x_receipt_line') }} group by purchase_order_line_key
)

select
    receipts.purchase_order_line_key,
    receipts.quantity as received_quantity,
    invoices.quantity as invoiced_quantity,
    allocated.quantity as allocated_quantity
from receipts
inner join invoices on receipts.purchase_order_line_key = invoices.purchase_order_line_key
left join {{ ref('fct_purchase_order_line') }} as order_lines
    on receipts.purchase_order_line_key = order_lines.purchase_order_line_key
left join allocated on receipts.purchase_order_line_key = allocated.purchase_order_line_key
where
    coalesce(allocated.quantity, 0)
    <> case
        when {{ is_usage_based('order_lines.match_category') }} then 0
        else least(receipts.quantity, invoices.quantity)
    end

-- One row per PO line that use in cases stands for, and day: what was used, received, billed and posted on it (domain_rules 3.5, 3.9).
with

order_lines as (select * from {{ ref('fct_purchase_order_line') }} where {{ is_usage_based('match_category') }}),
links as (select * from {{ ref('int_usage_event__order_line') }}),
events as (select * from {{ ref('fct_usage_event') }}),
receipts as (select * from {{ ref('fct_receipt_line') }} where receipt_type in ('RECEIPT', 'RETURN', 'VOID')),
invoice_lines as (select * from {{ ref('fct_invoice_line') }} where charge_class in ('GOODS', 'SERVICE')),
invoices as (select * from {{ ref('fct_invoice') }} where not is_void),

-- What was bought for one price as a whole counts once, on the day of its first part.
used as (
    select
        links.purchase_order_line_key,
        min(coalesce(events.used_on, date '0001-01-01')) as counted_on,
        case
            when max(events.construct_id) is null then sum(events.used_quantity)
            else max(case when events.used_quantity > 0 then 1 else 0 end)
        end as used_quantity
    from links
    inner join events on links.usage_event_key = events.usage_event_key
    group by links.purchase_order_line_key, coalesce(events.construct_id, events.usage_event_key)
),

billed as (
    select
        invoice_lines.purchase_order_line_key,
        least(invoices.invoice_date, invoices.business_date) as billed_on,
        coalesce(invoices.posting_date, case when invoices.status in ('POSTED', 'PAID') then invoices.business_date end)
            as posted_on,
        case when invoices.credit_kind = 'PRICE' then 0 else coalesce(invoice_lines.invoiced_quantity, 0) end
            as quantity
    from invoice_lines
    inner join invoices on invoice_lines.invoice_key = invoices.invoice_key
    inner join order_lines on invoice_lines.purchase_order_line_key = order_lines.purchase_order_line_key
),

united as (
    select purchase_order_line_key, counted_on, used_quantity as used, 0 as received, 0 as billed, 0 as posted
    from used
    union all
    select
        order_lines.purchase_order_line_key,
        receipts.business_date as counted_on,
        0 as used,
        receipts.received_quantity as received,
        0 as billed,
        0 as posted
    from receipts
    inner join order_lines on receipts.purchase_order_line_key = order_lines.purchase_order_line_key
    union all
    select purchase_order_line_key, billed_on as counted_on, 0 as used, 0 as received, quantity as billed, 0 as posted
    from billed
    union all
    select purchase_order_line_key, posted_on as counted_on, 0 as used, 0 as received, 0 as billed, quantity as posted
    from billed
    where posted_on is not null
    union all
    select
        purchase_order_line_key,
        date '0001-01-01' as counted_on,
        opening_received_quantity as used,
        0 as received,
        opening_invoiced_quantity as billed,
        opening_invoiced_quantity as posted
    from order_lines
    where opening_received_quantity <> 0 or opening_invoiced_quantity <> 0
),

final as (
    select
        purchase_order_line_key,
        counted_on,
        {{ quantity('sum(coalesce(used, 0))') }} as used_quantity,
        {{ quantity('sum(coalesce(received, 0))') }} as received_quantity,
        {{ quantity('sum(billed)') }} as billed_quantity,
        {{ quantity('sum(posted)') }} as posted_quantity
    from united
    group by purchase_order_line_key, counted_on
)

select * from final

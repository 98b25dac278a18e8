-- One row per receipt up to the cut-off of its line: what of it no invoice posted by then covers, as known now (domain_rules 3.9).
with

cutoffs as (select * from {{ ref('int_accrual__cutoff') }}),
billing as (select * from {{ ref('int_accrual__billing') }} where is_counted),
order_lines as (select * from {{ ref('fct_purchase_order_line') }}),
nets as (select * from {{ ref('int_accrual__receipt_net') }}),
current_nets as (select * from {{ ref('fct_receipt_line_net') }}),
pairs as (select * from {{ ref('bridge_invoice_line_x_receipt_line') }}),
invoice_lines as (select * from {{ ref('fct_invoice_line') }} where charge_class in ('GOODS', 'SERVICE')),
invoices as (select * from {{ ref('fct_invoice') }} where not is_void),

booked as (
    select
        invoice_lines.invoice_line_key,
        invoice_lines.purchase_order_line_key,
        case when invoices.credit_kind = 'PRICE' then 0 else coalesce(invoice_lines.invoiced_quantity, 0) end
            as signed_quantity
    from invoice_lines
    inner join cutoffs on invoice_lines.purchase_order_line_key = cutoffs.purchase_order_line_key
    inner join invoices on invoice_lines.invoice_key = invoices.invoice_key
    where
        (invoices.posting_date is not null or invoices.status in ('POSTED', 'PAID'))
        and coalesce(invoices.posting_date, invoices.business_date) <= cutoffs.period_end
),

billed as (
    select
        purchase_order_line_key,
        sum(signed_quantity) as quantity
    from booked
    group by purchase_order_line_key
),

covered as (
    select
        pairs.receipt_line_key,
        sum(pairs.allocated_quantity) as quantity
    from pairs
    inner join booked on pairs.invoice_line_key = booked.invoice_line_key
    group by pairs.receipt_line_key
),

-- What the line received beyond the receipts we know came before the horizon.
known as (
    select
        purchase_order_line_key,
        sum(net_quantity) as quantity
    from current_nets
    group by purchase_order_line_key
),

opened as (
    select
        nets.*,
        greatest(nets.net_quantity - coalesce(covered.quantity, 0), 0) as uncovered_quantity,
        sum(nets.net_quantity) over (partition by nets.purchase_order_line_key)
        + billing.received_quantity - coalesce(known.quantity, 0)
        - greatest(coalesce(order_lines.opening_invoiced_quantity, 0) + coalesce(billed.quantity, 0), 0)
            as line_quantity
    from nets
    inner join billing on nets.purchase_order_line_key = billing.purchase_order_line_key
    inner join order_lines on nets.purchase_order_line_key = order_lines.purchase_order_line_key
    left join covered on nets.receipt_line_key = covered.receipt_line_key
    left join known on nets.purchase_order_line_key = known.purchase_order_line_key
    left join billed on nets.purchase_order_line_key = billed.purchase_order_line_key
),

-- What a line is short of is its newest receipts.
stacked as (
    select
        opened.*,
        sum(opened.uncovered_quantity) over (
            partition by opened.purchase_order_line_key
            order by
                opened.business_date desc nulls last,
                opened.recorded_at desc nulls last,
                opened.native_id desc nulls last
            rows between unbounded preceding and current row
        ) - opened.uncovered_quantity as newer_quantity
    from opened
),

final as (
    select
        stacked.receipt_line_key,
        stacked.purchase_order_line_key,
        cutoffs.period_end,
        cutoffs.reversal_date,
        cutoffs.period_code,
        {{ quantity('greatest(least(stacked.uncovered_quantity, stacked.line_quantity - stacked.newer_quantity), 0)') }}
            as open_quantity
    from stacked
    inner join cutoffs on stacked.purchase_order_line_key = cutoffs.purchase_order_line_key
)

select * from final

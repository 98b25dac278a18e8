-- One row per receipt up to the cut-off of its line: what of it no invoice posted by then covers, as known now (domain_rules 3.9).
with

cutoffs as (select * from {{ ref('int_accrual__cutoff') }}),
billing as (select * from {{ ref('int_accrual__billing') }} where is_counted),
receipt_lines as (
    select * from {{ ref('fct_receipt_line') }}
    where
        receipt_type in ('RECEIPT', 'RETURN', 'VOID')
        and ownership = 'OWNED'
        and (receipt_type <> 'RETURN' or is_credit_expected)
),
current_nets as (select * from {{ ref('fct_receipt_line_net') }}),
pairs as (select * from {{ ref('bridge_invoice_line_x_receipt_line') }}),
invoice_lines as (select * from {{ ref('fct_invoice_line') }}),
invoices as (select * from {{ ref('fct_invoice') }}),
to_date as (select * from {{ ref('int_invoice_line__to_date') }}),

receipts as (
    select receipt_lines.*
    from receipt_lines
    inner join cutoffs
        on
            receipt_lines.purchase_order_line_key = cutoffs.purchase_order_line_key
            and receipt_lines.business_date <= cutoffs.period_end
),

nets as (
    {{ net_receipts('receipts') }}
),

booked as (
    select
        invoice_lines.invoice_line_key,
        invoice_lines.purchase_order_line_key,
        coalesce(invoices.posting_date, invoices.business_date) <= cutoffs.period_end as is_in_time
    from invoice_lines
    inner join cutoffs on invoice_lines.purchase_order_line_key = cutoffs.purchase_order_line_key
    inner join invoices on invoice_lines.invoice_key = invoices.invoice_key
    where invoices.posting_date is not null or invoices.status in ('POSTED', 'PAID')
),

covered as (
    select
        pairs.receipt_line_key,
        sum(pairs.allocated_quantity) as quantity
    from pairs
    inner join booked on pairs.invoice_line_key = booked.invoice_line_key
    where booked.is_in_time
    group by pairs.receipt_line_key
),

late as (
    select
        booked.purchase_order_line_key,
        sum(to_date.net_quantity) as quantity
    from booked
    inner join to_date on booked.invoice_line_key = to_date.invoice_line_key
    where not booked.is_in_time
    group by booked.purchase_order_line_key
),

-- Before the cut-off, beyond the receipts we know: what came before the horizon.
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
        nets.net_quantity - coalesce(covered.quantity, 0) as uncovered_quantity,
        sum(nets.net_quantity) over (partition by nets.purchase_order_line_key)
        + billing.received_quantity - coalesce(known.quantity, 0)
        - (billing.posted_quantity - coalesce(late.quantity, 0)) as line_quantity
    from nets
    inner join billing on nets.purchase_order_line_key = billing.purchase_order_line_key
    left join covered on nets.receipt_line_key = covered.receipt_line_key
    left join known on nets.purchase_order_line_key = known.purchase_order_line_key
    left join late on nets.purchase_order_line_key = late.purchase_order_line_key
),

-- No more of a receipt than the whole line is short of.
final as (
    select
        opened.receipt_line_key,
        opened.purchase_order_line_key,
        cutoffs.period_end,
        cutoffs.reversal_date,
        cutoffs.period_code,
        {{ quantity('greatest(least(opened.uncovered_quantity, opened.line_quantity), 0)') }} as open_quantity
    from opened
    inner join cutoffs on opened.purchase_order_line_key = cutoffs.purchase_order_line_key
)

select * from final

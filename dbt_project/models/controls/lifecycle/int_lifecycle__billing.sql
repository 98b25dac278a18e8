-- One row per billed PO line: its invoices along the trace, whether they are posted and paid, and when.
with

edges as (select * from {{ ref('fct_trace_edge') }}),
invoices as (select * from {{ ref('fct_invoice') }}),
paid as (select * from {{ ref('fct_invoice_payment') }}),

final as (
    select
        edges.purchase_order_line_key,
        count(*) as invoice_line_count,
        max(invoices.invoice_date) as last_invoice_date,
        max(paid.payment_date) as payment_date,
        sum(edges.amount) as invoiced_amount,
        sum(case when paid.is_paid_in_full then edges.amount else 0 end) as paid_amount,
        min(
            case
                when invoices.invoice_type = 'CREDIT' or paid.is_paid_in_full or invoices.status = 'PAID' then 1
                else 0
            end
        ) = 1 as is_paid,
        min(case when invoices.posting_date is not null or invoices.status in ('POSTED', 'PAID') then 1 else 0 end) = 1
            as is_posted
    from edges
    inner join invoices on edges.child_key = invoices.invoice_key
    left join paid on invoices.invoice_key = paid.invoice_key
    where edges.child_type = 'invoice' and edges.purchase_order_line_key is not null
    group by edges.purchase_order_line_key
)

select * from final

-- One row per step from one document to the next: order line, receipt line, invoice line, invoice, payment, ledger line, and a supplier's bill to the invoice of it (domain_rules 3.14).
with

order_lines as (select * from {{ ref('fct_purchase_order_line') }}),
receipts as (select * from {{ ref('fct_receipt_line') }} where purchase_order_line_key is not null),
invoice_lines as (select * from {{ ref('fct_invoice_line') }}),
invoices as (select * from {{ ref('fct_invoice') }} where not is_void),
pairs as (select * from {{ ref('bridge_invoice_line_x_receipt_line') }}),
applications as (select * from {{ ref('fct_payment_application') }} where invoice_key is not null and not is_void),
postings as (select * from {{ ref('fct_gl_posting') }}),
bills as (select * from {{ ref('fct_supplier_bill') }} where is_latest),

steps as (
    select
        'purchase_order_line' as parent_type,
        receipts.purchase_order_line_key as parent_key,
        'receipt_line' as child_type,
        receipts.receipt_line_key as child_key,
        receipts.purchase_order_line_key,
        cast(null as string) as invoice_key,
        receipts.received_quantity as quantity,
        {{ extended_price('receipts.received_quantity', 'order_lines') }} as amount,
        'DOCUMENT' as method
    from receipts
    inner join order_lines on receipts.purchase_order_line_key = order_lines.purchase_order_line_key
    union all
    select
        'purchase_order_line' as parent_type,
        invoice_lines.purchase_order_line_key as parent_key,
        'invoice_line' as child_type,
        invoice_lines.invoice_line_key as child_key,
        invoice_lines.purchase_order_line_key,
        cast(null as string) as invoice_key,
        invoice_lines.invoiced_quantity as quantity,
        invoice_lines.line_amount as amount,
        'LINK_' || cast(invoice_lines.link_level as string) as method
    from invoice_lines
    inner join invoices on invoice_lines.invoice_key = invoices.invoice_key
    where invoice_lines.purchase_order_line_key is not null
    union all
    select
        'receipt_line' as parent_type,
        pairs.receipt_line_key as parent_key,
        'invoice_line' as child_type,
        pairs.invoice_line_key as child_key,
        pairs.purchase_order_line_key,
        cast(null as string) as invoice_key,
        pairs.allocated_quantity as quantity,
        {{ extended_price('pairs.allocated_quantity', 'order_lines') }} as amount,
        pairs.alloc_method as method
    from pairs
    inner join order_lines on pairs.purchase_order_line_key = order_lines.purchase_order_line_key
    union all
    select
        'invoice_line' as parent_type,
        invoice_lines.invoice_line_key as parent_key,
        'invoice' as child_type,
        invoice_lines.invoice_key as child_key,
        invoice_lines.purchase_order_line_key,
        invoice_lines.invoice_key,
        invoice_lines.invoiced_quantity as quantity,
        invoice_lines.line_amount as amount,
        'DOCUMENT' as method
    from invoice_lines
    inner join invoices on invoice_lines.invoice_key = invoices.invoice_key
    union all
    select
        'invoice' as parent_type,
        invoice_key as parent_key,
        'payment' as child_type,
        payment_key as child_key,
        cast(null as string) as purchase_order_line_key,
        invoice_key,
        cast(null as decimal(18, 6)) as quantity,
        amount,
        'APPLICATION' as method
    from applications
    union all
    select
        case when receipt_line_key is not null then 'receipt_line' else 'invoice' end as parent_type,
        coalesce(receipt_line_key, invoice_key) as parent_key,
        'gl_posting' as child_type,
        gl_posting_key as child_key,
        purchase_order_line_key,
        invoice_key,
        cast(null as decimal(18, 6)) as quantity,
        amount,
        'SUBLEDGER' as method
    from postings
    where receipt_line_key is not null or invoice_key is not null
    union all
    select
        'supplier_bill' as parent_type, bills.supplier_bill_key as parent_key,
        'invoice' as child_type, invoices.invoice_key as child_key,
        cast(null as string) as purchase_order_line_key, invoices.invoice_key,
        cast(null as decimal(18, 6)) as quantity, bills.gross_amount as amount, 'COPY' as method
    from bills
    inner join invoices on bills.invoice_key = invoices.invoice_key
),

final as (
    select
        {{ concord_key(['parent_type', 'parent_key', 'child_type', 'child_key', 'method']) }} as trace_edge_key,
        parent_type, parent_key,
        child_type, child_key,
        purchase_order_line_key,
        case
            when purchase_order_line_key is not null
                then {{ concord_key(["'purchase_order_line'", 'purchase_order_line_key']) }}
            else {{ concord_key(["'invoice'", 'invoice_key']) }}
        end as trace_id,
        {{ quantity('sum(quantity)') }} as quantity,
        {{ money('sum(amount)') }} as amount,
        method
    from steps
    group by parent_type, parent_key, child_type, child_key, purchase_order_line_key, invoice_key, method
)

select * from final

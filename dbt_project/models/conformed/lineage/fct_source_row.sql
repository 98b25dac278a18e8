-- One row per canonical document row and what became of it: FACT, REPLICA, LATER than as_of, DELETED or ORPHAN (no header).
with

purchase_order_lines as (select * from {{ ref('can_purchase_order_line') }}),
purchase_orders as (select * from {{ ref('can_purchase_order') }}),
receipt_lines as (select * from {{ ref('can_receipt_line') }}),
invoices as (select * from {{ ref('can_invoice') }}),
invoice_lines as (select * from {{ ref('can_invoice_line') }}),
payments as (select * from {{ ref('can_payment') }}),
order_documents as (select * from {{ ref('int_purchase_order_line__document') }}),
receipt_documents as (select * from {{ ref('int_receipt_line__document') }}),
invoice_documents as (select * from {{ ref('int_invoice__document') }}),
run as (select * from {{ ref('stg_landscape__run') }}),

of_orders as (
    select
        'purchase_order_line' as entity,
        purchase_order_lines.purchase_order_line_key as source_row_key,
        purchase_order_lines.source_instance,
        purchase_order_lines.native_id,
        purchase_order_lines.is_deleted,
        order_documents.is_fact,
        order_documents.is_as_of,
        purchase_orders.currency_code,
        purchase_order_lines.line_amount as amount
    from purchase_order_lines
    left join order_documents
        on purchase_order_lines.purchase_order_line_key = order_documents.purchase_order_line_key
    left join purchase_orders
        on
            purchase_order_lines.source_instance = purchase_orders.source_instance
            and purchase_order_lines.po_id = purchase_orders.native_id
),

of_receipts as (
    select
        'receipt_line' as entity,
        receipt_lines.receipt_line_key as source_row_key,
        receipt_lines.source_instance,
        receipt_lines.native_id,
        receipt_lines.is_deleted,
        receipt_documents.is_fact,
        receipt_documents.is_as_of,
        cast(null as string) as currency_code,
        {{ money('receipt_lines.quantity') }} as amount
    from receipt_lines
    left join receipt_documents on receipt_lines.receipt_line_key = receipt_documents.receipt_line_key
),

of_invoices as (
    select
        'invoice' as entity,
        invoices.invoice_key as source_row_key,
        invoices.source_instance,
        invoices.native_id,
        invoices.is_deleted,
        invoice_documents.is_fact,
        invoice_documents.is_as_of,
        invoices.currency_code,
        invoices.gross_amount as amount
    from invoices
    left join invoice_documents on invoices.invoice_key = invoice_documents.invoice_key
),

of_invoice_lines as (
    select
        'invoice_line' as entity,
        invoice_lines.invoice_line_key as source_row_key,
        invoice_lines.source_instance,
        invoice_lines.native_id,
        invoice_lines.is_deleted,
        of_invoices.is_fact,
        of_invoices.is_as_of,
        of_invoices.currency_code,
        invoice_lines.line_amount as amount
    from invoice_lines
    left join of_invoices
        on
            invoice_lines.source_instance = of_invoices.source_instance
            and invoice_lines.invoice_id = of_invoices.native_id
),

of_payments as (
    select
        'payment' as entity,
        payments.payment_key as source_row_key,
        payments.source_instance,
        payments.native_id,
        payments.is_deleted,
        true as is_fact,
        payments.payment_date <= run.as_of as is_as_of,
        payments.currency_code,
        payments.amount
    from payments
    cross join run
),

united as (
    select * from of_orders
    union all
    select * from of_receipts
    union all
    select * from of_invoices
    union all
    select * from of_invoice_lines
    union all
    select * from of_payments
),

final as (
    select
        source_row_key,
        entity,
        source_instance,
        native_id,
        case
            when is_deleted then 'DELETED'
            when is_fact is null then 'ORPHAN'
            when not coalesce(is_as_of, false) then 'LATER'
            when is_fact then 'FACT'
            else 'REPLICA'
        end as row_role,
        currency_code,
        amount
    from united
)

select * from final

-- One row per invoice and receipt: its own day, the day it came in, the day the books took it (domain_rules 3.15).
with

invoices as (select * from {{ ref('fct_invoice') }} where not is_void),
receipts as (
    select * from {{ ref('fct_receipt_line') }}
    where receipt_type in ('RECEIPT', 'RETURN') and ownership = 'OWNED' and not is_synthetic
),
order_lines as (select * from {{ ref('fct_purchase_order_line') }}),
postings as (select * from {{ ref('fct_gl_posting') }} where reversal_of_journal_id is null),
run as (select * from {{ ref('stg_landscape__run') }}),

{% for name in ['invoice', 'receipt_line'] %}
of_{{ name }} as (
    select
        {{ name }}_key,
        min(posting_date) as posted_on
    from postings
    where {{ name }}_key is not null and subledger_type = '{{ 'INVOICE' if name == 'invoice' else 'RECEIPT' }}'
    group by {{ name }}_key
),
{% endfor %}

final as (
    select
        'invoice' as entity_type,
        invoices.invoice_key as document_key,
        invoices.source_instance,
        invoices.native_id,
        invoices.invoice_number as business_key,
        coalesce(invoices.legal_entity_code, 'UNKNOWN') as legal_entity_code,
        cast(null as string) as facility_code,
        invoices.supplier_key,
        cast(null as string) as purchase_order_line_key,
        invoices.invoice_date as document_date,
        {{ local_date('invoices.recorded_at', 'run.timezone') }} as came_on,
        coalesce(of_invoice.posted_on, invoices.posting_date) as posted_on,
        of_invoice.posted_on is not null
        or invoices.posting_date is not null
        or coalesce(invoices.status, '') in ('POSTED', 'PAID') as is_posted,
        coalesce(invoices.status, '') = 'PAID' as is_paid,
        invoices.currency_code,
        abs(invoices.gross_amount) as amount
    from invoices
    cross join run
    left join of_invoice on invoices.invoice_key = of_invoice.invoice_key
    union all
    select
        'receipt_line' as entity_type,
        receipts.receipt_line_key as document_key,
        receipts.source_instance,
        receipts.native_id,
        coalesce(receipts.receipt_number || '|' || cast(receipts.line_number as string), receipts.native_id)
            as business_key,
        coalesce(order_lines.legal_entity_code, 'UNKNOWN') as legal_entity_code,
        receipts.facility_code,
        order_lines.supplier_key,
        receipts.purchase_order_line_key,
        receipts.receipt_date as document_date,
        {{ local_date('receipts.recorded_at', 'run.timezone') }} as came_on,
        coalesce(of_receipt_line.posted_on, receipts.posting_date) as posted_on,
        of_receipt_line.posted_on is not null as is_posted,
        false as is_paid,
        order_lines.currency_code,
        {{ money(product('abs(receipts.received_quantity)', 'order_lines.base_unit_price')) }} as amount
    from receipts
    cross join run
    inner join order_lines on receipts.purchase_order_line_key = order_lines.purchase_order_line_key
    left join of_receipt_line on receipts.receipt_line_key = of_receipt_line.receipt_line_key
)

select * from final

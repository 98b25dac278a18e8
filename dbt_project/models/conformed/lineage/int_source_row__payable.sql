-- One row per canonical invoice, invoice line, payment and journal line, with what `fct_source_row` needs to say what became of it.
with

invoices as (select * from {{ ref('can_invoice') }}),
invoice_lines as (select * from {{ ref('can_invoice_line') }}),
payments as (select * from {{ ref('can_payment') }}),
journal_lines as (select * from {{ ref('can_journal_line') }}),
invoice_documents as (select * from {{ ref('int_invoice__document') }}),
run as (select * from {{ ref('stg_landscape__run') }}),

of_invoices as (
    select
        'invoice' as entity,
        invoices.invoice_key as source_row_key,
        invoices.source_instance,
        invoices.native_id,
        invoices.is_deleted,
        invoice_documents.is_fact,
        invoice_documents.is_as_of,
        invoice_documents.fact_key,
        invoice_documents.supplier_key,
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
        cast(null as string) as fact_key,
        of_invoices.supplier_key,
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
        payments.payment_key as fact_key,
        cast(null as string) as supplier_key,
        payments.currency_code,
        payments.amount
    from payments
    cross join run
),

of_journal_lines as (
    select
        'journal_line' as entity,
        journal_lines.journal_line_key as source_row_key,
        journal_lines.source_instance,
        journal_lines.native_id,
        journal_lines.is_deleted,
        true as is_fact,
        journal_lines.posting_date <= run.as_of as is_as_of,
        journal_lines.journal_line_key as fact_key,
        cast(null as string) as supplier_key,
        journal_lines.currency_code,
        {{ money('coalesce(journal_lines.debit_amount, 0) - coalesce(journal_lines.credit_amount, 0)') }} as amount
    from journal_lines
    cross join run
),

final as (
    select * from of_invoices
    union all
    select * from of_invoice_lines
    union all
    select * from of_payments
    union all
    select * from of_journal_lines
)

select * from final

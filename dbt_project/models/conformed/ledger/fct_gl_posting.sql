-- One row per posted journal line, with the documents behind it as the facts know them (domain_rules 3.14).
with

lines as (select * from {{ ref('can_journal_line') }} where not is_deleted),
ledgers as (select * from {{ ref('int_ledger__entity') }}),
receipts as (select * from {{ ref('int_receipt_line__document') }}),
invoices as (select * from {{ ref('int_invoice__document') }}),
payments as (select * from {{ ref('can_payment') }}),
order_lines as (select * from {{ ref('int_purchase_order_line__document') }} where is_fact),
run as (select * from {{ ref('stg_landscape__run') }}),

posted as (
    select
        lines.*,
        coalesce(lines.legal_entity_code, ledgers.legal_entity_code) as entity_code,
        case when lines.subledger_type = 'RECEIPT' then lines.subledger_id end as receipt_id,
        case when lines.subledger_type = 'INVOICE' then lines.subledger_id end as invoice_id,
        case when lines.subledger_type = 'PAYMENT' then lines.subledger_id end as payment_id,
        {{ normalized_number("split_part(lines.correlation_id, '|', 1)") }} as normalized_po_number,
        {{ normalized_number("split_part(lines.correlation_id, '|', 2)") }} as normalized_line_number
    from lines
    inner join run on lines.posting_date <= run.as_of
    left join ledgers on lines.ledger_code = ledgers.ledger_code
),

numbered as (
    select
        legal_entity_code,
        normalized_po_number,
        normalized_line_number,
        min(purchase_order_line_key) as purchase_order_line_key
    from order_lines
    group by legal_entity_code, normalized_po_number, normalized_line_number
    having count(*) = 1
),

final as (
    select
        posted.journal_line_key as gl_posting_key,
        posted.source_system,
        posted.source_instance,
        posted.native_id,
        posted.ledger_code,
        posted.entity_code as legal_entity_code,
        posted.journal_id,
        posted.line_number,
        posted.source_code,
        posted.category_code,
        posted.period_code,
        posted.posting_date,
        posted.account_code,
        posted.cost_center_code,
        posted.facility_id as facility_code,
        posted.debit_amount,
        posted.credit_amount,
        {{ money('coalesce(posted.debit_amount, 0) - coalesce(posted.credit_amount, 0)') }} as amount,
        posted.currency_code,
        posted.subledger_type,
        posted.subledger_id,
        posted.reference,
        posted.correlation_id,
        receipts.fact_key as receipt_line_key,
        invoices.fact_key as invoice_key,
        payments.payment_key,
        coalesce(receipts.purchase_order_line_key, numbered.purchase_order_line_key) as purchase_order_line_key,
        posted.reversal_of_journal_id,
        posted.created_by,
        posted.created_at
    from posted
    left join receipts
        on posted.source_instance = receipts.source_instance and posted.receipt_id = receipts.native_id
    left join invoices
        on posted.source_instance = invoices.source_instance and posted.invoice_id = invoices.native_id
    left join payments
        on posted.source_instance = payments.source_instance and posted.payment_id = payments.native_id
    left join numbered
        on
            posted.entity_code = numbered.legal_entity_code
            and posted.normalized_po_number = numbered.normalized_po_number
            and posted.normalized_line_number = numbered.normalized_line_number
)

select * from final

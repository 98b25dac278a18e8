-- One row per posting on an account of goods received and not invoiced, and order line where the ledger booked an invoice as a whole, with the document behind it and what kind of posting it is (domain_rules 3.9, R-8).
with

journal as (select * from {{ ref('fct_gl_posting') }}),
whole as (select * from {{ ref('int_bridge__whole_invoice') }}),
whole_invoices as (
    select journal.source_instance, journal.account_code, journal.currency_code, journal.invoice_key
    from journal
    inner join (select gl_posting_key from whole group by gl_posting_key) as first_postings
        on journal.gl_posting_key = first_postings.gl_posting_key
),
owners as (select * from {{ ref('int_accrual__owner') }} where doc_class = 'RECEIPT'),
accounts as (select * from {{ ref('int_bridge__account') }}),

{% set columns = ['gl_posting_key', 'source_instance', 'native_id', 'legal_entity_code', 'account_code',
    'currency_code', 'journal_id', 'reference', 'posting_date', 'receipt_line_key', 'invoice_key', 'subledger_type', 'source_code'] %}
-- What was booked of an invoice as a whole is laid on its order lines.
postings as (
    select
        {%- for name in columns %}
        journal.{{ name }},
        {%- endfor %}
        journal.purchase_order_line_key,
        journal.amount
    from journal
    left join whole_invoices
        on
            journal.source_instance = whole_invoices.source_instance
            and journal.account_code = whole_invoices.account_code
            and journal.currency_code = whole_invoices.currency_code
            and journal.invoice_key = whole_invoices.invoice_key
    where whole_invoices.invoice_key is null
    union all
    select
        {%- for name in columns %}
        journal.{{ name }},
        {%- endfor %}
        whole.purchase_order_line_key,
        whole.amount
    from whole
    inner join journal on whole.gl_posting_key = journal.gl_posting_key
),

-- Each order line belongs on one account of one ledger, that of its entity on the day it was ordered.
homes as (
    select
        order_lines.purchase_order_line_key,
        owners.source_instance,
        owners.account_code
    from {{ ref('fct_purchase_order_line') }} as order_lines
    inner join owners
        on
            order_lines.legal_entity_code = owners.legal_entity_code
            and {{ in_interval('order_lines.ordered_date', 'owners.valid_from', 'owners.valid_to') }}
),

final as (
    select
        postings.gl_posting_key,
        postings.source_instance,
        postings.native_id,
        accounts.legal_entity_code,
        postings.account_code,
        postings.currency_code,
        postings.journal_id,
        postings.reference,
        postings.posting_date,
        -- What is owed stands on the credit side.
        {{ money('-postings.amount') }} as owed_amount,
        postings.receipt_line_key,
        postings.invoice_key,
        postings.purchase_order_line_key,
        case
            when postings.receipt_line_key is not null and postings.purchase_order_line_key is not null then 'RECEIPT'
            when postings.invoice_key is not null and postings.purchase_order_line_key is not null then 'INVOICE'
            when postings.invoice_key is not null then 'CHARGE'
            when postings.subledger_type in ('RECEIPT', 'INVOICE') then 'ORPHAN_POSTING'
            when {{ is_conversion('postings.source_code') }} then 'CONVERSION'
            when postings.subledger_type in ('ACCRUAL', 'PAYMENT') then postings.subledger_type
            else 'MANUAL'
        end as posting_kind,
        postings.purchase_order_line_key is not null
        and (
            homes.purchase_order_line_key is null
            or postings.currency_code <> max(postings.currency_code) over (
                partition by postings.purchase_order_line_key, postings.source_instance, postings.account_code
            )
        ) as is_foreign
    from postings
    inner join accounts
        on
            postings.source_instance = accounts.source_instance
            and postings.account_code = accounts.account_code
            and postings.legal_entity_code = accounts.legal_entity_code
    left join homes
        on
            postings.purchase_order_line_key = homes.purchase_order_line_key
            and postings.source_instance = homes.source_instance
            and postings.account_code = homes.account_code
)

select * from final

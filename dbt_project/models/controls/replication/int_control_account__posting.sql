-- One row per ledger, currency and bill, payment or loose journal: what it puts on the control account of payables (domain_rules 3.15, R-8).
with

postings as (select * from {{ ref('fct_gl_posting') }} where not {{ is_conversion('source_code') }}),
liabilities as (
    select account_code from {{ ref('dim_gl_account') }} where account_type = 'LIABILITY' group by account_code
),

-- What payments clear is what payables owe; goods received and not invoiced have a bridge of their own.
accounts as (
    select
        postings.source_instance,
        postings.account_code
    from postings
    inner join liabilities on postings.account_code = liabilities.account_code
    where postings.subledger_type = 'PAYMENT'
    group by postings.source_instance, postings.account_code
),

-- A journal and its reversal are one.
placed as (
    select
        postings.*,
        case
            when postings.subledger_type = 'PAYMENT' and postings.payment_key is not null then 'payment'
            when postings.subledger_type = 'INVOICE' and postings.invoice_key is not null then 'invoice'
            else 'journal'
        end as entity_type,
        coalesce(
            case postings.subledger_type
                when 'PAYMENT' then postings.payment_key
                when 'INVOICE' then postings.invoice_key
            end,
            postings.reversal_of_journal_id,
            postings.journal_id
        ) as document_key
    from postings
    inner join accounts
        on postings.source_instance = accounts.source_instance and postings.account_code = accounts.account_code
),

final as (
    select
        source_instance as ledger_instance,
        currency_code,
        entity_type,
        document_key,
        min(legal_entity_code) as legal_entity_code,
        {{ money('-sum(amount)') }} as amount,
        min(posting_date) as first_posting_date,
        max(posting_date) as last_posting_date
    from placed
    group by source_instance, currency_code, entity_type, document_key
)

select * from final

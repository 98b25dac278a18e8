-- One row per receipt or invoice and ledger that holds it: what the ledger posted of it, and whether it carried it over as an open item (domain_rules 3.13).
with

journal as (
    select
        *,
        case when receipt_line_key is not null then 'receipt_line' else 'invoice' end as entity_type,
        coalesce(receipt_line_key, invoice_key) as document_key,
        {{ is_conversion('source_code') }} as is_conversion
    from {{ ref('fct_gl_posting') }}
    where receipt_line_key is not null or invoice_key is not null
),
reversals as (
    select source_instance, reversal_of_journal_id
    from {{ ref('fct_gl_posting') }}
    where reversal_of_journal_id is not null
    group by source_instance, reversal_of_journal_id
),
source_rows as (
    select * from {{ ref('fct_source_row') }}
    where entity = 'invoice' and row_role in ('FACT', 'REPLICA')
),
invoices as (
    select * from {{ ref('can_invoice') }}
    where voided_at is null and status in ('POSTED', 'PAID')
),
ledgers as (
    select target_instance from {{ ref('stg_landscape__posting_owner') }}
    where doc_class = 'INVOICE'
    group by target_instance
),

-- What was taken back posts nothing, whether the ledger names the reversed journal or only books it the other way round.
netted as (
    select
        journal.entity_type,
        journal.document_key,
        journal.source_instance,
        journal.currency_code,
        sum(
            case
                when journal.is_conversion then 0
                when reversals.source_instance is not null or journal.reversal_of_journal_id is not null then 0
                else journal.amount
            end
        ) as amount,
        min(case when not journal.is_conversion then journal.posting_date end) as posted_on,
        min(case when not journal.is_conversion then journal.journal_id end) as journal_id,
        min(case when journal.is_conversion then journal.journal_id end) as conversion_journal_id
    from journal
    left join reversals
        on
            journal.source_instance = reversals.source_instance
            and journal.journal_id = reversals.reversal_of_journal_id
    group by
        journal.entity_type, journal.document_key, journal.source_instance, journal.currency_code, journal.account_code
),

journaled as (
    select
        entity_type,
        document_key,
        source_instance,
        min(currency_code) as currency_code,
        {{ money('sum(greatest(amount, 0))') }} as posted_amount,
        min(posted_on) as posted_on,
        min(journal_id) as journal_id,
        min(conversion_journal_id) as conversion_journal_id
    from netted
    group by entity_type, document_key, source_instance
),

-- Of a ledger that tells its invoices and no journal, the invoice is the posting.
stated as (
    select
        'invoice' as entity_type,
        source_rows.fact_key as document_key,
        source_rows.source_instance,
        min(invoices.currency_code) as currency_code,
        {{ money('sum(abs(invoices.gross_amount))') }} as posted_amount,
        min(coalesce(invoices.posting_date, invoices.invoice_date)) as posted_on
    from source_rows
    inner join invoices on source_rows.source_row_key = invoices.invoice_key
    inner join ledgers on source_rows.source_instance = ledgers.target_instance
    left join journaled
        on
            journaled.entity_type = 'invoice'
            and source_rows.fact_key = journaled.document_key
            and source_rows.source_instance = journaled.source_instance
    where journaled.document_key is null
    group by source_rows.fact_key, source_rows.source_instance
),

final as (
    select * from journaled
    union all
    select
        stated.*,
        cast(null as string) as journal_id,
        cast(null as string) as conversion_journal_id
    from stated
)

select * from final

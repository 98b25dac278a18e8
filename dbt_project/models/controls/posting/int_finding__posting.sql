-- One row per receipt or invoice posted twice during the move between two ledgers, or by a ledger that does not own it (domain_rules 3.13).
with

postings as (select * from {{ ref('int_posting__owner') }}),
invoices as (select * from {{ ref('int_invoice__number') }}),
codes as (select * from {{ ref('exception_code') }}),

documents as (
    select
        entity_type,
        source_instance,
        native_id,
        min(business_key) as business_key,
        min(legal_entity_code) as legal_entity_code,
        min(supplier_key) as supplier_key,
        min(facility_code) as facility_code,
        min(purchase_order_line_key) as purchase_order_line_key,
        min(invoice_key) as invoice_key,
        count(*) as ledger_count,
        sum(posted_amount) as posted_amount,
        max(posted_amount) as largest_amount,
        max(case when conversion_journal_id is not null then posted_amount end) as converted_amount,
        -- Shares of one document in several ledgers add up to no more than the document.
        min(currency_code) = max(currency_code) and sum(posted_amount) <= max(document_amount) + 0.01 as is_shared,
        min(case when is_owner then 1 else 0 end) as is_owner,
        min(owner_instance) as owner_instance,
        {{ joined("ledger_instance || ': ' || cast(posted_amount as string) || ' ' || currency_code || ' '"
            ~ " || cast(posted_on as string) || coalesce(' ' || journal_id, '')", 'ledger_instance', '; ') }} as posted,
        {{ joined('conversion_journal_id', 'ledger_instance', '; ') }} as conversions
    from postings
    group by entity_type, source_instance, native_id
),

-- Two equal bills of one number that were each posted once stand in two ledgers rightly; that they are equal is D1.
judged as (
    select
        documents.*,
        case
            when documents.converted_amount is not null then 'CONVERTED_AND_POSTED'
            when documents.ledger_count > coalesce(invoices.twin_count, 1) and not coalesce(documents.is_shared, false)
                then 'POSTED_IN_TWO_LEDGERS'
            when documents.ledger_count = 1 and documents.owner_instance is not null and documents.is_owner = 0
                then 'POSTED_BY_NON_OWNER'
        end as code
    from documents
    left join invoices on documents.invoice_key = invoices.invoice_key
),

found as (
    select
        judged.*,
        {{ money("case judged.code when 'CONVERTED_AND_POSTED' then judged.converted_amount"
            ~ " when 'POSTED_IN_TWO_LEDGERS' then judged.posted_amount - judged.largest_amount"
            ~ " else judged.posted_amount end") }}
            as amount_at_risk,
        {{ json_object({
            'words': 'codes.words',
            'owner_instance': 'judged.owner_instance',
            'posted': 'judged.posted',
            'carried_over_by': "nullif(judged.conversions, '')",
        }) }} as evidence
    from judged
    inner join codes on judged.code = codes.code
),

final as (
    {{ finding_rows('found', told=['facility_code', 'purchase_order_line_key', 'invoice_key']) }}
)

select * from final

-- One row per document that a check of a close names, with the day from or on which it counts (domain_rules 3.15).
with

postings as (select * from {{ ref('int_close__posting') }}),
documents as (select * from {{ ref('int_close__document') }} where entity_type = 'invoice'),
derivations as (select * from {{ ref('rec_line_vs_account_rule') }}),
findings as (select * from {{ ref('int_finding__invoice') }}),
accruals as (select * from {{ ref('rec_receipt_vs_invoice') }}),

final as (
    {%- for code, condition, day in [
        ('LATE_RECORDED', 'is_late_recorded', 'document_date'),
        ('WRONG_PERIOD', 'is_wrong_period', 'posted_on'),
        ('CLOSED_PERIOD_DATED', 'is_closed_dated', 'document_date'),
    ] %}
    select
        '{{ code }}' as check_code,
        legal_entity_code,
        document_key as item_key,
        {{ day }} as item_date,
        false as is_standing,
        currency_code,
        amount
    from postings
    where {{ condition }}
    union all
    {%- endfor %}
    select
        'UNPOSTED_INVOICE' as check_code,
        legal_entity_code,
        document_key as item_key,
        document_date as item_date,
        true as is_standing,
        currency_code,
        amount
    from documents
    where not is_posted
    union all
    select
        'DUPLICATE_UNRESOLVED' as check_code,
        documents.legal_entity_code,
        documents.document_key as item_key,
        documents.document_date as item_date,
        true as is_standing,
        documents.currency_code,
        documents.amount
    from findings
    inner join documents on findings.invoice_key = documents.document_key
    where findings.code = 'DUPLICATE_INVOICE' and findings.severity = 'BLOCK'
    union all
    select
        'DERIVATION_FAILURE' as check_code,
        documents.legal_entity_code,
        derivations.line_key as item_key,
        documents.document_date as item_date,
        true as is_standing,
        derivations.currency_code,
        abs(derivations.amount) as amount
    from derivations
    inner join documents on derivations.invoice_key = documents.document_key
    where
        derivations.entity_type = 'invoice_line'
        and derivations.failure_reason is not null
        and not documents.is_posted
    union all
    select
        'IRNG_AGED' as check_code,
        coalesce(legal_entity_code, 'UNKNOWN') as legal_entity_code,
        purchase_order_line_key as item_key,
        {{ add_days('open_since', 31) }} as item_date,
        true as is_standing,
        accrual_currency_code as currency_code,
        irng_amount as amount
    from accruals
    where accrual_class = 'IRNG' and open_days > 30
)

select * from final

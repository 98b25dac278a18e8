-- One row per supplier that may be a party of an exclusion list: what a person needs to say whether it is (domain_rules 3.6.2).
with

hits as (select * from {{ ref('rec_supplier_vs_screening_entry') }}),
invoices as (select * from {{ ref('fct_invoice') }} where not is_void),
paid as (select * from {{ ref('fct_invoice_payment') }}),

unpaid as (
    select
        invoices.supplier_key,
        count(*) as invoice_count,
        {{ money('sum(invoices.gross_amount)') }} as amount
    from invoices
    left join paid on invoices.invoice_key = paid.invoice_key
    where paid.invoice_key is null
    group by invoices.supplier_key
),

final as (
    select
        'SCREENING_HIT' as task_type,
        hits.subject_key,
        'Is ' || coalesce(hits.supplier_name, hits.native_id) || ' the excluded ' || coalesce(hits.listed_name, '?')
        || '?' as title,
        'vendor_master_governance' as owner_role,
        unpaid.amount as amount_at_risk,
        {{ json_object({
            'rule': 'hits.rule_code',
            'payments_held': 'cast(hits.is_payment_held as string)',
            'instance': 'hits.source_instance',
            'native_id': 'hits.native_id',
            'our_name': 'hits.matched_name',
            'list': 'hits.list_code',
            'list_day': 'cast(hits.listed_on as string)',
            'listed_name': 'hits.listed_name',
            'listed_npi': 'hits.npi',
            'listed_place': "concat_ws(', ', hits.address, hits.city, hits.region, hits.postal_code)",
            'same_zip': 'cast(hits.is_same_zip as string)',
            'exclusion_type': 'hits.exclusion_type',
            'excluded_on': 'cast(hits.excluded_on as string)',
            'waived_on': 'cast(hits.waived_on as string)',
            'waived_in': 'hits.waiver_region',
            'unpaid_invoices': 'cast(coalesce(unpaid.invoice_count, 0) as string)',
            'verify': "'the list has no tax id: verify with the EIN or SSN at its publisher before you decide'",
            'first_document_date': 'cast(hits.excluded_on as string)',
        }) }} as evidence,
        '{}' as proposal,
        'CONFIRM,CLEAR' as allowed_decisions,
        hits.decision,
        hits.decided_by,
        hits.decided_at,
        hits.reason
    from hits
    left join unpaid on hits.supplier_key = unpaid.supplier_key
)

select * from final

-- One row per held invoice of which a person may say that it is a bill of its own: the question about it and the bill it resembles (domain_rules 3.4.9).
with

duplicates as (select * from {{ ref('int_invoice__duplicate') }} where code = 'DUPLICATE_INVOICE'),
pairs as (select * from {{ ref('rec_decision_vs_invoice_pair') }} where is_releasable),
invoices as (select * from {{ ref('int_invoice__number') }}),

final as (
    select
        'INVOICE_PAIR' as task_type,
        pairs.subject_key,
        'Is ' || coalesce(held.invoice_number, held.native_id) || ' the same bill as '
        || coalesce(others.invoice_number, others.native_id) || '?' as title,
        'accounts_payable' as owner_role,
        held.gross_amount as amount_at_risk,
        {{ json_object({
            'rule': 'pairs.duplicate_class',
            'instance': 'held.source_instance',
            'native_id': 'held.native_id',
            'invoice_number': 'held.invoice_number',
            'invoice_date': 'cast(held.invoice_date as string)',
            'gross_amount': 'held.amount_text',
            'other_instance': 'others.source_instance',
            'other_native_id': 'others.native_id',
            'other_invoice_number': 'others.invoice_number',
            'other_invoice_date': 'cast(others.invoice_date as string)',
            'other_gross_amount': 'others.amount_text',
            'supplier_key': 'held.supplier_key',
            'first_document_date': 'cast(held.invoice_date as string)',
        }) }} as evidence,
        {{ json_object({
            'held_instance': 'held.source_instance',
            'held_native_id': 'held.native_id',
        }) }} as proposal,
        'DISTINCT,DUPLICATE' as allowed_decisions,
        pairs.decision,
        pairs.decided_by,
        pairs.decided_at,
        pairs.reason
    from duplicates
    inner join pairs on duplicates.invoice_key = pairs.invoice_key and duplicates.other_key = pairs.other_key
    inner join invoices as held on pairs.invoice_key = held.invoice_key
    inner join invoices as others on pairs.other_key = others.invoice_key
)

select * from final

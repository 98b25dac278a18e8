-- One row per bank change on hold: what a person needs to reject it, and what waits for it (domain_rules 3.6.6).
with

changes as (select * from {{ ref('rec_bank_change_vs_approval') }} where is_payment_held),
decisions as (select * from {{ ref('can_decision') }} where subject_type = 'BANK_CHANGE' and decision = 'REJECT'),
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

rejections as (
    select
        decisions.*,
        row_number() over (
            partition by subject_key
            order by seq desc nulls last
        ) as recency
    from decisions
),

final as (
    select
        'BANK_CHANGE' as task_type,
        changes.subject_key,
        'Is ' || coalesce(changes.account_last4, '?') || ' the new bank account of '
        || coalesce(changes.legal_name, changes.supplier_id) || '?' as title,
        'vendor_master_governance' as owner_role,
        unpaid.amount as amount_at_risk,
        {{ json_object({
            'state': 'changes.state',
            'reason': 'changes.state_reason',
            'instance': 'changes.source_instance',
            'supplier': 'changes.supplier_id',
            'account_last4': 'changes.account_last4',
            'earlier_last4': 'changes.earlier_last4',
            'payee_name': 'changes.payee_name',
            'changed_at': 'cast(changes.changed_at as string)',
            'changed_by': 'changes.changed_by',
            'unpaid_invoices': 'cast(coalesce(unpaid.invoice_count, 0) as string)',
            'release': "'needs two people with a login of their own; until then payments stay on hold'",
            'first_document_date': 'cast(cast(changes.changed_at as date) as string)',
        }) }} as evidence,
        '{}' as proposal,
        'REJECT' as allowed_decisions,
        case when changes.state = 'REJECTED' then rejections.decision end as decision,
        case when changes.state = 'REJECTED' then rejections.actor end as decided_by,
        case when changes.state = 'REJECTED' then rejections.decided_at end as decided_at,
        case when changes.state = 'REJECTED' then rejections.reason end as reason
    from changes
    left join unpaid on changes.supplier_key = unpaid.supplier_key
    left join rejections on changes.subject_key = rejections.subject_key and rejections.recency = 1
)

select * from final

-- One row per two golden suppliers that may be one: the question, its evidence and what it would touch (domain_rules 3.7).
with

pairs as (select * from {{ ref('bridge_supplier_x_supplier') }}),
records as (select * from {{ ref('dim_supplier_record') }}),
invoices as (select * from {{ ref('fct_invoice') }} where not is_void),
order_lines as (select * from {{ ref('fct_purchase_order_line') }}),
accounts as (select * from {{ ref('can_supplier_bank_account') }} where not is_deleted),

documents as (
    select
        supplier_key,
        invoice_date as document_date,
        gross_amount as spent_amount,
        case when coalesce(status, '') not in ('PAID', 'REJECTED') and not is_replica_only then gross_amount end
            as unpaid_amount,
        cast(null as decimal(18, 2)) as open_amount
    from invoices
    union all
    select
        supplier_key,
        ordered_date as document_date,
        cast(null as decimal(18, 2)) as spent_amount,
        cast(null as decimal(18, 2)) as unpaid_amount,
        case
            when
                coalesce(po_status, '') not in ('CLOSED', 'SOFT_CLOSED', 'CANCELLED')
                and coalesce(line_status, '') not in ('CLOSED', 'SOFT_CLOSED', 'CANCELLED')
                and not is_replica_only
                then line_amount
        end as open_amount
    from order_lines
),

standing as (
    select
        supplier_key,
        sum(spent_amount) as spent_amount,
        min(document_date) as first_date,
        {{ money('coalesce(sum(unpaid_amount), 0)') }} as unpaid_amount,
        {{ money('coalesce(sum(open_amount), 0)') }} as open_amount
    from documents
    group by supplier_key
),

banked as (
    select
        records.supplier_key,
        count(distinct coalesce(accounts.iban, accounts.routing_number || ':' || accounts.account_number))
            as account_count
    from accounts
    inner join records
        on accounts.source_instance = records.source_instance and accounts.supplier_id = records.native_id
    group by records.supplier_key
),

final as (
    select
        'SUPPLIER_PAIR' as task_type,
        pairs.pair_key as subject_key,
        case
            when pairs.rule_code = 'LOST_EVIDENCE'
                then 'Do ' || pairs.left_name || ' and ' || pairs.right_name || ' still belong together?'
            else 'Are ' || pairs.left_name || ' and ' || pairs.right_name || ' one supplier?'
        end as title,
        'vendor_master_governance' as owner_role,
        {{ money('least(coalesce(lefts.spent_amount, 0), coalesce(rights.spent_amount, 0))') }} as amount_at_risk,
        {{ json_object({
            'rule': 'pairs.rule_code',
            'why_asked': 'pairs.match_reason',
            'tax_id_last4': 'pairs.tax_id_last4',
            'left_instance': 'pairs.left_source_instance',
            'left_native_id': 'pairs.left_native_id',
            'left_name': 'pairs.left_name',
            'left_supplier_key': 'pairs.left_supplier_key',
            'right_instance': 'pairs.right_source_instance',
            'right_native_id': 'pairs.right_native_id',
            'right_name': 'pairs.right_name',
            'right_supplier_key': 'pairs.right_supplier_key',
            'first_document_date': 'cast(least(lefts.first_date, rights.first_date) as string)',
            'left_open_order_amount': 'cast(coalesce(lefts.open_amount, 0) as string)',
            'right_open_order_amount': 'cast(coalesce(rights.open_amount, 0) as string)',
            'left_unpaid_invoice_amount': 'cast(coalesce(lefts.unpaid_amount, 0) as string)',
            'right_unpaid_invoice_amount': 'cast(coalesce(rights.unpaid_amount, 0) as string)',
            'left_bank_account_count': 'cast(coalesce(left_banks.account_count, 0) as string)',
            'right_bank_account_count': 'cast(coalesce(right_banks.account_count, 0) as string)',
            'match': 'pairs.match_evidence',
        }) }} as evidence,
        {{ json_object({'relationship': 'pairs.relationship'}) }} as proposal,
        'SAME,DISTINCT,SITE_OF,CHILD_OF' as allowed_decisions,
        pairs.decision,
        pairs.decided_by,
        pairs.decided_at,
        pairs.reason
    from pairs
    left join standing as lefts on pairs.left_supplier_key = lefts.supplier_key
    left join standing as rights on pairs.right_supplier_key = rights.supplier_key
    left join banked as left_banks on pairs.left_supplier_key = left_banks.supplier_key
    left join banked as right_banks on pairs.right_supplier_key = right_banks.supplier_key
)

select * from final

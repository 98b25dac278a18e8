-- One row per question that the data ask a person, with what speaks for an answer, and the answer that stands.
with

unit_drifts as (select * from {{ ref('rec_item_unit_vs_system_of_record') }}),
supplier_pairs as (select * from {{ ref('bridge_supplier_x_supplier') }}),
invoice_pairs as (select * from {{ ref('int_steward_task__invoice_pair') }}),
bank_changes as (select * from {{ ref('int_steward_task__bank_change') }}),
invoices as (select * from {{ ref('fct_invoice') }} where not is_void),
order_lines as (select * from {{ ref('fct_purchase_order_line') }}),

spent as (
    select
        supplier_key,
        sum(gross_amount) as amount
    from invoices
    group by supplier_key
),

dated as (
    select
        supplier_key,
        min(document_date) as first_date
    from (
        select supplier_key, invoice_date as document_date from invoices
        union all
        select supplier_key, ordered_date as document_date from order_lines
    ) as documents
    group by supplier_key
),

of_units as (
    select
        'UNIT_CORRECTION' as task_type,
        subject_key,
        'Correct ' || source_uom_code || ' of item ' || coalesce(item_number, item_id) || ' in ' || source_instance
        || ' to ' || cast(cast(record_factor as decimal(18, 2)) as string) as title,
        'item_master_steward' as owner_role,
        amount_at_risk,
        {{ json_object({
            'item': 'item_description',
            'instance': 'source_instance',
            'system_of_record': 'master_instance',
            'factor_there': 'cast(stated_factor as string)',
            'factor_of_record': 'cast(record_factor as string)',
            'ratio': 'cast(' ~ divide('record_factor', 'stated_factor', 6) ~ ' as string)',
            'receipt_count': 'cast(receipt_count as string)',
            'first_receipt_date': 'cast(first_receipt_date as string)',
            'first_po_number': 'first_po_number',
            'recorded_quantity': 'cast(recorded_quantity as string)',
            'corrected_quantity': 'cast(corrected_quantity as string)',
        }) }} as evidence,
        {{ json_object({
            'item_number': 'coalesce(item_number, item_id)',
            'uom_code': 'source_uom_code',
            'factor': 'cast(record_factor as string)',
            'valid_from': 'cast(valid_from as string)',
            'valid_to': 'cast(valid_to as string)',
        }) }} as proposal,
        'APPROVE,REJECT' as allowed_decisions,
        decision,
        decided_by,
        decided_at,
        reason
    from unit_drifts
),

of_pairs as (
    select
        'SUPPLIER_PAIR' as task_type,
        supplier_pairs.pair_key as subject_key,
        'Are ' || supplier_pairs.left_name || ' and ' || supplier_pairs.right_name || ' one supplier?' as title,
        'vendor_master_governance' as owner_role,
        {{ money('least(coalesce(lefts.amount, 0), coalesce(rights.amount, 0))') }} as amount_at_risk,
        {{ json_object({
            'rule': "'S2'",
            'tax_id_last4': 'supplier_pairs.tax_id_last4',
            'left_instance': 'supplier_pairs.left_source_instance',
            'left_native_id': 'supplier_pairs.left_native_id',
            'left_name': 'supplier_pairs.left_name',
            'left_supplier_key': 'supplier_pairs.left_supplier_key',
            'right_instance': 'supplier_pairs.right_source_instance',
            'right_native_id': 'supplier_pairs.right_native_id',
            'right_name': 'supplier_pairs.right_name',
            'right_supplier_key': 'supplier_pairs.right_supplier_key',
            'first_document_date': 'cast(least(left_dates.first_date, right_dates.first_date) as string)',
        }) }} as evidence,
        '{}' as proposal,
        'SAME,DISTINCT,SITE_OF,CHILD_OF' as allowed_decisions,
        supplier_pairs.decision,
        supplier_pairs.decided_by,
        supplier_pairs.decided_at,
        supplier_pairs.reason
    from supplier_pairs
    left join spent as lefts on supplier_pairs.left_supplier_key = lefts.supplier_key
    left join spent as rights on supplier_pairs.right_supplier_key = rights.supplier_key
    left join dated as left_dates on supplier_pairs.left_supplier_key = left_dates.supplier_key
    left join dated as right_dates on supplier_pairs.right_supplier_key = right_dates.supplier_key
),

final as (
    select * from of_units
    union all
    select * from of_pairs
    union all
    select * from invoice_pairs
    union all
    select * from bank_changes
)

select * from final

-- One row per question that the data ask a person, with what speaks for an answer, and the answer that stands.
with

unit_drifts as (select * from {{ ref('rec_item_unit_vs_system_of_record') }}),
supplier_pairs as (select * from {{ ref('int_steward_task__supplier_pair') }}),
invoice_pairs as (select * from {{ ref('int_steward_task__invoice_pair') }}),
bank_changes as (select * from {{ ref('int_steward_task__bank_change') }}),

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

final as (
    select * from of_units
    union all
    select * from supplier_pairs
    union all
    select * from invoice_pairs
    union all
    select * from bank_changes
    union all
    select * from {{ ref('int_steward_task__screening') }}
    union all
    select * from {{ ref('int_steward_task__item') }}
)

select * from final

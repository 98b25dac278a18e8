-- One row per item, unit and days on which an instance converts otherwise than the system of record, with the receipts of those days and what a steward said (domain_rules 3.3.3).
with

drifts as (select * from {{ ref('int_item_unit__drift') }}),
items as (select * from {{ ref('dim_item') }}),
receipts as (select * from {{ ref('fct_receipt_line') }} where receipt_type in ('RECEIPT', 'RETURN', 'VOID')),
order_lines as (select * from {{ ref('fct_purchase_order_line') }}),
decisions as (select * from {{ ref('can_decision') }} where subject_type = 'UNIT_CORRECTION'),

{% set corrected = quantity(product('receipts.quantity', 'drifts.record_factor')) %}
-- Nothing is asked about a conversion that no document used.
impacted as (
    select
        drifts.subject_key,
        count(*) as receipt_count,
        min(receipts.business_date) as first_receipt_date,
        sum(receipts.received_quantity) as recorded_quantity,
        sum({{ corrected }}) as corrected_quantity,
        sum(abs({{ product('(' ~ corrected ~ ' - receipts.received_quantity)',
            'coalesce(order_lines.base_unit_price, 0)') }}))
            as amount_at_risk,
        min(order_lines.po_number) as first_po_number
    from drifts
    inner join receipts
        on
            drifts.source_instance = receipts.source_instance
            and drifts.item_key = receipts.item_key
            and drifts.uom_code = receipts.uom_code
            and {{ in_interval('receipts.business_date', 'drifts.valid_from', 'drifts.valid_to') }}
    left join order_lines on receipts.purchase_order_line_key = order_lines.purchase_order_line_key
    group by drifts.subject_key
),

decided as (
    select
        decisions.*,
        row_number() over (partition by subject_key order by seq desc nulls last) as recency
    from decisions
),

final as (
    select
        drifts.subject_key,
        drifts.source_instance,
        drifts.item_id,
        items.item_number,
        items.description as item_description,
        drifts.source_uom_code,
        drifts.uom_code,
        drifts.master_instance,
        drifts.stated_factor,
        drifts.record_factor,
        drifts.valid_from,
        drifts.valid_to,
        impacted.receipt_count,
        impacted.first_receipt_date,
        impacted.first_po_number,
        impacted.recorded_quantity,
        impacted.corrected_quantity,
        {{ money('impacted.amount_at_risk') }} as amount_at_risk,
        decided.decision,
        decided.actor as decided_by,
        decided.decided_at,
        decided.reason
    from drifts
    inner join impacted on drifts.subject_key = impacted.subject_key
    left join items on drifts.item_key = items.item_key
    left join decided on drifts.subject_key = decided.subject_key and decided.recency = 1
)

select * from final

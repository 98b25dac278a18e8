-- One row per item, unit and days on which an instance converts otherwise than the system of record, with the receipts of those days and what a steward said (domain_rules 3.3.3).
with

item_units as (select * from {{ ref('dim_item_unit') }} where ladder_level = 3),
policies as (
    select source_instance from {{ ref('stg_landscape__system_of_record') }}
    where domain = 'item' and attribute_group = 'unit' and write_policy = 'REPLICA'
    group by source_instance
),
items as (select * from {{ ref('dim_item') }}),
receipts as (select * from {{ ref('fct_receipt_line') }} where receipt_type in ('RECEIPT', 'RETURN', 'VOID')),
order_lines as (select * from {{ ref('fct_purchase_order_line') }}),
decisions as (select * from {{ ref('can_decision') }} where subject_type = 'UNIT_CORRECTION'),

{% set corrected = quantity(product('receipts.quantity', 'drifting.record_factor')) %}
overlapping as (
    select
        copies.source_instance,
        copies.item_id,
        copies.item_key,
        copies.source_uom_code,
        copies.uom_code,
        masters.source_instance as master_instance,
        copies.factor as stated_factor,
        masters.factor as record_factor,
        greatest(copies.valid_from, masters.valid_from) as valid_from,
        least(copies.valid_to, masters.valid_to) as valid_to
    from item_units as copies
    inner join policies on copies.source_instance = policies.source_instance
    inner join item_units as masters
        on
            copies.item_key = masters.item_key
            and copies.uom_code = masters.uom_code
            and masters.is_system_of_record
            and copies.factor <> masters.factor
            and coalesce(masters.valid_from, date '0001-01-01') < coalesce(copies.valid_to, date '9999-12-31')
            and coalesce(copies.valid_from, date '0001-01-01') < coalesce(masters.valid_to, date '9999-12-31')
),

drifting as (
    select
        *,
        {{ native_id(['source_instance', 'item_id', 'source_uom_code', 'valid_from']) }} as subject_key,
        row_number() over (
            partition by source_instance, item_id, source_uom_code, valid_from
            order by master_instance, record_factor
        ) as preference
    from overlapping
),

-- Nothing is asked about a conversion that no document used.
impacted as (
    select
        drifting.subject_key,
        count(*) as receipt_count,
        min(receipts.business_date) as first_receipt_date,
        sum(receipts.received_quantity) as recorded_quantity,
        sum({{ corrected }}) as corrected_quantity,
        sum(abs({{ product('(' ~ corrected ~ ' - receipts.received_quantity)',
            'coalesce(order_lines.base_unit_price, 0)') }}))
            as amount_at_risk,
        min(order_lines.po_number) as first_po_number
    from drifting
    inner join receipts
        on
            drifting.source_instance = receipts.source_instance
            and drifting.item_key = receipts.item_key
            and drifting.uom_code = receipts.uom_code
            and {{ in_interval('receipts.business_date', 'drifting.valid_from', 'drifting.valid_to') }}
    left join order_lines on receipts.purchase_order_line_key = order_lines.purchase_order_line_key
    where drifting.preference = 1
    group by drifting.subject_key
),

decided as (
    select
        decisions.*,
        row_number() over (partition by subject_key order by seq desc nulls last) as recency
    from decisions
),

final as (
    select
        drifting.subject_key,
        drifting.source_instance,
        drifting.item_id,
        items.item_number,
        items.description as item_description,
        drifting.source_uom_code,
        drifting.uom_code,
        drifting.master_instance,
        drifting.stated_factor,
        drifting.record_factor,
        drifting.valid_from,
        drifting.valid_to,
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
    from drifting
    inner join impacted on drifting.subject_key = impacted.subject_key
    left join items on drifting.item_key = items.item_key
    left join decided on drifting.subject_key = decided.subject_key and decided.recency = 1
    where drifting.preference = 1
)

select * from final

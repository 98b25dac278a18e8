-- One row per finding about use in cases, and about what was ordered and received for it (domain_rules 3.5).
with

settled as (select * from {{ ref('rec_usage_vs_invoice') }} where is_as_of),
late as (select * from {{ ref('int_usage__late_order') }}),
of_events as (select * from {{ ref('int_usage_event__finding') }}),
order_lines as (select * from {{ ref('fct_purchase_order_line') }}),
receipts as (select * from {{ ref('fct_receipt_line') }}),
items as (select * from {{ ref('dim_item') }}),
codes as (select * from {{ ref('exception_code') }}),

of_settlement as (
    {%- for code, condition in [
        ('LATE_BILL_ONLY', 'late.waited_days is not null'),
        ('NO_CONSIGNMENT_PRICE', "settled.used_quantity > 0 and coalesce(settled.unit_price, 0) = 0"
            ~ " and settled.match_category in ('CONSIGNMENT', 'UNORDERED')")] %}
    {{ 'union all' if not loop.first }}
    select
        settled.entity_type,
        settled.source_instance,
        settled.native_id,
        '{{ code }}' as code,
        coalesce(settled.po_number || '|' || coalesce(settled.line_number, ''), settled.native_id) as business_key,
        settled.legal_entity_code,
        settled.supplier_key,
        settled.facility_code,
        settled.purchase_order_line_key,
        {{ money('settled.unbilled_amount + settled.not_posted_amount') }} as amount_at_risk,
        settled.used_quantity as quantity_at_risk,
        late.used_on,
        late.ordered_date,
        late.waited_days,
        items.item_number
    from settled
    left join items on settled.item_key = items.item_key
    left join late
        on
            settled.entity_type = late.entity_type
            and settled.source_instance = late.source_instance
            and settled.native_id = late.native_id
    where {{ condition }}
    {%- endfor %}
),

of_receipts as (
    select
        'receipt_line' as entity_type,
        receipts.source_instance,
        receipts.native_id,
        'CONSIGNED_BOOKED_AS_OWNED' as code,
        coalesce(receipts.receipt_number || '|' || receipts.line_number, receipts.native_id) as business_key,
        order_lines.legal_entity_code,
        order_lines.supplier_key,
        receipts.facility_code,
        receipts.purchase_order_line_key,
        {{ extended_price('receipts.received_quantity', 'order_lines') }} as amount_at_risk,
        receipts.received_quantity as quantity_at_risk,
        cast(null as date) as used_on,
        order_lines.ordered_date,
        cast(null as integer) as waited_days,
        items.item_number
    from receipts
    inner join order_lines on receipts.purchase_order_line_key = order_lines.purchase_order_line_key
    left join items on order_lines.item_key = items.item_key
    where
        receipts.receipt_type = 'RECEIPT'
        and receipts.ownership = 'OWNED'
        and order_lines.match_category = 'CONSIGNMENT'
),

united as (
    select * from of_settlement
    union all
    select * from of_events
    union all
    select * from of_receipts
),

found as (
    select
        *,
        {{ json_object({
            'item_number': 'item_number',
            'used_on': 'cast(used_on as string)',
            'ordered_date': 'cast(ordered_date as string)',
            'waited_business_days': 'cast(waited_days as string)',
            'quantity': 'cast(quantity_at_risk as string)',
        }) }} as evidence
    from united
),

final as (
    {{ finding_rows('found', told=['facility_code', 'purchase_order_line_key', 'quantity_at_risk']) }}
)

select * from final

-- One row per purchase-order line, or line schedule where the source has schedules.
{{ config(materialized='table') }}
with

procurement as (select * from {{ ref('stg_procurement__purchase_order_line') }}),
feed as (select * from {{ ref('stg_feed__purchase_order_line') }}),

final as (
    {{ canonical_rows('procurement', missing=[
        'schedule_number', 'requisition_line_id', 'gtin', 'price_uom_code', 'price_per_quantity',
        'base_factor', 'contract_id', 'match_category', 'opening_received_quantity',
        'opening_invoiced_quantity', 'acknowledgement_code',
    ]) }}
    union all
    {{ canonical_rows('feed') }}
)

select * from final

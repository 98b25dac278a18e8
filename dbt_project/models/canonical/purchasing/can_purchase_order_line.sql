-- One row per purchase-order line, or line schedule where the source has schedules.
{{ config(materialized='table') }}
with

procurement as (select * from {{ ref('stg_procurement__purchase_order_line') }}),
erp_cloud as (select * from {{ ref('stg_erp_cloud__purchase_order_item') }}),
erp_legacy as (select * from {{ ref('stg_erp_legacy__po_line') }}),
feed as (select * from {{ ref('stg_feed__purchase_order_line') }}),

final as (
    {{ canonical_rows('procurement', missing=[
        'schedule_number', 'requisition_line_id', 'gtin', 'price_uom_code', 'price_per_quantity',
        'base_factor', 'contract_id', 'match_category', 'opening_received_quantity',
        'opening_invoiced_quantity', 'acknowledgement_code',
    ]) }}
    union all
    {{ canonical_rows('erp_cloud', missing=[
        'schedule_number', 'requisition_line_id', 'supplier_part_number', 'manufacturer_part_number',
        'gtin', 'category_code', 'spend_type', 'base_factor', 'contract_id', 'match_category',
        'is_receipt_required', 'is_receipt_based_invoice', 'is_inspection_required', 'is_price_estimated',
        'opening_received_quantity', 'opening_invoiced_quantity', 'promised_date', 'acknowledgement_code',
        'created_at', 'cost_center_code', 'account_code',
    ]) }}
    union all
    {{ canonical_rows('erp_legacy', missing=[
        'schedule_number', 'requisition_line_id', 'supplier_part_number', 'manufacturer_part_number',
        'gtin', 'category_code', 'spend_type', 'base_factor', 'contract_id', 'match_category',
        'is_receipt_required', 'is_receipt_based_invoice', 'is_inspection_required', 'is_price_estimated',
        'opening_received_quantity', 'opening_invoiced_quantity', 'promised_date', 'acknowledgement_code',
        'created_at', 'price_uom_code', 'price_per_quantity', 'is_finally_invoiced',
    ]) }}
    union all
    {{ canonical_rows('feed') }}
)

select * from final

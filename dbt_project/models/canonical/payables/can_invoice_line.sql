-- One row per invoice line, signed.
{{ config(materialized='table') }}
with

apauto as (select * from {{ ref('stg_apauto__invoice_line') }}),
uk_spend as (select * from {{ ref('stg_uk_spend__invoice_line') }}),
feed as (select * from {{ ref('stg_feed__invoice_line') }}),

final as (
    {{ canonical_rows('apauto', missing=[
        'po_line_id', 'receipt_line_id', 'manufacturer_part_number', 'gtin', 'base_factor', 'price_uom_code',
        'price_per_quantity', 'lot', 'serial', 'case_token',
    ]) }}
    union all
    {{ canonical_rows('uk_spend', missing=[
        'line_number', 'charge_class', 'po_line_id', 'po_number', 'po_line_number', 'receipt_line_id',
        'item_id', 'supplier_part_number', 'manufacturer_part_number', 'gtin', 'quantity', 'uom_code',
        'base_factor', 'unit_price', 'price_uom_code', 'price_per_quantity', 'lot', 'serial', 'case_token',
        'facility_id',
    ]) }}
    union all
    {{ canonical_rows('feed') }}
)

select * from final

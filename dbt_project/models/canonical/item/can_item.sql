-- One row per item record of one system.
{{ config(materialized='table') }}
with

procurement as (select * from {{ ref('stg_procurement__item') }}),
inventory as (select * from {{ ref('stg_inventory__item') }}),
erp_cloud as (select * from {{ ref('stg_erp_cloud__product') }}),
feed as (select * from {{ ref('stg_feed__item') }}),

final as (
    {{ canonical_rows('procurement') }}
    union all
    {{ canonical_rows('inventory', missing=[
        'unspsc_code', 'category_code', 'spend_type', 'is_implant', 'is_lot_controlled',
    ]) }}
    union all
    {{ canonical_rows('erp_cloud', missing=[
        'unspsc_code', 'spend_type', 'is_stocked', 'is_implant', 'is_lot_controlled',
    ]) }}
    union all
    {{ canonical_rows('feed') }}
)

select * from final

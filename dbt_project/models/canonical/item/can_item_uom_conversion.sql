-- One row per item, unit and interval of one system.
{{ config(materialized='table') }}
with

inventory as (select * from {{ ref('stg_inventory__item_unit') }}),
erp_cloud as (select * from {{ ref('stg_erp_cloud__product_unit') }}),
distributor as (select * from {{ ref('stg_distributor__catalogue_pack') }} where is_conversion),
feed as (select * from {{ ref('stg_feed__item_uom_conversion') }}),

final as (
    {{ canonical_rows('inventory', missing=['supplier_id']) }}
    union all
    {{ canonical_rows('erp_cloud', missing=['supplier_id']) }}
    union all
    {{ canonical_rows('distributor') }}
    union all
    {{ canonical_rows('feed') }}
)

select * from final

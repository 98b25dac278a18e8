-- One row per receipt transaction line, signed.
{{ config(materialized='table') }}
with

inventory as (select * from {{ ref('stg_inventory__receipt') }}),
feed as (select * from {{ ref('stg_feed__receipt_line') }}),

final as (
    {{ canonical_rows('inventory', missing=[
        'po_line_id', 'base_factor', 'serial', 'ownership', 'is_synthetic',
    ]) }}
    union all
    {{ canonical_rows('feed') }}
)

select * from final

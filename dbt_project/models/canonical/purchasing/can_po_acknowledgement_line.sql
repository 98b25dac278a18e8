-- One row per line status of a supplier's acknowledgement (855).
{{ config(materialized='table') }}
with

distributor as (select * from {{ ref('stg_distributor__acknowledgement_line') }}),
feed as (select * from {{ ref('stg_feed__po_acknowledgement_line') }}),

final as (
    {{ canonical_rows('distributor') }}
    union all
    {{ canonical_rows('feed') }}
)

select * from final

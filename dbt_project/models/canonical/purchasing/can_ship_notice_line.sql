-- One row per item of a supplier's ship notice (856).
{{ config(materialized='table') }}
with

distributor as (select * from {{ ref('stg_distributor__ship_notice_line') }}),
feed as (select * from {{ ref('stg_feed__ship_notice_line') }}),

final as (
    {{ canonical_rows('distributor') }}
    union all
    {{ canonical_rows('feed') }}
)

select * from final

-- One row per purchase order of one system.
{{ config(materialized='table') }}
with

procurement as (select * from {{ ref('stg_procurement__purchase_order') }}),
feed as (select * from {{ ref('stg_feed__purchase_order') }}),

final as (
    {{ canonical_rows('procurement', missing=[
        'site_id', 'acknowledged_at', 'contract_id', 'limit_amount', 'valid_from', 'valid_to',
    ]) }}
    union all
    {{ canonical_rows('feed') }}
)

select * from final

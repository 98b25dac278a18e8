-- One row per contract, item or part, unit, tier, minimum quantity and interval of one system.
{{ config(materialized='table') }}
with

sourcing as (select * from {{ ref('stg_sourcing__contract_price') }}),
distributor as (select * from {{ ref('stg_distributor__catalogue_price') }}),
procurement as (select * from {{ ref('stg_procurement__contract_price') }}),
feed as (select * from {{ ref('stg_feed__contract_price') }}),

final as (
    {{ canonical_rows('sourcing') }}
    union all
    {{ canonical_rows('distributor') }}
    union all
    {{ canonical_rows('procurement') }}
    union all
    {{ canonical_rows('feed') }}
)

select * from final

-- One row per payment.
{{ config(materialized='table') }}
with

uk_spend as (select * from {{ ref('stg_uk_spend__payment') }}),
feed as (select * from {{ ref('stg_feed__payment') }}),

final as (
    {{ canonical_rows('uk_spend', missing=['bank_account_id', 'method', 'cleared_at']) }}
    union all
    {{ canonical_rows('feed') }}
)

select * from final

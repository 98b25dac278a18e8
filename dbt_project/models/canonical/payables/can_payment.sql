-- One row per payment.
{{ config(materialized='table') }}
with

erp_cloud as (select * from {{ ref('stg_erp_cloud__payment') }}),
erp_legacy as (select * from {{ ref('stg_erp_legacy__payment_tbl') }}),
uk_spend as (select * from {{ ref('stg_uk_spend__payment') }}),
feed as (select * from {{ ref('stg_feed__payment') }}),

final as (
    {{ canonical_rows('erp_cloud', missing=['bank_account_id', 'cleared_at']) }}
    union all
    {{ canonical_rows('erp_legacy', missing=['legal_entity_code', 'bank_account_id', 'cleared_at']) }}
    union all
    {{ canonical_rows('uk_spend', missing=['bank_account_id', 'method', 'cleared_at']) }}
    union all
    {{ canonical_rows('feed') }}
)

select * from final

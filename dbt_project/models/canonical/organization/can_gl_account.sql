-- One row per account and interval.
with

erp_cloud as (select * from {{ ref('stg_erp_cloud__gl_account') }}),
uk_spend as (select * from {{ ref('stg_uk_spend__gl_account') }}),
feed as (select * from {{ ref('stg_feed__gl_account') }}),

final as (
    {{ canonical_rows('erp_cloud') }}
    union all
    {{ canonical_rows('uk_spend', missing=['account_type', 'is_postable', 'valid_from', 'valid_to']) }}
    union all
    {{ canonical_rows('feed') }}
)

select * from final

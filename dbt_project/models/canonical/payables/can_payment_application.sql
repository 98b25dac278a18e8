-- One row per payment and invoice it pays.
with

uk_spend as (select * from {{ ref('stg_uk_spend__payment_application') }}),
feed as (select * from {{ ref('stg_feed__payment_application') }}),

final as (
    {{ canonical_rows('uk_spend', missing=['discount_amount']) }}
    union all
    {{ canonical_rows('feed') }}
)

select * from final

-- One row per payment and invoice it pays.
with

erp_cloud as (select * from {{ ref('stg_erp_cloud__ap_item') }} where payment_id is not null),
erp_legacy as (select * from {{ ref('stg_erp_legacy__pymnt_vchr_xref') }} where payment_id is not null),
uk_spend as (select * from {{ ref('stg_uk_spend__payment_application') }}),
feed as (select * from {{ ref('stg_feed__payment_application') }}),

final as (
    {{ canonical_rows('erp_cloud') }}
    union all
    {{ canonical_rows('erp_legacy') }}
    union all
    {{ canonical_rows('uk_spend', missing=['discount_amount']) }}
    union all
    {{ canonical_rows('feed') }}
)

select * from final

-- One row per facility and interval.
with

erp_cloud as (select * from {{ ref('stg_erp_cloud__plant') }}),
feed as (select * from {{ ref('stg_feed__facility') }}),

final as (
    {{ canonical_rows('erp_cloud') }}
    union all
    {{ canonical_rows('feed') }}
)

select * from final

-- One row per facility and interval.
with

erp_cloud as (select * from {{ ref('stg_erp_cloud__plant') }}),
workforce as (select * from {{ ref('stg_workforce__location') }}),
feed as (select * from {{ ref('stg_feed__facility') }}),

final as (
    {{ canonical_rows('erp_cloud') }}
    union all
    {{ canonical_rows('workforce', missing=['legal_entity_code', 'region', 'gln']) }}
    union all
    {{ canonical_rows('feed') }}
)

select * from final

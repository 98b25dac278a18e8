-- One row per cost center and interval.
{{ config(materialized='table') }}
with

erp_cloud as (select * from {{ ref('stg_erp_cloud__cost_center') }}),
workforce as (select * from {{ ref('stg_workforce__cost_center') }}),
uk_spend as (select * from {{ ref('stg_uk_spend__cost_center') }}),
feed as (select * from {{ ref('stg_feed__cost_center') }}),

final as (
    {{ canonical_rows('erp_cloud') }}
    union all
    {{ canonical_rows('workforce') }}
    union all
    {{ canonical_rows('uk_spend', missing=['legal_entity_code', 'facility_id', 'service_line_code']) }}
    union all
    {{ canonical_rows('feed') }}
)

select * from final

-- One row per certificate of a supplier record: diversity, insurance, W-8 or W-9.
with

procurement as (select * from {{ ref('stg_procurement__supplier_certificate') }}),
feed as (select * from {{ ref('stg_feed__supplier_certificate') }}),

final as (
    {{ canonical_rows('procurement') }}
    union all
    {{ canonical_rows('feed') }}
)

select * from final

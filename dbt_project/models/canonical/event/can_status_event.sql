-- One row per business event that one system told.
with

procurement as (select * from {{ ref('stg_procurement__event') }}),
apauto as (select * from {{ ref('stg_apauto__event') }}),
feed as (select * from {{ ref('stg_feed__status_event') }}),

final as (
    {{ canonical_rows('procurement') }}
    union all
    {{ canonical_rows('apauto') }}
    union all
    {{ canonical_rows('feed') }}
)

select * from final

-- One row per contract of one system.
with

sourcing as (select * from {{ ref('stg_sourcing__contract') }}),
feed as (select * from {{ ref('stg_feed__contract') }}),

final as (
    {{ canonical_rows('sourcing') }}
    union all
    {{ canonical_rows('feed') }}
)

select * from final

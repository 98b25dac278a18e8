-- One row per currency pair and day.
with

feed as (select * from {{ ref('stg_feed__exchange_rate') }}),

final as (
    {{ canonical_rows('feed') }}
)

select * from final

-- One row per number of an item or of a package of it, and what that package holds.
with

feed as (select * from {{ ref('stg_feed__item_package') }}),

final as ({{ canonical_rows('feed') }})

select * from final

-- One row per entry of an exclusion list.
with

feed as (select * from {{ ref('stg_feed__screening_entry') }}),

final as (
    {{ canonical_rows('feed') }}
)

select * from final

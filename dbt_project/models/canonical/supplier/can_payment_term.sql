-- One row per payment term.
with

feed as (select * from {{ ref('stg_feed__payment_term') }}),

final as (
    {{ canonical_rows('feed') }}
)

select * from final

-- One row per link between invoice, receipt and PO line that the source made itself.
with

feed as (select * from {{ ref('stg_feed__match_allocation') }}),

final as (
    {{ canonical_rows('feed') }}
)

select * from final

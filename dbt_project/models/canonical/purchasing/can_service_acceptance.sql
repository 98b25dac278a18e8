-- One row per acceptance of a service of a PO line.
with

feed as (select * from {{ ref('stg_feed__service_acceptance') }}),

final as (
    {{ canonical_rows('feed') }}
)

select * from final

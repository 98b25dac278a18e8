-- One row per fiscal period of a ledger.
with

feed as (select * from {{ ref('stg_feed__fiscal_period') }}),

final as (
    {{ canonical_rows('feed') }}
)

select * from final

-- One row per version ever known of a fiscal period: whether it was closed, and opened again (domain_rules 3.15).
with

feed as (select * from {{ ref('stg_feed__fiscal_period_version') }}),

final as (
    {{ canonical_rows('feed') }}
)

select * from final

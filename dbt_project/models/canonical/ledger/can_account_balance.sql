-- One row per account of a ledger and day its balance is stated for.
with

feed as (select * from {{ ref('stg_feed__account_balance') }}),

final as (
    {{ canonical_rows('feed') }}
)

select * from final

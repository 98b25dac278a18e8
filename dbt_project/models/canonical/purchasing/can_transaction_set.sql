-- One row per EDI transaction set that passed between the health system and a trading partner, either way.
with

distributor as (select * from {{ ref('stg_distributor__transaction_set') }}),

final as (
    {{ canonical_rows('distributor') }}
)

select * from final

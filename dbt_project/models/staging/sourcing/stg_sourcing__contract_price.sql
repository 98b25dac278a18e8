-- One row per contract, item or part, unit, tier, quantity and interval of the sourcing system, latest version known.
with

latest as ({{ latest_known_version(source('raw_sourcing', 'contract_price')) }}),

final as (
    select
        contract_number as contract_id,
        item_number as item_id,
        manufacturer_part as manufacturer_part_number,
        upper(uom) as uom_code,
        tier as tier_code,
        min_quantity,
        unit_price,
        upper(currency) as currency_code,
        valid_from,
        valid_to,
        {{ origin_columns('sourcing', known_from='coalesce(published_at, _known_at)') }}
    from latest
)

select * from final

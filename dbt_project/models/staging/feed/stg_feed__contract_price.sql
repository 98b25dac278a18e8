-- One row per contract, item or part, unit, tier, quantity and interval of a feed, latest version known.
with

latest as ({{ latest_known_version(source('raw_feed', 'contract_price')) }}),

final as (
    select
        contract_id,
        item_id,
        manufacturer_part_number,
        upper(uom_code) as uom_code,
        tier_code,
        min_quantity,
        unit_price,
        upper(currency_code) as currency_code,
        valid_from,
        valid_to,
        {{ origin_columns('feed', known_from='coalesce(known_from, _known_at)') }}
    from latest
)

select * from final

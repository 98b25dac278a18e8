-- One row per item of a feed, latest version known.
with

latest as ({{ latest_known_version(source('raw_feed', 'item')) }}),

final as (
    select
        item_id,
        item_number,
        description,
        manufacturer_name,
        manufacturer_part_number,
        gtin,
        unspsc_code,
        category_code,
        upper(spend_type) as spend_type,
        upper(base_uom_code) as base_uom_code,
        is_stocked,
        is_implant,
        is_lot_controlled,
        is_active,
        updated_at,
        {{ origin_columns('feed') }}
    from latest
)

select * from final

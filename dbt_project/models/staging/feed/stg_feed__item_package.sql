-- One row per number of an item or of a package of it, latest version known.
with

latest as ({{ latest_known_version(source('raw_feed', 'item_package')) }}),

final as (
    select
        item_id,
        upper(gtin) as gtin,
        upper(identifier_type) as identifier_type,
        upper(contained_gtin) as contained_gtin,
        contained_quantity,
        upper(uom_code) as uom_code,
        {{ origin_columns('feed') }}
    from latest
)

select * from final

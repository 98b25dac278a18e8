-- One row per item and supplier that offers it of a feed, latest version known.
with

latest as ({{ latest_known_version(source('raw_feed', 'item_supplier')) }}),

final as (
    select
        item_id,
        supplier_id,
        supplier_part_number,
        upper(order_uom_code) as order_uom_code,
        packaging_string,
        {{ origin_columns('feed') }}
    from latest
)

select * from final

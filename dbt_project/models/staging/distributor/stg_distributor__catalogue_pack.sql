-- One row per line of an 832 and pack level under it, latest version known.
with

latest as ({{ latest_known_version(source('raw_distributor', 'catalogue_pack')) }}),

final as (
    select
        sender,
        receiver,
        interchange_number,
        group_number,
        set_number,
        segment_position,
        catalogue_number,
        line_number,
        coalesce(buyer_item, buyer_part) as item_id,
        coalesce(vendor_item, vendor_catalogue, vendor_part) as supplier_part_number,
        manufacturer_part as manufacturer_part_number,
        description,
        coalesce(package_gtin, subline_gtin, gtin, upc, ndc) as gtin,
        upper(coalesce(package_unit, subline_unit, pack_unit)) as uom_code,
        coalesce(package_quantity, subline_quantity, pack_count) as pack_quantity,
        pack_size,
        {{ origin_columns('distributor', recorded_at='sent_at') }}
    from latest
)

select * from final

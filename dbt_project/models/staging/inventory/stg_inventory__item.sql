-- One row per item of the inventory system, latest version known.
with

latest as ({{ latest_known_version(source('raw_inventory', 'item')) }}),

final as (
    select
        item_number as item_id,
        item_number,
        coalesce(description, item_number) as description,
        manufacturer as manufacturer_name,
        manufacturer_part as manufacturer_part_number,
        gtin,
        upper(base_uom) as base_uom_code,
        true as is_stocked,
        active as is_active,
        updated_at,
        {{ origin_columns('inventory') }}
    from latest
)

select * from final

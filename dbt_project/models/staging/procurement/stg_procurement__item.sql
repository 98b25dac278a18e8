-- One row per item of the procurement suite, latest version known.
with

latest as ({{ latest_known_version(source('raw_procurement', 'item')) }}),

final as (
    select
        id as item_id,
        item_number,
        coalesce(description, name) as description,
        manufacturer_name,
        manufacturer_part_number,
        custom_fields_gtin as gtin,
        custom_fields_unspsc as unspsc_code,
        commodity_code as category_code,
        upper(custom_fields_spend_type) as spend_type,
        upper(uom_code) as base_uom_code,
        custom_fields_is_stocked as is_stocked,
        custom_fields_is_implant as is_implant,
        custom_fields_is_lot_controlled as is_lot_controlled,
        active as is_active,
        updated_at,
        {{ origin_columns('procurement', extension=extension_with({
            'item_type': 'item_type',
            'commodity_name': 'commodity_name',
        })) }}
    from latest
)

select * from final

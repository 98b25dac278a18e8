-- One row per item record: what it says of itself, the golden item it belongs to and how it came there.
with

items as (select * from {{ ref('can_item') }} where not is_deleted),
item_keys as (select * from {{ ref('xref_item') }}),

final as (
    select
        items.item_key as item_record_key,
        items.source_system,
        items.source_instance,
        items.native_id,
        item_keys.item_key,
        item_keys.link_method,
        items.item_number,
        items.description,
        items.manufacturer_name,
        items.manufacturer_part_number,
        items.gtin,
        {{ typed_identifier('items.gtin') }} as identifier,
        {{ identifier_fault('items.gtin') }} as identifier_fault,
        items.manufacturer_name is not null
        and {{ stripped_part('items.manufacturer_part_number') }} is not null as has_part_number,
        {{ is_damaged_number('items.manufacturer_part_number') }} as is_part_number_damaged,
        items.unspsc_code,
        coalesce(items.is_active, true) as is_active
    from items
    inner join item_keys on items.source_instance = item_keys.source_instance and items.native_id = item_keys.native_id
)

select * from final

-- One row per golden item; its base unit is the one of the system of record for item units.
with

items as (select * from {{ ref('can_item') }} where not is_deleted),
item_keys as (select * from {{ ref('xref_item') }}),
units as (select * from {{ ref('xref_unit') }}),
records as (
    select source_instance from {{ ref('stg_landscape__system_of_record') }}
    where domain = 'item' and attribute_group = 'unit' and write_policy = 'MASTER'
    group by source_instance
),

ranked as (
    select
        item_keys.item_key,
        items.item_number,
        items.description,
        items.manufacturer_name,
        items.manufacturer_part_number,
        items.gtin,
        items.category_code,
        items.spend_type,
        items.is_implant,
        items.is_stocked,
        coalesce(units.uom_code, items.base_uom_code) as base_uom_code,
        items.is_active,
        items.source_instance,
        items.native_id,
        row_number() over (
            partition by item_keys.item_key
            order by (records.source_instance is null), items.source_instance, items.native_id
        ) as preference
    from items
    inner join item_keys
        on items.source_instance = item_keys.source_instance and items.native_id = item_keys.native_id
    left join units on items.source_instance = units.source_instance and items.base_uom_code = units.source_code
    left join records on items.source_instance = records.source_instance
),

-- The unit's system of record often knows less about the item than the item master does.
described as (
    select
        item_key,
        max(category_code) as category_code,
        max(spend_type) as spend_type,
        max(case when is_implant or spend_type = 'IMPLANT' then 1 else 0 end) = 1 as is_implant,
        max(case when is_stocked then 1 else 0 end) = 1 as is_stocked
    from ranked
    group by item_key
),

final as (
    select
        ranked.item_key,
        ranked.item_number,
        ranked.description,
        ranked.manufacturer_name,
        ranked.manufacturer_part_number,
        ranked.gtin,
        coalesce(ranked.category_code, described.category_code) as category_code,
        coalesce(ranked.spend_type, described.spend_type) as spend_type,
        described.is_implant,
        described.is_stocked,
        ranked.base_uom_code,
        ranked.is_active,
        ranked.source_instance,
        ranked.native_id
    from ranked
    inner join described on ranked.item_key = described.item_key
    where ranked.preference = 1
)

select * from final

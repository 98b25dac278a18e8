-- One row per item, unit and interval as one instance sees it: base units in one unit (domain_rules 3.3.1, levels 2-4).
with

conversions as (select * from {{ ref('can_item_uom_conversion') }} where not is_deleted),
packs as (select * from {{ ref('int_item_package__unit') }}),
item_keys as (select * from {{ ref('xref_item') }}),
item_numbers as (select * from {{ ref('int_item__number') }}),
supplier_keys as (select * from {{ ref('xref_supplier') }}),
supplier_numbers as (select * from {{ ref('int_supplier__number') }}),
items as (select * from {{ ref('dim_item') }}),
units as (select * from {{ ref('xref_unit') }}),
records as (
    select source_instance from {{ ref('stg_landscape__system_of_record') }}
    where domain = 'item' and attribute_group = 'unit' and write_policy = 'MASTER'
    group by source_instance
),

stated as (
    select
        source_instance,
        item_id,
        supplier_id,
        from_uom_code as source_code,
        factor,
        valid_from,
        valid_to,
        native_id,
        case when supplier_id is null then 3 else 2 end as ladder_level
    from conversions
    union all
    select
        source_instance,
        item_id,
        supplier_id,
        uom_code as source_code,
        factor,
        cast(null as date) as valid_from,
        cast(null as date) as valid_to,
        '' as native_id,
        4 as ladder_level
    from packs
),

-- A catalogue names the items and suppliers of others by their numbers and counts eaches.
placed as (
    select
        stated.*,
        item_keys.item_key is null as is_by_number,
        coalesce(item_keys.item_key, item_numbers.item_key) as item_key,
        coalesce(supplier_keys.supplier_key, supplier_numbers.supplier_key) as supplier_key,
        coalesce(units.uom_code, stated.source_code) as uom_code
    from stated
    left join item_keys on stated.source_instance = item_keys.source_instance and stated.item_id = item_keys.native_id
    left join item_numbers on stated.item_id = item_numbers.item_number
    left join supplier_keys
        on stated.source_instance = supplier_keys.source_instance and stated.supplier_id = supplier_keys.native_id
    left join supplier_numbers on stated.supplier_id = supplier_numbers.supplier_number
    left join units on stated.source_instance = units.source_instance and stated.source_code = units.source_code
    where stated.factor > 0
),

known as (
    select
        placed.*,
        row_number() over (
            partition by
                placed.source_instance, placed.item_key, placed.supplier_key, placed.uom_code, placed.valid_from,
                placed.is_by_number, case when not placed.is_by_number then placed.native_id end
            order by placed.native_id
        ) as nearness
    from placed
    inner join items on placed.item_key = items.item_key
    where not placed.is_by_number or (items.base_uom_code = 'EA' and placed.supplier_key is not null)
),

final as (
    select
        known.source_instance,
        known.item_id,
        known.item_key,
        known.supplier_key,
        known.source_code as source_uom_code,
        known.uom_code,
        cast(known.factor as decimal(18, 8)) as factor,
        known.valid_from,
        known.valid_to,
        known.ladder_level,
        records.source_instance is not null as is_system_of_record
    from known
    left join records on known.source_instance = records.source_instance
    where known.nearness = 1 or not known.is_by_number
)

select * from final

-- One row per item, unit and interval as one instance sees it: base units in one unit (domain_rules 3.3.1, levels 2-4).
with

conversions as (select * from {{ ref('can_item_uom_conversion') }} where not is_deleted),
item_suppliers as (select * from {{ ref('can_item_supplier') }} where not is_deleted and packaging_string is not null),
items as (select * from {{ ref('xref_item') }}),
suppliers as (select * from {{ ref('xref_supplier') }}),
units as (select * from {{ ref('xref_unit') }}),
records as (
    select source_instance from {{ ref('stg_landscape__system_of_record') }}
    where domain = 'item' and attribute_group = 'unit' and write_policy = 'MASTER'
    group by source_instance
),

-- '10/BX 4BX/CS' reads: 10 base units a box, 4 boxes a case.
packaging as (
    select
        source_instance,
        item_id,
        supplier_id,
        upper(split_part(trim(packaging_string), ' ', 1)) as inner_text,
        upper(split_part(trim(packaging_string), ' ', 2)) as outer_text
    from item_suppliers
),

packs as (
    select
        source_instance,
        item_id,
        supplier_id,
        split_part(inner_text, '/', 2) as inner_code,
        try_cast(split_part(inner_text, '/', 1) as decimal(18, 8)) as inner_factor,
        split_part(outer_text, '/', 2) as outer_code,
        try_cast({{ extracted('outer_text', '^([0-9]+)[A-Z]*/') }} as decimal(18, 8)) as outer_count
    from packaging
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
        case when supplier_id is null then 3 else 2 end as ladder_level
    from conversions
    union all
    select
        source_instance,
        item_id,
        supplier_id,
        inner_code as source_code,
        inner_factor as factor,
        cast(null as date) as valid_from,
        cast(null as date) as valid_to,
        4 as ladder_level
    from packs
    union all
    select
        source_instance,
        item_id,
        supplier_id,
        outer_code as source_code,
        cast({{ product('inner_factor', 'outer_count') }} as decimal(18, 8)) as factor,
        cast(null as date) as valid_from,
        cast(null as date) as valid_to,
        4 as ladder_level
    from packs
    where outer_code <> ''
),

final as (
    select
        stated.source_instance,
        stated.item_id,
        items.item_key,
        suppliers.supplier_key,
        stated.source_code as source_uom_code,
        coalesce(units.uom_code, stated.source_code) as uom_code,
        cast(stated.factor as decimal(18, 8)) as factor,
        stated.valid_from,
        stated.valid_to,
        stated.ladder_level,
        records.source_instance is not null as is_system_of_record
    from stated
    inner join items on stated.source_instance = items.source_instance and stated.item_id = items.native_id
    left join suppliers
        on stated.source_instance = suppliers.source_instance and stated.supplier_id = suppliers.native_id
    left join units on stated.source_instance = units.source_instance and stated.source_code = units.source_code
    left join records on stated.source_instance = records.source_instance
    where stated.factor > 0
)

select * from final

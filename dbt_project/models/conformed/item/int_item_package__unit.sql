-- One row per item, supplier and unit that a packaging string or the item's packages explain: base units in one (domain_rules 3.3.1, level 4).
with

packages as (select * from {{ ref('dim_item_package') }}),
item_suppliers as (select * from {{ ref('can_item_supplier') }} where not is_deleted and packaging_string is not null),

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

-- A packaging string goes before the packages of its item.
spelled as (
    select
        source_instance,
        item_id
    from item_suppliers
    group by source_instance, item_id
),

-- Two packages of one item under one unit that hold different numbers say nothing about the unit.
agreed as (
    select
        packages.source_instance,
        packages.item_id,
        packages.uom_code,
        max(packages.factor) as factor
    from packages
    left join spelled on packages.source_instance = spelled.source_instance and packages.item_id = spelled.item_id
    where packages.package_status = 'RESOLVED' and packages.uom_code is not null and spelled.item_id is null
    group by packages.source_instance, packages.item_id, packages.uom_code
    having count(distinct packages.factor) = 1
),

final as (
    {%- for code, factor in [('inner_code', 'inner_factor'), ('outer_code', product('inner_factor', 'outer_count'))] %}
    select
        source_instance,
        item_id,
        supplier_id,
        {{ code }} as uom_code,
        cast({{ factor }} as decimal(18, 8)) as factor
    from packs
    where {{ code }} <> ''
    union all
    {%- endfor %}
    select
        source_instance,
        item_id,
        cast(null as string) as supplier_id,
        uom_code,
        factor
    from agreed
)

select * from final

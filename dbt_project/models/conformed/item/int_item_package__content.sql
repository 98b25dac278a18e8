-- One row per item and number that one instance gives it or a package of it: what the package holds, and how many say otherwise.
with

packages as (select * from {{ ref('can_item_package') }} where not is_deleted),
items as (select * from {{ ref('can_item') }} where not is_deleted),
units as (select * from {{ ref('xref_unit') }}),

numbered as (
    select
        packages.source_instance,
        packages.item_id,
        {{ package_number('packages.gtin') }} as gtin,
        {{ package_number('items.gtin') }} as base_gtin,
        packages.identifier_type,
        coalesce(units.uom_code, packages.uom_code) as uom_code,
        {{ package_number('packages.contained_gtin') }} as contained_gtin,
        case when packages.contained_quantity > 0 then packages.contained_quantity end as contained_quantity
    from packages
    left join items
        on packages.source_instance = items.source_instance and packages.item_id = items.native_id
    left join units
        on packages.source_instance = units.source_instance and packages.uom_code = units.source_code
),

final as (
    select
        source_instance,
        item_id,
        gtin,
        max(base_gtin) as base_gtin,
        max(identifier_type) as identifier_type,
        case when count(distinct uom_code) = 1 then max(uom_code) end as uom_code,
        max(contained_gtin) as contained_gtin,
        max(contained_quantity) as contained_quantity,
        count(distinct contained_gtin || '|' || coalesce(cast(contained_quantity as string), '')) as contents
    from numbered
    group by source_instance, item_id, gtin
)

select * from final

-- One row per item and unit that its packages are ordered in, as one instance tells it: base units in one.
with

packages as (select * from {{ ref('dim_item_package') }}),
item_suppliers as (select * from {{ ref('can_item_supplier') }} where not is_deleted and packaging_string is not null),

-- Two packages of one item under one unit that hold different numbers say nothing about the unit.
agreed as (
    select
        source_instance,
        item_id,
        uom_code,
        max(factor) as factor
    from packages
    where package_status = 'RESOLVED' and uom_code is not null
    group by source_instance, item_id, uom_code
    having count(distinct factor) = 1
),

-- A supplier's packaging string stands on the same step of the ladder and goes before.
spelled as (
    select
        source_instance,
        item_id
    from item_suppliers
    group by source_instance, item_id
),

final as (
    select
        agreed.source_instance,
        agreed.item_id,
        agreed.uom_code,
        agreed.factor
    from agreed
    left join spelled on agreed.source_instance = spelled.source_instance and agreed.item_id = spelled.item_id
    where spelled.item_id is null
)

select * from final

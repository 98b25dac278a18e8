-- One row per item record, record of another instance and step that finds the one for the other.
with

records as (select * from {{ ref('int_item__record') }}),
tagged as (select * from {{ ref('int_item__tag') }}),
item_suppliers as (select * from {{ ref('can_item_supplier') }} where not is_deleted),
supplier_keys as (select * from {{ ref('xref_supplier') }}),
packages as (select * from {{ ref('can_item_package') }} where not is_deleted),
units as (select * from {{ ref('xref_unit') }}),

-- Numbers of an item besides its own: of the package that holds it, or of the item once more.
numbers as (
    select
        records.record_key,
        records.source_instance,
        records.number_key,
        {{ typed_identifier('packages.gtin') }} as identifier,
        packages.contained_gtin is not null as is_package,
        units.uom_code
    from packages
    inner join records on packages.source_instance = records.source_instance and packages.item_id = records.native_id
    left join units on packages.source_instance = units.source_instance and packages.uom_code = units.source_code
    where packages.contained_gtin is not null or packages.identifier_type not like 'Unit%'
),

offered as (
    select
        records.record_key,
        records.source_instance,
        records.number_key,
        records.bare_part,
        supplier_keys.supplier_key,
        ltrim({{ stripped_part('item_suppliers.supplier_part_number') }}, '0') as supplier_part
    from item_suppliers
    inner join records
        on item_suppliers.source_instance = records.source_instance and item_suppliers.item_id = records.native_id
    inner join supplier_keys
        on
            item_suppliers.source_instance = supplier_keys.source_instance
            and item_suppliers.supplier_id = supplier_keys.native_id
),

-- A supplier's number speaks where it has been seen with one manufacturer's number and never with another.
spoken as (
    select supplier_key, supplier_part
    from offered
    group by supplier_key, supplier_part
    having min(bare_part) = max(bare_part)
),

{% set is_apart = 'lefts.source_instance <> rights.source_instance and lefts.number_key <> rights.number_key' %}
{% set fits = makers_fit('lefts', 'rights') %}
{% set is_tagged = 'rights.untagged_part <> rights.bare_part and ' ~ fits %}
pairs as (
    {%- for step, method, left, condition in [
        (1, 'IDENTIFIER', 'records', 'lefts.identifier = rights.identifier'),
        (2, 'PART_NUMBER', 'records', 'lefts.part_number = rights.part_number and ' ~ fits),
        (3, 'PART_NUMBER_ZEROS', 'records', 'lefts.bare_part = rights.bare_part and ' ~ fits),
        (4, 'PART_NUMBER_TAG', 'records', 'lefts.bare_part = rights.untagged_part and ' ~ is_tagged),
        (4, 'PART_NUMBER_TAG', 'tagged', 'lefts.bare_part = rights.bare_part and ' ~ fits),
    ] %}
    select
        lefts.record_key as left_key,
        rights.record_key as right_key,
        '{{ method }}' as link_method,
        {{ step }} as step
    from {{ left }} as lefts
    inner join records as rights on {{ condition }} and {{ is_apart }}
    union all
    {%- endfor %}
    select
        lefts.record_key as left_key,
        rights.record_key as right_key,
        case when rights.is_package then 'PACKAGE' else 'IDENTIFIER' end as link_method,
        1 as step
    from records as lefts
    inner join numbers as rights
        on
            lefts.identifier = rights.identifier
            and (not rights.is_package or lefts.base_uom_code = rights.uom_code)
            and {{ is_apart }}
    union all
    select
        lefts.record_key as left_key,
        rights.record_key as right_key,
        'SUPPLIER_PART' as link_method,
        5 as step
    from offered as lefts
    inner join offered as rights
        on
            lefts.supplier_key = rights.supplier_key
            and lefts.supplier_part = rights.supplier_part
            and {{ is_apart }}
    inner join spoken on lefts.supplier_key = spoken.supplier_key and lefts.supplier_part = spoken.supplier_part
),

both_ways as (
    select left_key, right_key, link_method, step from pairs
    union distinct
    select right_key as left_key, left_key as right_key, link_method, step from pairs
),

final as (
    select
        lefts.record_key as left_key,
        lefts.source_instance as left_instance,
        rights.record_key as right_key,
        rights.source_instance as right_instance,
        both_ways.link_method,
        both_ways.step,
        coalesce(
            split_part(lefts.identifier, ' ', 1) = split_part(rights.identifier, ' ', 1)
            and lefts.identifier <> rights.identifier, false
        ) as is_contradicted
    from both_ways
    inner join records as lefts on both_ways.left_key = lefts.record_key
    inner join records as rights on both_ways.right_key = rights.record_key
)

select * from final

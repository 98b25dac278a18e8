-- One row per item record: the numbers it may be known by, and the record that stands for its item number.
{{ config(materialized='table') }}
with

items as (select * from {{ ref('can_item') }}),
suppliers as (select * from {{ ref('can_supplier') }}),
supplier_keys as (select * from {{ ref('xref_supplier') }}),
units as (select * from {{ ref('xref_unit') }}),

identified as (
    select
        items.item_key as record_key,
        items.source_instance,
        items.native_id,
        items.source_instance || '|' || items.native_id as reference,
        upper(trim(items.item_number)) as item_number,
        units.uom_code as base_uom_code,
        {{ typed_identifier('items.gtin') }} as own_identifier,
        {{ stripped_part('items.manufacturer_part_number') }} as part_number,
        {{ untagged_part('items.manufacturer_part_number') }} as untagged_part,
        nullif({{ maker_name('items.manufacturer_name') }}, '') as maker
    from items
    left join units on items.source_instance = units.source_instance and items.base_uom_code = units.source_code
),

-- A manufacturer whose name one golden supplier has is that supplier, whatever others call it.
makers as (
    select
        {{ maker_name('suppliers.legal_name') }} as maker,
        min(supplier_keys.supplier_key) as maker_key
    from suppliers
    inner join supplier_keys
        on
            suppliers.source_instance = supplier_keys.source_instance
            and suppliers.native_id = supplier_keys.native_id
    group by {{ maker_name('suppliers.legal_name') }}
    having min(supplier_keys.supplier_key) = max(supplier_keys.supplier_key)
),

-- A manufacturer's number that very many items of an instance have names none of them.
crowded as (
    select part_number
    from (
        select part_number
        from identified
        group by source_instance, part_number
        having count(*) > 1000
    ) as of_instances
    group by part_number
),

-- A number that an instance gave twice says nothing about other instances.
numbered as (
    select
        identified.*,
        makers.maker_key,
        case when crowded.part_number is null then identified.part_number end as usable_part,
        case
            when
                identified.item_number is not null
                and count(*) over (partition by identified.source_instance, identified.item_number) = 1
                then identified.item_number
            else 'record ' || identified.record_key
        end as shared_number
    from identified
    left join makers on identified.maker = makers.maker
    left join crowded on identified.part_number = crowded.part_number
),

-- Two identifiers under one number are two items.
typed as (
    select
        numbered.*,
        case
            when
                min(numbered.own_identifier) over (partition by numbered.shared_number)
                <> max(numbered.own_identifier) over (partition by numbered.shared_number)
                then coalesce(numbered.own_identifier, 'none')
            else 'any'
        end as number_identifier
    from numbered
),

final as (
    select
        record_key,
        source_instance,
        native_id,
        reference,
        base_uom_code,
        maker,
        maker_key,
        usable_part as part_number,
        ltrim(usable_part, '0') as bare_part,
        case when usable_part is not null then ltrim(untagged_part, '0') end as untagged_part,
        first_value(record_key) over (
            partition by shared_number, number_identifier
            order by source_instance nulls last, native_id nulls last
        ) as number_key,
        max(own_identifier) over (partition by shared_number, number_identifier) as identifier
    from typed
)

select * from final

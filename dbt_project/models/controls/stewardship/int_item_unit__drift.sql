-- One row per item, unit and days on which an instance converts otherwise than the system of record (domain_rules 3.3.3).
with

item_units as (select * from {{ ref('dim_item_unit') }} where ladder_level = 3),
policies as (
    select source_instance from {{ ref('stg_landscape__system_of_record') }}
    where domain = 'item' and attribute_group = 'unit' and write_policy = 'REPLICA'
    group by source_instance
),

overlapping as (
    select
        copies.source_instance,
        copies.item_id,
        copies.item_key,
        copies.source_uom_code,
        copies.uom_code,
        masters.source_instance as master_instance,
        copies.factor as stated_factor,
        masters.factor as record_factor,
        greatest(copies.valid_from, masters.valid_from) as valid_from,
        least(copies.valid_to, masters.valid_to) as valid_to
    from item_units as copies
    inner join policies on copies.source_instance = policies.source_instance
    inner join item_units as masters
        on
            copies.item_key = masters.item_key
            and copies.uom_code = masters.uom_code
            and masters.is_system_of_record
            and copies.factor <> masters.factor
            and coalesce(masters.valid_from, date '0001-01-01') < coalesce(copies.valid_to, date '9999-12-31')
            and coalesce(copies.valid_from, date '0001-01-01') < coalesce(masters.valid_to, date '9999-12-31')
),

ranked as (
    select
        overlapping.*,
        {{ native_id(['source_instance', 'item_id', 'source_uom_code', 'valid_from']) }} as subject_key,
        row_number() over (
            partition by source_instance, item_id, source_uom_code, valid_from
            order by master_instance, record_factor
        ) as preference
    from overlapping
),

final as (
    select
        subject_key,
        source_instance,
        item_id,
        item_key,
        source_uom_code,
        uom_code,
        master_instance,
        stated_factor,
        record_factor,
        {{ divide('record_factor', 'stated_factor', 6) }} as ratio,
        valid_from,
        valid_to
    from ranked
    where preference = 1
)

select * from final

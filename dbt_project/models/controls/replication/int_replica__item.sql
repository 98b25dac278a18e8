-- One row per copy of an item and attribute or unit in which it says another thing than the item master (domain_rules 3.15, R-5).
{%- set attributes = {
    'manufacturer_part_number': normalized_number('RECORD.manufacturer_part_number'),
    'gtin': gtin_14('RECORD.gtin'),
    'unspsc_code': 'RECORD.unspsc_code',
    'is_active': 'cast(RECORD.is_active as string)',
} %}
with

items as (select * from {{ ref('can_item') }}),
records as (select * from {{ ref('dim_item_record') }}),
drifts as (select * from {{ ref('int_item_unit__drift') }}),
pairs as (select * from {{ ref('int_replica__master') }} where domain = 'item'),
run as (select * from {{ ref('stg_landscape__run') }}),

-- Of several records of the owner under one item any may agree.
agreeing as (
    select
        copies.source_instance,
        copies.native_id,
        masters.source_instance as master_instance,
        {%- for attribute, value in attributes.items() %}
        {%- set copied, stands = value.replace('RECORD', 'copies'), value.replace('RECORD', 'masters') %}
        max(case when {{ copied }} <> {{ stands }} then 0 else 1 end) = 0 as {{ attribute }}_differs,
        {%- endfor %}
        min(masters.native_id) as master_id
    from records as copies
    inner join pairs on copies.source_instance = pairs.replica_instance and pairs.attribute_group = 'master'
    inner join records as masters
        on copies.item_key = masters.item_key and pairs.master_instance = masters.source_instance
    group by copies.source_instance, copies.native_id, masters.source_instance
),

-- Titles and makers' names are each system's own wording, and what a copy does not tell is a gap of its own.
differing as (
    {%- for attribute in attributes %}
    select
        pairs.*,
        copies.source_instance,
        copies.native_id,
        coalesce(copies.item_number, copies.native_id) as business_key,
        '{{ attribute }}' as field,
        cast(masters.{{ attribute }} as string) as left_value,
        cast(copies.{{ attribute }} as string) as right_value,
        greatest(items.updated_at, owners.updated_at) as moved_at
    from agreeing
    inner join pairs
        on
            agreeing.source_instance = pairs.replica_instance
            and agreeing.master_instance = pairs.master_instance
            and pairs.attribute_group = 'master'
    inner join records as copies
        on agreeing.source_instance = copies.source_instance and agreeing.native_id = copies.native_id
    inner join records as masters
        on agreeing.master_instance = masters.source_instance and agreeing.master_id = masters.native_id
    left join items on agreeing.source_instance = items.source_instance and agreeing.native_id = items.native_id
    left join items as owners
        on agreeing.master_instance = owners.source_instance and agreeing.master_id = owners.native_id
    where agreeing.{{ attribute }}_differs
    union all
    {%- endfor %}
    select
        pairs.*,
        drifts.source_instance,
        drifts.item_id as native_id,
        drifts.item_id as business_key,
        'factor of ' || drifts.source_uom_code as field,
        cast(drifts.record_factor as string) as left_value,
        cast(drifts.stated_factor as string) as right_value,
        cast(drifts.valid_from as timestamp) as moved_at
    from drifts
    cross join run
    inner join pairs
        on
            drifts.source_instance = pairs.replica_instance
            and drifts.master_instance = pairs.master_instance
            and pairs.attribute_group = 'unit'
    where {{ in_interval('run.as_of', 'drifts.valid_from', 'drifts.valid_to') }}
),

shaped as (
    select
        *,
        master_instance as left_instance,
        replica_instance as right_instance
    from differing
),

final as (
    {{ lasting_differences('shaped', 'R-5', 'item', "'item'") }}
)

select * from final

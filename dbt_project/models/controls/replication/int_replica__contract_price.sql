-- One row per contract price that holds now or later and that a copy lacks, has alone or states otherwise (domain_rules 3.15, R-6).
with

prices as (select * from {{ ref('dim_contract_price') }} where not is_list),
pairs as (
    select * from {{ ref('int_replica__master') }} where domain = 'contract' and attribute_group = 'document'
),
run as (select * from {{ ref('stg_landscape__run') }}),

keyed as (
    select
        prices.*,
        {{ concord_key(['contract_number', 'item_key', 'case when item_key is null then manufacturer_part_number end',
            'uom_code', 'tier_code', 'min_quantity', 'valid_from']) }} as price_key,
        contract_number || '|' || coalesce(manufacturer_part_number, item_id, '') || '|' || coalesce(uom_code, '')
            as business_key
    from prices
    cross join run
    where coalesce(prices.valid_to > run.as_of, true)
),

told as (
    select
        *,
        row_number() over (
            partition by source_instance, price_key order by known_from desc nulls last, native_id
        ) as place
    from keyed
),

masters as (
    select
        told.*,
        pairs.master_instance,
        pairs.replica_instance
    from told
    inner join pairs on told.source_instance = pairs.master_instance
    where told.place = 1
),

copies as (
    select
        told.*,
        pairs.master_instance,
        pairs.replica_instance
    from told
    inner join pairs on told.source_instance = pairs.replica_instance
    where told.place = 1
),

-- A price that begins later need not be there yet.
joined as (
    select
        coalesce(masters.master_instance, copies.master_instance) as master_instance,
        coalesce(masters.replica_instance, copies.replica_instance) as replica_instance,
        coalesce(masters.source_instance, copies.source_instance) as source_instance,
        coalesce(masters.native_id, copies.native_id) as native_id,
        coalesce(masters.business_key, copies.business_key) as business_key,
        masters.native_id is null or copies.native_id is null as is_alone,
        {%- for side in ['masters', 'copies'] %}
        cast({{ side }}.unit_price as string) || ' ' || coalesce({{ side }}.currency_code, '') as {{ side }}_price,
        case when {{ side }}.native_id is not null then coalesce(cast({{ side }}.valid_to as string), 'open') end
            as {{ side }}_end,
        {%- endfor %}
        greatest(
            masters.known_from, copies.known_from,
            cast(coalesce(masters.valid_from, copies.valid_from) as timestamp)
        ) as moved_at
    from masters
    full join copies
        on
            masters.price_key = copies.price_key
            and masters.master_instance = copies.master_instance
            and masters.replica_instance = copies.replica_instance
),

shaped as (
    {%- for field, side, condition in [
        ('unit_price', 'price', 'is_alone or masters_price <> copies_price'),
        ('valid_to', 'end', 'not is_alone and masters_end <> copies_end')] %}
    select
        joined.master_instance as left_instance,
        joined.replica_instance as right_instance,
        joined.source_instance,
        joined.native_id,
        joined.business_key,
        '{{ field }}' as field,
        joined.masters_{{ side }} as left_value,
        joined.copies_{{ side }} as right_value,
        joined.moved_at,
        pairs.grace_hours,
        pairs.judged_until,
        pairs.owner_role
    from joined
    inner join pairs
        on joined.master_instance = pairs.master_instance and joined.replica_instance = pairs.replica_instance
    where {{ condition }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

final as (
    {{ lasting_differences('shaped', 'R-6', 'contract_price', "'contract_price'") }}
)

select * from final

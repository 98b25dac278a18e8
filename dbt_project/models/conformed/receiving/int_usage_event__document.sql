-- One row per canonical usage event: item, day and PO line it names, and whether it is the fact or told again (domain_rules 3.5).
with

events as (select * from {{ ref('can_usage_event') }} where not is_deleted),
order_lines as (select * from {{ ref('int_purchase_order_line__document') }}),
items as (select * from {{ ref('dim_item') }}),
item_keys as (select * from {{ ref('xref_item') }}),
units as (select * from {{ ref('xref_unit') }}),
instances as (select * from {{ ref('stg_landscape__instance') }}),
run as (select * from {{ ref('stg_landscape__run') }}),
masters as (
    select source_instance from {{ ref('stg_landscape__system_of_record') }}
    where domain = 'usage' and write_policy = 'MASTER'
    group by source_instance
),

-- An id or a device identifier of another system is taken where only one line or item has it.
by_id as (
    select
        native_id,
        min(fact_key) as fact_key
    from order_lines
    where is_fact
    group by native_id
    having count(*) = 1
),
by_gtin as (
    select
        {{ gtin_14('gtin') }} as gtin,
        min(item_key) as item_key
    from items
    where gtin is not null
    group by {{ gtin_14('gtin') }}
    having count(*) = 1
),

joined as (
    select
        events.usage_event_key,
        events.source_instance,
        events.native_id,
        events.case_token,
        events.serial,
        events.quantity,
        coalesce(events.outcome, 'IMPLANTED') as outcome,
        coalesce(own_lines.fact_key, by_id.fact_key) as purchase_order_line_key,
        coalesce(item_keys.item_key, by_gtin.item_key, stated.item_key) as item_key,
        case when events.uom_code is null then items.base_uom_code else units.uom_code end as uom_code,
        items.base_uom_code,
        {{ local_date('events.used_at', 'coalesce(instances.timezone, run.timezone)') }} as used_on,
        run.as_of,
        masters.source_instance is not null as is_of_record
    from events
    cross join run
    left join instances on events.source_instance = instances.source_instance
    left join masters on events.source_instance = masters.source_instance
    left join order_lines as own_lines
        on events.source_instance = own_lines.source_instance and events.po_line_id = own_lines.native_id
    left join by_id on events.po_line_id = by_id.native_id
    left join order_lines as stated on coalesce(own_lines.fact_key, by_id.fact_key) = stated.purchase_order_line_key
    left join item_keys on events.source_instance = item_keys.source_instance and events.item_id = item_keys.native_id
    left join by_gtin on {{ gtin_14('events.gtin') }} = by_gtin.gtin
    left join items on coalesce(item_keys.item_key, by_gtin.item_key, stated.item_key) = items.item_key
    left join units on events.source_instance = units.source_instance and events.uom_code = units.source_code
),

-- Told again is only what names the same case: of an item one instance speaks, and of a serial number one row.
placed as (
    select
        joined.*,
        case
            when case_token is null or item_key is null then source_instance
            else first_value(source_instance) over (
                partition by case_token, item_key
                order by (not is_of_record), source_instance
            )
        end as speaking_instance,
        case
            when case_token is null or serial is null then 1
            else row_number() over (
                partition by source_instance, case_token, item_key, serial, outcome, quantity < 0
                order by native_id
            )
        end as telling
    from joined
),

final as (
    select
        usage_event_key,
        source_instance,
        native_id,
        purchase_order_line_key,
        item_key,
        uom_code,
        base_uom_code,
        outcome,
        used_on,
        coalesce(used_on <= as_of, true) as is_as_of,
        source_instance = speaking_instance and telling = 1 as is_fact
    from placed
)

select * from final

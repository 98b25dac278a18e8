-- One row per use of an item that cannot be counted, or whose device nothing names (domain_rules 3.5.1 e).
with

events as (select * from {{ ref('fct_usage_event') }}),
links as (select * from {{ ref('int_usage_event__order_line') }}),
unordered as (select * from {{ ref('int_usage_event__unordered') }}),
order_lines as (select * from {{ ref('fct_purchase_order_line') }}),
items as (select * from {{ ref('dim_item') }}),

-- Only what somebody is to be paid for needs its device named; what cannot be counted is told in any case.
final as (
    select
        'usage_event' as entity_type,
        events.source_instance,
        events.native_id,
        case when events.used_quantity is null then 'UOM_UNRESOLVED' else 'UDI_MISSING' end as code,
        events.native_id as business_key,
        coalesce(order_lines.legal_entity_code, unordered.legal_entity_code) as legal_entity_code,
        coalesce(order_lines.supplier_key, unordered.supplier_key) as supplier_key,
        events.facility_code,
        links.purchase_order_line_key,
        cast(null as decimal(18, 2)) as amount_at_risk,
        coalesce(events.used_quantity, events.quantity) as quantity_at_risk,
        events.used_on,
        order_lines.ordered_date,
        cast(null as integer) as waited_days,
        items.item_number
    from events
    left join links on events.usage_event_key = links.usage_event_key
    left join unordered on events.usage_event_key = unordered.usage_event_key
    left join order_lines on links.purchase_order_line_key = order_lines.purchase_order_line_key
    left join items on events.item_key = items.item_key
    where
        events.used_quantity is null
        or (
            events.used_quantity > 0
            and {{ gtin_14('events.gtin') }} is null
            and {{ gtin_14('items.gtin') }} is null
            and (links.usage_event_key is not null or unordered.usage_event_key is not null)
        )
)

select * from final

-- One row per PO line that use in cases stands for: how much was used, and when (domain_rules 3.5).
with

links as (select * from {{ ref('int_usage_event__order_line') }}),
events as (select * from {{ ref('fct_usage_event') }}),

-- What was bought for one price as a whole is used once, however many parts it has.
summed as (
    select
        links.purchase_order_line_key,
        sum(case when events.construct_id is null then events.used_quantity else 0 end) as piece_quantity,
        count(distinct case when events.used_quantity > 0 then events.construct_id end) as construct_count,
        min(case when events.used_quantity > 0 then events.used_on end) as first_used_on,
        max(case when events.used_quantity > 0 then events.used_on end) as last_used_on,
        -- A bill can be held to its serial numbers or lots only where every use has one.
        count(*) = count(events.serial) as is_serial_known,
        count(*) = count(events.lot) as is_lot_known
    from links
    inner join events on links.usage_event_key = events.usage_event_key
    group by links.purchase_order_line_key
),

final as (
    select
        purchase_order_line_key,
        {{ quantity('coalesce(piece_quantity, 0) + construct_count') }} as used_quantity,
        first_used_on,
        last_used_on,
        is_serial_known and construct_count = 0 as is_serial_known,
        is_lot_known and construct_count = 0 as is_lot_known
    from summed
)

select * from final

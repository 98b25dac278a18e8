-- One row per PO line: its state and what lies over it, from the facts known at as_of and never from the last event (domain_rules 3.11).
{#- From the least to the most advanced, as an order in parts is named by its least advanced line. -#}
{% set progress = ['DRAFT', 'PENDING_APPROVAL', 'APPROVED', 'SENT', 'ACKNOWLEDGED', 'BACKORDERED', 'PARTIALLY_RECEIVED',
    'RECEIVED_NOT_INVOICED', 'INVOICED', 'PAID', 'CLOSED_SHORT', 'CANCELLED'] %}
with

facts as (select * from {{ ref('int_lifecycle__fact') }}),

-- A line without a quantity is whole once it is closed.
judged as (
    select
        facts.*,
        not needs_goods or is_closed or is_delivery_complete or coalesce(received >= ordered, false) as is_whole,
        billed > 0 and coalesce(
            billed >= case when needs_goods then least(ordered, received) else ordered end, is_closed
        ) as is_billed
    from facts
),

stated as (
    select
        judged.*,
        case
            when is_cancelled and received = 0 and billed = 0 then 'CANCELLED'
            when is_closed and needs_goods and received < ordered then 'CLOSED_SHORT'
            when is_paid and is_billed and is_whole then 'PAID'
            when is_billed and is_whole then 'INVOICED'
            when needs_goods and is_whole and received > billed then 'RECEIVED_NOT_INVOICED'
            when received > 0 then 'PARTIALLY_RECEIVED'
            when coalesce(acknowledged_code = 'IB', false) then 'BACKORDERED'
            when is_acknowledged then 'ACKNOWLEDGED'
            when is_sent then 'SENT'
            when not is_planned then 'APPROVED'
            when po_status = 'PENDING_APPROVAL' then 'PENDING_APPROVAL'
            else 'DRAFT'
        end as line_state,
        is_cancelled and (received > 0 or billed > 0) as is_cancelled_after_receipt,
        is_planned and (received > 0 or billed > 0) as is_used_unapproved
    from judged
),

advanced as (
    select
        stated.*,
        case line_state
            {%- for state in progress %}
            when '{{ state }}' then {{ loop.index }}
            {%- endfor %}
        end as progress
    from stated
),

final as (
    select
        purchase_order_line_key,
        line_state,
        case
            when min(progress) over of_order = max(progress) over of_order then line_state
            else 'PARTIAL(' || first_value(line_state) over (
                partition by source_instance, po_id order by progress, purchase_order_line_key
            ) || ')'
        end as order_state,
        concat_ws(
            ',',
            case when is_on_hold then 'ON_HOLD' end,
            case when needs_goods and billed > received then 'INVOICE_AHEAD_OF_RECEIPT' end,
            case when received > ordered then 'OVER_RECEIVED' end,
            case when billed > ordered then 'OVER_INVOICED' end,
            case when is_cancelled_after_receipt then 'CANCELLED_AFTER_RECEIPT' end
        ) as overlay_flags,
        is_cancelled_after_receipt,
        is_used_unapproved
    from advanced
    window of_order as (partition by source_instance, po_id)
)

select * from final

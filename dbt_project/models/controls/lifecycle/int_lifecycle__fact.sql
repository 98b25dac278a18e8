-- One row per PO line: what is known to have happened to it at as_of, whatever came first (domain_rules 3.11).
with

order_lines as (select * from {{ ref('fct_purchase_order_line') }}),
receipts as (select * from {{ ref('int_purchase_order_line__receipt') }}),
quantities as (select * from {{ ref('int_accrual__billing') }}),
billing as (select * from {{ ref('int_lifecycle__billing') }}),
acknowledgements as (select * from {{ ref('can_po_acknowledgement_line') }} where not is_deleted),

-- Of several acknowledgements of a line the last one counts.
ranked as (
    select
        po_number,
        po_line_number,
        status_code,
        row_number() over (
            partition by po_number, po_line_number
            order by acknowledged_at desc nulls last, source_instance, native_id
        ) as recency
    from acknowledgements
),

acknowledged as (select * from ranked where recency = 1),

final as (
    select
        order_lines.purchase_order_line_key,
        order_lines.source_instance,
        order_lines.po_id,
        order_lines.po_status,
        order_lines.ordered_quantity as ordered,
        coalesce(receipts.used_quantity, receipts.received_quantity) as received,
        quantities.billed_quantity as billed,
        -- In the flows of cases what was used stands for what was received.
        {{ needs_receipt('order_lines.match_category') }} or {{ is_usage_based('order_lines.match_category') }}
            as needs_goods,
        coalesce(billing.is_paid, false) as is_paid,
        receipts.is_delivery_complete,
        coalesce(order_lines.po_status = 'CANCELLED', false)
        or coalesce(order_lines.line_status = 'CANCELLED', false)
        or order_lines.cancelled_at is not null as is_cancelled,
        coalesce(order_lines.po_status = 'CLOSED', false)
        or coalesce(order_lines.line_status = 'CLOSED', false)
        or order_lines.closed_date is not null as is_closed,
        coalesce(order_lines.po_status = 'ON_HOLD', false)
        or coalesce(order_lines.line_status = 'ON_HOLD', false) as is_on_hold,
        acknowledged.status_code as acknowledged_code,
        order_lines.acknowledged_date is not null
        or acknowledged.po_number is not null
        or coalesce(order_lines.po_status = 'ACKNOWLEDGED', false) as is_acknowledged,
        order_lines.sent_date is not null or coalesce(order_lines.po_status = 'SENT', false) as is_sent,
        coalesce(order_lines.po_status in ('DRAFT', 'PENDING_APPROVAL'), false) as is_planned
    from order_lines
    inner join receipts on order_lines.purchase_order_line_key = receipts.purchase_order_line_key
    inner join quantities on order_lines.purchase_order_line_key = quantities.purchase_order_line_key
    left join billing on order_lines.purchase_order_line_key = billing.purchase_order_line_key
    left join acknowledged
        on
            order_lines.po_number = acknowledged.po_number
            and ltrim(order_lines.line_number, '0') = acknowledged.po_line_number
)

select * from final

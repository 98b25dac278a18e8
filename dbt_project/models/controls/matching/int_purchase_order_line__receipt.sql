-- One row per PO line: what has come, in base units and in order units, and whether the delivery is complete (domain_rules 3.4.5).
with

order_lines as (select * from {{ ref('fct_purchase_order_line') }}),
receipts as (
    select * from {{ ref('fct_receipt_line') }}
    where purchase_order_line_key is not null and ownership = 'OWNED'
),
usage as (select * from {{ ref('int_purchase_order_line__usage') }}),
receipt_nets as (select * from {{ ref('fct_receipt_line_net') }}),
records as (
    select source_instance from {{ ref('stg_landscape__system_of_record') }}
    where domain = 'receipt' and write_policy = 'MASTER'
    group by source_instance
),

masters as (select count(*) as master_count from records),

nets as (
    select
        purchase_order_line_key,
        sum(net_quantity) as net_quantity
    from receipt_nets
    group by purchase_order_line_key
),

summed as (
    select
        receipts.purchase_order_line_key,
        sum(case when receipts.receipt_type = 'ACCEPT' then receipts.received_quantity else 0 end) as accepted_quantity,
        sum(
            case
                when receipts.receipt_type not in ('RECEIPT', 'RETURN', 'VOID') then 0
                when records.source_instance is null and masters.master_count > 0 then 0
                when receipts.uom_code = order_lines.order_uom_code then receipts.quantity
                else {{ divide('receipts.received_quantity', 'order_lines.unit_factor', 6) }}
            end
        ) as order_unit_quantity,
        sum(case when receipts.receipt_type in ('RECEIPT', 'RETURN', 'VOID') then receipts.quantity else 0 end)
            as entered_quantity,
        sum(
            case
                when receipts.receipt_type = 'RETURN' and not receipts.is_credit_expected then 0
                when receipts.receipt_type in ('RECEIPT', 'RETURN', 'VOID') then receipts.received_quantity
                else 0
            end
        ) as plain_quantity,
        sum(
            case
                when receipts.receipt_type = 'RETURN' and receipts.is_credit_expected then -receipts.received_quantity
                else 0
            end
        ) as returned_quantity,
        max(case when receipts.unit_factor is null then 1 else 0 end) as unresolved_count,
        max(receipts.unit_factor) as receipt_factor,
        min(case when receipts.receipt_type = 'RECEIPT' and not receipts.is_synthetic then receipts.recorded_at end)
            as first_recorded_at,
        max(case when receipts.receipt_type = 'RECEIPT' and not receipts.is_synthetic then receipts.recorded_at end)
            as last_recorded_at,
        max(receipts.source_instance) as receiving_instance
    from receipts
    cross join masters
    inner join order_lines on receipts.purchase_order_line_key = order_lines.purchase_order_line_key
    left join records on receipts.source_instance = records.source_instance
    group by receipts.purchase_order_line_key
),

final as (
    select
        order_lines.purchase_order_line_key,
        -- What goes back beyond the receipts we know came before the horizon.
        {{ quantity('coalesce(nets.net_quantity, 0)'
            ~ ' + greatest(0, order_lines.opening_received_quantity + least(0, coalesce(summed.plain_quantity, 0)))') }}
            as received_quantity,
        {{ quantity('greatest(0, -coalesce(summed.plain_quantity, 0)'
            ~ ' - coalesce(order_lines.opening_received_quantity, 0))') }}
            as excess_return_quantity,
        {{ quantity('greatest(0, coalesce(summed.returned_quantity, 0))') }} as returned_quantity,
        {{ quantity('coalesce(summed.accepted_quantity, 0)') }} as accepted_quantity,
        {{ quantity('coalesce(summed.order_unit_quantity, 0)') }} as order_unit_quantity,
        -- In the flows of bill-only and consigned goods use in a case stands for the receipt.
        case
            when {{ is_usage_based('order_lines.match_category') }}
                then {{ quantity('coalesce(usage.used_quantity, 0) + order_lines.opening_received_quantity') }}
        end as used_quantity,
        {{ quantity('coalesce(summed.entered_quantity, 0)') }} as entered_quantity,
        summed.receipt_factor,
        coalesce(summed.unresolved_count, 0) > 0 as has_unresolved_unit,
        summed.first_recorded_at,
        summed.last_recorded_at,
        summed.receiving_instance,
        order_lines.is_delivery_complete
        or coalesce(order_lines.po_status in ('CLOSED', 'SOFT_CLOSED', 'CANCELLED'), false)
        or coalesce(order_lines.line_status in ('CLOSED', 'SOFT_CLOSED', 'CANCELLED'), false)
        or (order_lines.quantity > 0 and coalesce(summed.order_unit_quantity, 0) >= order_lines.quantity)
            as is_delivery_complete
    from order_lines
    left join nets on order_lines.purchase_order_line_key = nets.purchase_order_line_key
    left join usage on order_lines.purchase_order_line_key = usage.purchase_order_line_key
    left join summed on order_lines.purchase_order_line_key = summed.purchase_order_line_key
)

select * from final

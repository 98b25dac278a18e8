-- One row per PO line: what was ordered against what came, with the findings that belong to the order line itself.
with

order_lines as (select * from {{ ref('fct_purchase_order_line') }}),
receipts as (select * from {{ ref('int_purchase_order_line__receipt') }}),
causes as (select * from {{ ref('int_purchase_order_line__cause') }}),
tolerances as (select * from {{ ref('int_purchase_order_line__tolerance') }} where check_code = 'QTY_ORDERED'),

judged as (
    select
        order_lines.purchase_order_line_key,
        order_lines.source_system,
        order_lines.source_instance,
        order_lines.native_id,
        order_lines.po_number,
        order_lines.line_number,
        order_lines.legal_entity_code,
        order_lines.supplier_key,
        order_lines.facility_code,
        order_lines.currency_code,
        order_lines.source_uom_code,
        order_lines.base_uom_code,
        order_lines.ordered_quantity,
        order_lines.base_unit_price,
        order_lines.line_amount,
        receipts.received_quantity,
        receipts.excess_return_quantity,
        receipts.is_delivery_complete,
        receipts.receipt_factor,
        causes.cause_code,
        causes.cause_ratio,
        causes.proposed_quantity,
        order_lines.match_category not in ('BLANKET', 'CONSIGNMENT')
        and {{ is_beyond('(receipts.received_quantity - order_lines.ordered_quantity)',
            '(receipts.received_quantity - order_lines.ordered_quantity)', 'order_lines.ordered_quantity', 'tolerances') }}
            as is_over_ordered,
        order_lines.unit_factor is null and order_lines.source_uom_code is not null as is_unit_unresolved
    from order_lines
    inner join receipts on order_lines.purchase_order_line_key = receipts.purchase_order_line_key
    left join causes on order_lines.purchase_order_line_key = causes.purchase_order_line_key
    left join tolerances on order_lines.purchase_order_line_key = tolerances.purchase_order_line_key
),

final as (
    select
        judged.*,
        concat_ws(
            ',',
            case when coalesce(judged.is_unit_unresolved, false) then 'UOM_UNRESOLVED' end,
            case when coalesce(judged.is_over_ordered, false) then 'RECEIPT_OVER_ORDERED' end,
            case when judged.excess_return_quantity > 0 then 'RETURN_EXCEEDS_RECEIPT' end
        ) as codes
    from judged
)

select * from final

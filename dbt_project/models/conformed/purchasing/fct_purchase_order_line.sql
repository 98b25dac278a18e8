-- One row per PO line (or line schedule) as ordered, in order units and in the item's base unit.
with

documents as (select * from {{ ref('int_purchase_order_line__document') }} where is_fact and is_as_of),
lines as (select * from {{ ref('can_purchase_order_line') }}),
orders as (select * from {{ ref('can_purchase_order') }}),
factors as (select * from {{ ref('int_unit_factor') }}),
facilities as (select * from {{ ref('int_facility__code') }}),

requested as (
    select
        documents.*,
        {{ concord_key(['source_instance', 'item_key', 'supplier_key', 'order_uom_code', 'ordered_date', 'true']) }}
            as order_request_key,
        {{ concord_key(['source_instance', 'item_key', 'supplier_key', 'price_uom_code', 'ordered_date', 'true']) }}
            as price_request_key
    from documents
),

-- The document's own conversion is the first step of the ladder.
converted as (
    select
        requested.*,
        coalesce(lines.base_factor, order_factors.factor) as unit_factor,
        case when lines.base_factor is not null then 1 else order_factors.ladder_level end as unit_level,
        coalesce(order_factors.base_uom_code, requested.order_uom_code) as base_uom_code,
        case
            when requested.price_uom_code = requested.order_uom_code
                then coalesce(lines.base_factor, order_factors.factor)
            else price_factors.factor
        end as price_factor
    from requested
    inner join lines on requested.purchase_order_line_key = lines.purchase_order_line_key
    left join factors as order_factors on requested.order_request_key = order_factors.unit_request_key
    left join factors as price_factors on requested.price_request_key = price_factors.unit_request_key
),

final as (
    select
        converted.purchase_order_line_key,
        converted.source_system,
        converted.source_instance,
        converted.native_id,
        converted.po_number,
        lines.line_number,
        lines.schedule_number,
        lines.po_id,
        converted.legal_entity_code,
        converted.supplier_key,
        converted.item_key,
        coalesce(facilities.facility_code, lines.facility_id) as facility_code,
        lines.cost_center_code,
        lines.account_code,
        lines.category_code,
        lines.spend_type,
        lines.manufacturer_part_number,
        lines.gtin,
        lines.contract_id,
        lines.description,
        orders.po_type,
        orders.status as po_status,
        lines.status as line_status,
        {{ match_category('lines', 'orders') }} as match_category,
        orders.currency_code,
        converted.ordered_date,
        coalesce(lines.created_at, orders.created_at, orders.approved_at) as created_at,
        converted.approved_date,
        orders.approved_at,
        converted.sent_date,
        converted.acknowledged_date,
        converted.closed_date,
        orders.cancelled_at,
        orders.valid_from as order_valid_from,
        orders.valid_to as order_valid_to,
        orders.limit_amount,
        orders.freight_terms,
        orders.planned_freight_amount,
        lines.promised_date,
        lines.quantity,
        lines.order_uom_code as source_uom_code,
        converted.order_uom_code,
        converted.price_uom_code,
        converted.unit_factor,
        converted.unit_level,
        converted.base_uom_code,
        {{ quantity(product('lines.quantity', 'converted.unit_factor')) }} as ordered_quantity,
        lines.unit_price,
        {{ divide(
            divide(product('lines.unit_price', 'converted.unit_factor'), 'converted.price_factor', 8),
            'coalesce(lines.price_per_quantity, 1)', 6) }} as order_unit_price,
        {{ divide(
            divide('lines.unit_price', 'converted.price_factor', 8),
            'coalesce(lines.price_per_quantity, 1)', 6) }} as base_unit_price,
        lines.line_amount,
        {{ quantity(product('coalesce(lines.opening_received_quantity, 0)', 'converted.unit_factor')) }}
            as opening_received_quantity,
        {{ quantity(product('coalesce(lines.opening_invoiced_quantity, 0)', 'converted.unit_factor')) }}
            as opening_invoiced_quantity,
        coalesce(lines.is_price_estimated, false) as is_price_estimated,
        coalesce(lines.is_delivery_complete, false) as is_delivery_complete,
        coalesce(lines.is_finally_invoiced, false) as is_finally_invoiced,
        converted.is_replica_only
    from converted
    inner join lines on converted.purchase_order_line_key = lines.purchase_order_line_key
    inner join orders on lines.source_instance = orders.source_instance and lines.po_id = orders.native_id
    left join facilities
        on lines.source_instance = facilities.source_instance and lines.facility_id = facilities.facility_id
)

select * from final

-- One row per receipt line, signed, as the receiving system recorded it and as the system of record for units would.
with

documents as (select * from {{ ref('int_receipt_line__document') }} where is_fact and is_as_of),
lines as (select * from {{ ref('can_receipt_line') }}),
order_lines as (select * from {{ ref('fct_purchase_order_line') }}),
factors as (select * from {{ ref('int_unit_factor') }}),
facilities as (select * from {{ ref('int_facility__code') }}),

requested as (
    select
        documents.receipt_line_key,
        documents.purchase_order_line_key,
        documents.is_replica_only,
        documents.uom_code,
        documents.stock_uom_code,
        documents.business_date,
        coalesce(documents.item_key, order_lines.item_key) as item_key,
        order_lines.supplier_key,
        order_lines.base_uom_code as order_base_uom_code,
        order_lines.match_category,
        {{ concord_key(['documents.source_instance', 'coalesce(documents.item_key, order_lines.item_key)',
            'order_lines.supplier_key', 'documents.uom_code', 'documents.business_date', 'false']) }} as own_request_key,
        {{ concord_key(['documents.source_instance', 'coalesce(documents.item_key, order_lines.item_key)',
            'order_lines.supplier_key', 'documents.uom_code', 'documents.business_date', 'true']) }} as record_request_key
    from documents
    left join order_lines on documents.purchase_order_line_key = order_lines.purchase_order_line_key
),

-- The document's own conversion first: stated, or implied by the stock quantity it booked in the base unit.
converted as (
    select
        requested.*,
        coalesce(own_factors.base_uom_code, requested.order_base_uom_code, requested.uom_code) as base_uom_code,
        coalesce(
            lines.base_factor,
            case
                when lines.stock_quantity is not null and requested.stock_uom_code = own_factors.base_uom_code
                    then {{ divide('lines.stock_quantity', 'lines.quantity', 8) }}
            end,
            own_factors.factor
        ) as unit_factor,
        case
            when
                lines.base_factor is not null
                or (lines.stock_quantity is not null and requested.stock_uom_code = own_factors.base_uom_code)
                then 1
            else own_factors.ladder_level
        end as unit_level,
        own_factors.factor as own_factor,
        own_factors.ladder_level as own_level,
        record_factors.factor as record_factor
    from requested
    inner join lines on requested.receipt_line_key = lines.receipt_line_key
    left join factors as own_factors on requested.own_request_key = own_factors.unit_request_key
    left join factors as record_factors on requested.record_request_key = record_factors.unit_request_key
),

final as (
    select
        converted.receipt_line_key,
        lines.source_system,
        lines.source_instance,
        lines.native_id,
        lines.receipt_number,
        lines.line_number,
        lines.receipt_type,
        converted.purchase_order_line_key,
        converted.item_key,
        lines.original_receipt_line_id,
        lines.po_number,
        lines.po_line_number,
        lines.receipt_date,
        lines.posting_date,
        converted.business_date,
        lines.recorded_at,
        coalesce(facilities.facility_code, lines.facility_id) as facility_code,
        lines.quantity,
        lines.uom_code as source_uom_code,
        converted.uom_code,
        converted.base_uom_code,
        converted.unit_factor,
        converted.unit_level,
        converted.own_factor,
        converted.own_level,
        converted.record_factor,
        case
            when lines.stock_quantity is not null and converted.stock_uom_code = converted.base_uom_code
                then lines.stock_quantity
            else {{ quantity(product('lines.quantity', 'converted.unit_factor')) }}
        end as received_quantity,
        {{ quantity(product('lines.quantity', 'converted.record_factor')) }} as expected_quantity,
        coalesce(lines.is_credit_expected, true) as is_credit_expected,
        coalesce(lines.is_synthetic, false) as is_synthetic,
        coalesce(
            lines.ownership, case when converted.match_category = 'CONSIGNMENT' then 'CONSIGNED' else 'OWNED' end
        ) as ownership,
        converted.is_replica_only
    from converted
    inner join lines on converted.receipt_line_key = lines.receipt_line_key
    left join facilities
        on lines.source_instance = facilities.source_instance and lines.facility_id = facilities.facility_id
)

select * from final

-- One row per invoice line, signed, with its PO line and its quantity in the base unit of the item.
with

invoices as (select * from {{ ref('fct_invoice') }}),
lines as (select * from {{ ref('can_invoice_line') }} where not is_deleted),
links as (select * from {{ ref('int_invoice_line__po_link') }}),
order_lines as (select * from {{ ref('fct_purchase_order_line') }}),
item_keys as (select * from {{ ref('xref_item') }}),
units as (select * from {{ ref('xref_unit') }}),
factors as (select * from {{ ref('int_unit_factor') }}),
facilities as (select * from {{ ref('int_facility__code') }}),

joined as (
    select
        lines.invoice_line_key,
        invoices.invoice_key,
        links.purchase_order_line_key,
        links.link_level,
        coalesce(links.has_po_reference, false) as has_po_reference,
        coalesce(order_lines.source_instance, lines.source_instance) as request_instance,
        coalesce(order_lines.item_key, item_keys.item_key) as item_key,
        coalesce(order_lines.supplier_key, invoices.supplier_key) as request_supplier_key,
        units.uom_code,
        units.is_integer as is_whole_unit,
        coalesce(price_units.uom_code, units.uom_code) as price_uom_code,
        coalesce(order_lines.ordered_date, invoices.invoice_date) as on_date,
        order_lines.purchase_order_line_key is not null as prefers_record,
        order_lines.unit_factor as order_factor,
        order_lines.order_uom_code,
        order_lines.base_uom_code as order_base_uom_code
    from lines
    inner join invoices on lines.source_instance = invoices.source_instance and lines.invoice_id = invoices.native_id
    left join links on lines.invoice_line_key = links.invoice_line_key
    left join order_lines on links.purchase_order_line_key = order_lines.purchase_order_line_key
    left join item_keys on lines.source_instance = item_keys.source_instance and lines.item_id = item_keys.native_id
    left join units on lines.source_instance = units.source_instance and lines.uom_code = units.source_code
    left join units as price_units
        on lines.source_instance = price_units.source_instance and lines.price_uom_code = price_units.source_code
),

requested as (
    select
        joined.*,
        {{ concord_key(['joined.request_instance', 'joined.item_key', 'joined.request_supplier_key', 'joined.uom_code',
            'joined.on_date', 'joined.prefers_record']) }} as unit_request_key
    from joined
),

-- In the unit of the order the invoice takes the order line's own factor, so that both are read alike.
converted as (
    select
        requested.*,
        coalesce(
            lines.base_factor,
            case when requested.uom_code = requested.order_uom_code then requested.order_factor end,
            factors.factor
        ) as unit_factor,
        coalesce(requested.order_base_uom_code, factors.base_uom_code, requested.uom_code) as base_uom_code
    from requested
    inner join lines on requested.invoice_line_key = lines.invoice_line_key
    left join factors on requested.unit_request_key = factors.unit_request_key
),

final as (
    select
        converted.invoice_line_key,
        converted.invoice_key,
        lines.source_system,
        lines.source_instance,
        lines.native_id,
        lines.invoice_id,
        lines.line_number,
        lines.charge_class,
        converted.purchase_order_line_key,
        converted.link_level,
        converted.has_po_reference,
        converted.item_key,
        lines.description,
        lines.supplier_part_number,
        upper(trim(lines.lot)) as lot,
        lines.serial,
        lines.case_token,
        lines.receipt_line_id,
        lines.quantity,
        lines.uom_code as source_uom_code,
        converted.uom_code,
        converted.is_whole_unit,
        converted.price_uom_code,
        converted.base_uom_code,
        converted.unit_factor,
        {{ quantity(product('lines.quantity', 'converted.unit_factor')) }} as invoiced_quantity,
        lines.unit_price,
        coalesce(lines.price_per_quantity, 1) as price_per_quantity,
        lines.line_amount,
        lines.account_code,
        lines.cost_center_code,
        coalesce(facilities.facility_code, lines.facility_id) as facility_code
    from converted
    inner join lines on converted.invoice_line_key = lines.invoice_line_key
    left join facilities
        on lines.source_instance = facilities.source_instance and lines.facility_id = facilities.facility_id
)

select * from final

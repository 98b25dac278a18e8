-- One row per item loop of an 856, latest version known.
with

latest as ({{ latest_known_version(source('raw_distributor', 'ship_notice_line')) }}),

final as (
    select
        sender,
        receiver,
        interchange_number,
        group_number,
        set_number,
        segment_position,
        purpose,
        coalesce(order_po_number, item_po_number) as po_number,
        ltrim(line_number, '0') as po_line_number,
        shipment_number,
        quantity,
        upper(unit) as uom_code,
        coalesce(lot, lot_reference) as lot,
        coalesce(serial, serial_reference) as serial,
        cast(coalesce(shipped_date, set_shipped_date, shipment_date) as timestamp) as shipped_at,
        shipment_time,
        coalesce(expected_date, scheduled_date, set_expected_date) as expected_date,
        tracking_number,
        carton,
        ship_to,
        coalesce(buyer_item, buyer_part) as item_id,
        coalesce(vendor_item, vendor_catalogue, vendor_part) as supplier_part_number,
        manufacturer_part as manufacturer_part_number,
        coalesce(gtin, upc, ndc) as gtin,
        {{ origin_columns('distributor', recorded_at='sent_at') }}
    from latest
)

select * from final

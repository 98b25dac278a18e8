-- One row per line status of an 855, or line where none is stated, latest version known.
with

latest as ({{ latest_known_version(source('raw_distributor', 'acknowledgement_line')) }}),

final as (
    select
        sender,
        receiver,
        interchange_number,
        group_number,
        set_number,
        segment_position,
        purpose,
        vendor_order,
        po_number,
        ltrim(line_number, '0') as po_line_number,
        {{ x12_line_status('status', 'acknowledgement_type') }} as status_code,
        coalesce(status_quantity, quantity) as quantity,
        upper(coalesce(status_unit, unit)) as uom_code,
        {{ divide('unit_price', quantity(x12_price_per_quantity('price_basis'))) }} as unit_price,
        status_date as promised_date,
        date_qualifier,
        order_date,
        case
            when acknowledgement_date <> cast(sent_at as date) then cast(acknowledgement_date as timestamp)
            else coalesce(sent_at, cast(acknowledgement_date as timestamp))
        end as acknowledged_at,
        coalesce(buyer_item, buyer_part) as item_id,
        coalesce(vendor_item, vendor_catalogue, vendor_part) as supplier_part_number,
        manufacturer_part as manufacturer_part_number,
        coalesce(gtin, upc, ndc) as gtin,
        {{ origin_columns('distributor', recorded_at='sent_at') }}
    from latest
)

select * from final

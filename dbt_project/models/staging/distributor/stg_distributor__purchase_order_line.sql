-- One row per line of an 850 as it was sent to the distributor, latest version known.
with

latest as ({{ latest_known_version(source('raw_distributor', 'purchase_order_line')) }}),

final as (
    select
        sender,
        receiver,
        interchange_number,
        group_number,
        set_number,
        segment_position,
        purpose,
        order_type,
        po_number,
        order_date,
        currency,
        contract_number,
        ltrim(line_number, '0') as po_line_number,
        coalesce(buyer_item, buyer_part) as item_id,
        coalesce(vendor_item, vendor_catalogue, vendor_part) as supplier_part_number,
        manufacturer_part as manufacturer_part_number,
        coalesce(gtin, upc, ndc) as gtin,
        description,
        quantity,
        upper(unit) as uom_code,
        unit_price,
        {{ quantity(x12_price_per_quantity('price_basis')) }} as price_per_quantity,
        sent_at,
        {{ origin_columns('distributor', recorded_at='sent_at') }}
    from latest
)

select * from final

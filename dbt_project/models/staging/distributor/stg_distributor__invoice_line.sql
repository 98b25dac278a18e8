-- One row per line, charge and tax of an 810, latest version known, signed.
with

latest as ({{ latest_known_version(source('raw_distributor', 'invoice_line')) }}),

classed as (
    select
        latest.*,
        case
            when tax_type is not null then 'TAX_SALES'
            when charge_code is not null or charge_indicator is not null then {{ x12_charge_class('charge_code') }}
            else 'GOODS'
        end as charge_class,
        tax_type is null and charge_code is null and charge_indicator is null as is_item,
        {{ quantity(x12_price_per_quantity('price_basis')) }} as price_per_quantity,
        case when {{ x12_is_credit('invoice_type') }} then -1 else 1 end as document_sign,
        case charge_indicator when 'A' then -1 when 'N' then 0 else 1 end as charge_sign
    from latest
),

-- Charges have two implied decimals, taxes state theirs; a price may be for 10, 12, 100 or 1000 of the unit.
final as (
    select
        sender,
        receiver,
        interchange_number,
        group_number,
        set_number,
        segment_position,
        {{ native_id(['sender', 'receiver', 'interchange_number', 'group_number', 'set_number']) }} as supplier_bill_id,
        invoice_number,
        po_number,
        ltrim(line_number, '0') as line_number,
        charge_class,
        charge_code,
        charge_description,
        tax_type,
        coalesce(buyer_item, buyer_part) as item_id,
        coalesce(vendor_item, vendor_catalogue, vendor_part) as supplier_part_number,
        manufacturer_part as manufacturer_part_number,
        coalesce(gtin, upc, ndc) as gtin,
        description,
        case when is_item then {{ quantity(product('quantity', 'document_sign')) }} end as quantity,
        case when is_item then upper(unit) end as uom_code,
        case when is_item then unit_price end as unit_price,
        case when is_item then price_per_quantity end as price_per_quantity,
        {{ money(product(
            "case when is_item then " ~ divide(quantity(product('quantity', 'unit_price')), 'price_per_quantity', 2)
            ~ " when tax_type is not null then " ~ money('tax_amount')
            ~ " else " ~ divide('charge_sign * charge_cents', '100', 2) ~ " end",
            'document_sign'
        )) }} as line_amount,
        {{ origin_columns('distributor', recorded_at='sent_at') }}
    from classed
)

select * from final

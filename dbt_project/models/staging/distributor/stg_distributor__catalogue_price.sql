-- One row per price of an 832, latest version known.
with

latest as ({{ latest_known_version(source('raw_distributor', 'catalogue_price')) }}),

-- C01, C02 and so on are tiers of a contract; any other price is the catalogue's.
tiered as (
    select
        latest.*,
        coalesce(substr(price_type, 1, 2) = 'C0', false) as is_contract_price
    from latest
),

final as (
    select
        sender,
        receiver,
        interchange_number,
        group_number,
        set_number,
        segment_position,
        catalogue_purpose,
        coalesce(
            case when is_contract_price then coalesce(contract_number, catalogue_contract_number) end,
            {{ native_id(['sender', 'catalogue_number']) }}
        ) as contract_id,
        catalogue_number,
        line_number,
        line_position,
        coalesce(buyer_item, buyer_part) as item_id,
        coalesce(vendor_item, vendor_catalogue, vendor_part) as supplier_part_number,
        manufacturer_part as manufacturer_part_number,
        coalesce(gtin, upc, ndc) as gtin,
        upper(coalesce(unit, pack_unit)) as uom_code,
        price_class,
        price_type,
        case when is_contract_price then price_type else 'LIST' end as tier_code,
        quantity as min_quantity,
        {{ divide('unit_price', quantity(x12_price_per_quantity('price_basis'))) }} as unit_price,
        upper(currency) as currency_code,
        coalesce(effective_from, effective_date, contract_from, catalogue_from, catalogue_date) as valid_from,
        {{ add_days('coalesce(effective_to, expiry_date, contract_to, catalogue_to)', '1') }} as valid_to,
        {{ origin_columns('distributor', recorded_at='sent_at', known_from='coalesce(sent_at, _known_at)') }}
    from tiered
)

select * from final

-- One row per contract price the procurement suite holds, latest version known.
with

latest as ({{ latest_known_version(source('raw_procurement', 'contract_price')) }}),

final as (
    select
        contract_number as contract_id,
        item_item_number as item_id,
        manufacturer_part_number,
        upper(uom_code) as uom_code,
        tier as tier_code,
        minimum_quantity as min_quantity,
        price as unit_price,
        upper(currency_code) as currency_code,
        start_date as valid_from,
        end_date as valid_to,
        {{ origin_columns('procurement', known_from='coalesce(created_at, _known_at)', extension=extension_with({
            'supplier_number': 'supplier_number',
            'external_reference': 'external_ref',
        })) }}
    from latest
)

select * from final

-- One row per contract price record: as the sourcing side states it, or as the ordering side holds it.
with

prices as (select * from {{ ref('can_contract_price') }} where not is_deleted),
contracts as (select * from {{ ref('dim_contract') }}),
item_keys as (select * from {{ ref('xref_item') }}),
numbered_items as (select * from {{ ref('int_item__number') }}),
units as (select * from {{ ref('xref_unit') }}),
records as (select * from {{ ref('stg_landscape__system_of_record') }} where domain = 'contract'),

numbered_contracts as (
    select
        contract_number,
        min(contract_key) as contract_key
    from contracts
    where is_of_record
    group by contract_number
    having count(*) = 1
),

placed as (
    select
        prices.contract_price_key,
        coalesce(own_contracts.contract_key, numbered_contracts.contract_key) as contract_key,
        coalesce(item_keys.item_key, numbered_items.item_key) as item_key
    from prices
    left join contracts as own_contracts
        on prices.source_instance = own_contracts.source_instance and prices.contract_id = own_contracts.native_id
    left join numbered_contracts on prices.contract_id = numbered_contracts.contract_number
    left join item_keys on prices.source_instance = item_keys.source_instance and prices.item_id = item_keys.native_id
    left join numbered_items on prices.item_id = numbered_items.item_number
),

final as (
    select
        prices.contract_price_key,
        prices.source_system,
        prices.source_instance,
        prices.native_id,
        placed.contract_key,
        coalesce(contracts.contract_number, prices.contract_id) as contract_number,
        contracts.supplier_key,
        placed.item_key,
        prices.item_id,
        prices.manufacturer_part_number,
        coalesce(units.uom_code, prices.uom_code) as uom_code,
        prices.uom_code as source_uom_code,
        prices.tier_code,
        coalesce(upper(trim(prices.tier_code)) = 'LIST', false) as is_list,
        coalesce(prices.min_quantity, 0) as min_quantity,
        prices.unit_price,
        prices.currency_code,
        prices.valid_from,
        prices.valid_to,
        prices.known_from,
        prices.source_instance in (select source_instance from records where write_policy = 'REPLICA') as is_replica
    from prices
    inner join placed on prices.contract_price_key = placed.contract_price_key
    left join contracts on placed.contract_key = contracts.contract_key
    left join units on prices.source_instance = units.source_instance and prices.uom_code = units.source_code
)

select * from final

-- One row per contract price that holds now or soon and that the procurement suite does not have: loaded in time it prevents a wrong order (domain_rules 3.8, 3.13).
with

prices as (select * from {{ ref('dim_contract_price') }}),
contracts as (select * from {{ ref('dim_contract') }}),
suppliers as (select * from {{ ref('dim_supplier') }}),
items as (select * from {{ ref('dim_item') }}),
units as (select * from {{ ref('xref_unit') }}),
records as (select * from {{ ref('stg_landscape__system_of_record') }} where domain = 'contract'),
instances as (select * from {{ ref('stg_landscape__instance') }} where source_system = 'procurement'),
parameters as (
    select cast(max(try_cast(value as decimal(18, 0))) as integer) as lead_days
    from {{ ref('stg_landscape__parameter') }}
    where parameter_code = 'CONTRACT_PRICE_LEAD_DAYS'
),
run as (select * from {{ ref('stg_landscape__run') }}),

masters as (select source_instance from records where write_policy = 'MASTER' group by source_instance),
targets as (
    select instances.source_instance
    from instances
    inner join records on instances.source_instance = records.source_instance
    where records.write_policy = 'REPLICA'
    group by instances.source_instance
),

keyed as (
    select
        prices.*,
        {{ concord_key(['contract_number', 'item_key', 'case when item_key is null then manufacturer_part_number end',
            'uom_code', 'tier_code', 'min_quantity', 'valid_from', 'unit_price']) }} as terms_key
    from prices
),

codes as (
    select
        source_instance,
        uom_code,
        min(source_code) as source_code
    from units
    where uom_code is not null
    group by source_instance, uom_code
),

wanted as (
    select
        keyed.*,
        targets.source_instance as target_instance,
        {{ sha256_hex(joined_parts(["''", "'CONTRACT_PRICE'", 'keyed.source_instance', 'keyed.native_id', "'1'"])) }}
            as posting_key,
        contracts.supplier_id,
        suppliers.supplier_number,
        items.item_number,
        coalesce(codes.source_code, keyed.uom_code) as target_uom_code
    from keyed
    cross join run
    cross join parameters
    cross join targets
    inner join masters on keyed.source_instance = masters.source_instance
    inner join contracts on keyed.contract_key = contracts.contract_key
    left join suppliers on keyed.supplier_key = suppliers.supplier_key
    left join items on keyed.item_key = items.item_key
    left join codes on targets.source_instance = codes.source_instance and keyed.uom_code = codes.uom_code
    left join keyed as copies
        on targets.source_instance = copies.source_instance and keyed.terms_key = copies.terms_key
    where
        copies.terms_key is null
        and not keyed.is_list
        and coalesce(keyed.valid_from, run.as_of) <= {{ add_days('run.as_of', 'coalesce(parameters.lead_days, 0)') }}
        and coalesce(keyed.valid_to > run.as_of, true)
        and coalesce(contracts.valid_to > run.as_of, true)
),

final as (
    select
        posting_key,
        contract_number || '|' || coalesce(item_number, manufacturer_part_number, '') as business_key,
        target_instance,
        cast(null as string) as depends_on,
        source_instance,
        native_id,
        substr(posting_key, 1, 32) as external_ref,
        contract_number,
        coalesce(supplier_number, supplier_id) as supplier_number,
        coalesce(item_number, item_id) as item_number,
        manufacturer_part_number,
        target_uom_code as uom_code,
        tier_code,
        min_quantity,
        unit_price,
        currency_code,
        valid_from,
        valid_to,
        {{ concord_key(['contract_number', 'supplier_number', 'item_number', 'manufacturer_part_number',
            'target_uom_code', 'tier_code', 'min_quantity', 'unit_price', 'currency_code', 'valid_from', 'valid_to']) }}
            as payload_hash
    from wanted
)

select * from final

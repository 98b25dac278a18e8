-- One row per contract price of the system of record and legal entity scope: its terms, and when the buyers came to know it (domain_rules 3.8).
with

prices as (select * from {{ ref('dim_contract_price') }}),
contracts as (select * from {{ ref('dim_contract') }}),
items as (select * from {{ ref('dim_item') }}),
facility_tiers as (select * from {{ ref('stg_landscape__facility_tier') }}),
records as (select * from {{ ref('stg_landscape__system_of_record') }} where domain = 'contract'),

masters as (select source_instance, entity_scope from records where write_policy = 'MASTER'),
replicas as (select source_instance, entity_scope from records where write_policy = 'REPLICA'),
declared as (select count(*) as master_count from masters),

keyed as (
    select
        prices.*,
        contracts.contract_id,
        contracts.contract_type,
        contracts.gpo_code,
        contracts.distributor_markup,
        contracts.price_basis_date,
        contracts.valid_from as contract_valid_from,
        contracts.valid_to as contract_valid_to,
        {{ normalized_number('prices.manufacturer_part_number') }} as manufacturer_part,
        {{ gtin_14('items.gtin') }} as gtin,
        {{ concord_key(['prices.contract_number', 'prices.item_key',
            'case when prices.item_key is null then prices.manufacturer_part_number end', 'prices.uom_code',
            'prices.tier_code', 'prices.min_quantity', 'prices.valid_from', 'prices.unit_price']) }} as terms_key
    from prices
    left join contracts on prices.contract_key = contracts.contract_key
    left join items on prices.item_key = items.item_key
),

-- Where the landscape names no master of contracts, every source counts. A list is for its publisher to state.
scoped as (
    select
        keyed.*,
        masters.entity_scope
    from keyed
    cross join declared
    left join masters on keyed.source_instance = masters.source_instance
    where
        masters.source_instance is not null
        or declared.master_count = 0
        or (keyed.is_list and not keyed.is_replica)
),

-- The ordering system's own copy tells when it learned of a price; without a copy the price's own notice does.
learned as (
    select
        scoped.contract_price_key,
        scoped.entity_scope,
        min(copies.known_from) as known_from
    from scoped
    inner join replicas
        on
            replicas.entity_scope is null
            or scoped.entity_scope is null
            or replicas.entity_scope = scoped.entity_scope
    left join keyed as copies
        on replicas.source_instance = copies.source_instance and scoped.terms_key = copies.terms_key
    group by scoped.contract_price_key, scoped.entity_scope
),

named as (
    select contract_number, gpo_code
    from facility_tiers
    group by contract_number, gpo_code
),

-- A contract that no facility is named for is open to all.
restricted as (
    select scoped.contract_key
    from scoped
    inner join named
        on
            scoped.contract_number = named.contract_number
            or (named.contract_number is null and scoped.gpo_code = named.gpo_code)
    group by scoped.contract_key
),

final as (
    select
        scoped.*,
        restricted.contract_key is not null as is_restricted,
        case when learned.contract_price_key is null then scoped.known_from else learned.known_from end
            as known_to_buyers_from
    from scoped
    left join learned
        on
            scoped.contract_price_key = learned.contract_price_key
            and scoped.entity_scope is not distinct from learned.entity_scope
    left join restricted on scoped.contract_key = restricted.contract_key
)

select * from final

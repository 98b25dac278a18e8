-- One row per contract price, legal entity scope and supplier who sells at it: the contract's own, or a distributor acting for it (domain_rules 3.5.5).
with

prices as (select * from {{ ref('int_contract_price__known') }}),
contracts as (select * from {{ ref('dim_contract') }}),
records as (select * from {{ ref('stg_landscape__system_of_record') }} where domain = 'contract'),

masters as (
    select
        source_instance,
        entity_scope
    from records
    where write_policy = 'MASTER'
    group by source_instance, entity_scope
),
declared as (select count(*) as master_count from masters),

-- A distributor's contract that names a group lets him sell at the group's prices, with one markup.
distributors as (
    select
        contracts.*,
        masters.entity_scope
    from contracts
    cross join declared
    left join masters on contracts.source_instance = masters.source_instance
    where
        contracts.contract_type = 'DISTRIBUTOR'
        and contracts.gpo_code is not null
        and contracts.supplier_key is not null
        and (masters.source_instance is not null or declared.master_count = 0)
),

-- A list is its publisher's own: it has no markup and nobody else sells by it.
final as (
    select
        {{ concord_key(['contract_price_key', 'entity_scope', "''", "''"]) }} as offer_key,
        entity_scope as offer_scope,
        supplier_key as seller_key,
        cast(null as string) as distributor_contract_key,
        cast(null as string) as distributor_contract_number,
        cast(null as string) as distributor_contract_id,
        case when is_list then 0 else coalesce(distributor_markup, 0) end as markup,
        coalesce(price_basis_date, 'ORDER') as price_basis,
        contract_valid_from as offer_valid_from,
        contract_valid_to as offer_valid_to,
        prices.*
    from prices
    union all
    select
        {{ concord_key(['prices.contract_price_key', 'prices.entity_scope', 'distributors.contract_key',
            'distributors.entity_scope']) }} as offer_key,
        coalesce(prices.entity_scope, distributors.entity_scope) as offer_scope,
        distributors.supplier_key as seller_key,
        distributors.contract_key as distributor_contract_key,
        distributors.contract_number as distributor_contract_number,
        distributors.contract_id as distributor_contract_id,
        coalesce(distributors.distributor_markup, 0) as markup,
        coalesce(distributors.price_basis_date, prices.price_basis_date, 'ORDER') as price_basis,
        greatest(
            coalesce(prices.contract_valid_from, distributors.valid_from),
            coalesce(distributors.valid_from, prices.contract_valid_from)
        ) as offer_valid_from,
        least(
            coalesce(prices.contract_valid_to, distributors.valid_to),
            coalesce(distributors.valid_to, prices.contract_valid_to)
        ) as offer_valid_to,
        prices.*
    from prices
    inner join distributors
        on
            prices.gpo_code = distributors.gpo_code
            and prices.supplier_key is distinct from distributors.supplier_key
            and (
                prices.entity_scope is null
                or distributors.entity_scope is null
                or prices.entity_scope = distributors.entity_scope
            )
    where prices.contract_type = 'GPO' and not prices.is_list
)

select * from final

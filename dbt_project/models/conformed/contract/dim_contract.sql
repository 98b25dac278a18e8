-- One row per contract record; a source without suppliers names the supplier by its number in the supplier master.
with

contracts as (select * from {{ ref('can_contract') }} where not is_deleted),
supplier_keys as (select * from {{ ref('xref_supplier') }}),
numbered as (select * from {{ ref('int_supplier__number') }}),
records as (select * from {{ ref('stg_landscape__system_of_record') }} where write_policy = 'MASTER'),

final as (
    select
        contracts.contract_key,
        contracts.source_system,
        contracts.source_instance,
        contracts.native_id,
        contracts.contract_id,
        contracts.contract_number,
        coalesce(supplier_keys.supplier_key, numbered.supplier_key) as supplier_key,
        contracts.supplier_id,
        contracts.contract_type,
        contracts.gpo_code,
        contracts.price_basis_date,
        contracts.distributor_markup,
        contracts.status,
        contracts.payment_term_code,
        contracts.valid_from,
        contracts.valid_to,
        contracts.known_from,
        contracts.source_instance in (select source_instance from records where domain = 'contract') as is_of_record
    from contracts
    left join supplier_keys
        on contracts.source_instance = supplier_keys.source_instance and contracts.supplier_id = supplier_keys.native_id
    left join numbered on contracts.supplier_id = numbered.supplier_number
)

select * from final

-- One row per change of a supplier's bank account: what two people said of it and whether payments are held (domain_rules 3.6.6).
with

states as (select * from {{ ref('int_bank_change__state') }}),
supplier_records as (select * from {{ ref('dim_supplier_record') }}),

final as (
    select
        states.*,
        supplier_records.supplier_key,
        supplier_records.legal_name
    from states
    left join supplier_records
        on
            states.source_instance = supplier_records.source_instance
            and states.supplier_id = supplier_records.native_id
)

select * from final

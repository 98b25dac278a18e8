-- One row per PO line, or posting without one, and part of the balance of goods received and not invoiced at the run's cut-off (domain_rules 3.9 bridge).
with

parts as (select * from {{ ref('rec_grni_vs_ledger') }}),
suppliers as (select * from {{ ref('dim_supplier') }}),

final as (
    select
        parts.as_of as as_of_date,
        parts.legal_entity_code,
        parts.ledger_instance,
        parts.account_code,
        parts.currency_code,
        parts.bridge_class,
        parts.entity_type,
        parts.source_instance,
        parts.native_id,
        parts.business_key,
        suppliers.supplier_name,
        parts.facility_code,
        parts.amount
    from parts
    left join suppliers on parts.supplier_key = suppliers.supplier_key
)

select * from final

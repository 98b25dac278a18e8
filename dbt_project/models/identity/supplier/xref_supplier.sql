-- One row per supplier record: the golden supplier it belongs to (domain_rules 3.7).
with

records as (select * from {{ ref('int_supplier__record') }}),
known as (select * from {{ ref('xref_supplier_history') }} where valid_to is null),

final as (
    select
        records.source_instance,
        records.source_system,
        records.native_id,
        known.supplier_key,
        known.link_method,
        known.confidence,
        known.valid_from,
        known.valid_to,
        records.valid_tax_id,
        records.duns,
        records.normalized_name
    from records
    inner join known on records.record_key = known.record_key
)

select * from final

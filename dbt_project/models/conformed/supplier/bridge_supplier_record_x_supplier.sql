-- One row per supplier record and time in which it belonged to one golden supplier, as it was known then.
with

history as (select * from {{ ref('xref_supplier_history') }}),

final as (
    select
        record_key as supplier_record_key,
        source_system,
        source_instance,
        native_id,
        supplier_key,
        link_method,
        confidence as link_confidence,
        valid_from,
        valid_to
    from history
)

select * from final

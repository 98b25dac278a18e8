-- One row per supplier record: what it says of itself and the golden supplier it belongs to.
with

suppliers as (select * from {{ ref('can_supplier') }} where not is_deleted),
supplier_keys as (select * from {{ ref('xref_supplier') }}),

final as (
    select
        suppliers.supplier_key as supplier_record_key,
        suppliers.source_system,
        suppliers.source_instance,
        suppliers.native_id,
        supplier_keys.supplier_key,
        supplier_keys.link_method,
        supplier_keys.confidence as link_confidence,
        suppliers.supplier_key = supplier_keys.supplier_key as is_anchor,
        suppliers.supplier_number,
        suppliers.legal_name,
        suppliers.status,
        supplier_keys.valid_tax_id,
        {{ json_text('suppliers.extension', 'tax_id_verdict') }} as tax_id_verdict,
        {{ json_text('suppliers.extension', 'tax_id_last4') }} as tax_id_last4,
        supplier_keys.duns,
        supplier_keys.normalized_name,
        suppliers.created_at
    from suppliers
    inner join supplier_keys
        on suppliers.source_instance = supplier_keys.source_instance and suppliers.native_id = supplier_keys.native_id
)

select * from final

-- The latest version of a supplier record says what its canonical row says.
{{ config(meta={'dagster': {'ref': {'name': 'can_supplier_version'}}}) }}
select
    versions.source_instance,
    versions.native_id
from {{ ref('can_supplier_version') }} as versions
inner join {{ ref('can_supplier') }} as records
    on versions.source_instance = records.source_instance and versions.native_id = records.native_id
where
    versions.recency = 1
    and (
        versions.legal_name is distinct from records.legal_name
        or versions.tax_id is distinct from records.tax_id
        or versions.payment_term_code is distinct from records.payment_term_code
    )

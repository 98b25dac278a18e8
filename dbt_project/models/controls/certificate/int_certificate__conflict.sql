-- One row per certificate that cannot be true beside another: owned by persons and by nobody, or one number for two suppliers (domain_rules 3.6.3).
with

certificates as (
    select * from {{ ref('dim_supplier_certificate') }}
    where certificate_type = 'DIVERSITY' and supplier_key is not null
),

conflicts as (
    select
        certificates.source_instance,
        certificates.native_id,
        'OWNED_AND_NONPROFIT' as cause_code,
        others.source_instance as other_instance,
        others.native_id as other_native_id,
        others.code as other_code,
        others.number as other_number,
        others.supplier_key as other_supplier_key
    from certificates
    inner join certificates as others
        on
            certificates.supplier_key = others.supplier_key
            and certificates.ownership <> others.ownership
            and coalesce(certificates.valid_from < others.valid_to, true)
            and coalesce(others.valid_from < certificates.valid_to, true)
    union all
    select
        certificates.source_instance,
        certificates.native_id,
        'CERTIFICATE_OF_ANOTHER' as cause_code,
        others.source_instance as other_instance,
        others.native_id as other_native_id,
        others.code as other_code,
        others.number as other_number,
        others.supplier_key as other_supplier_key
    from certificates
    inner join certificates as others
        on
            {{ normalized_number('certificates.number') }} = {{ normalized_number('others.number') }}
            and {{ normalized_number('certificates.number') }} <> ''
            and upper(certificates.certifier) = upper(others.certifier)
            and certificates.supplier_key <> others.supplier_key
),

ranked as (
    select
        conflicts.*,
        row_number() over (
            partition by source_instance, native_id
            order by cause_code desc nulls last, other_instance, other_native_id
        ) as preference
    from conflicts
),

final as (
    select
        source_instance,
        native_id,
        cause_code,
        other_instance,
        other_native_id,
        other_code,
        other_number,
        other_supplier_key
    from ranked
    where preference = 1
)

select * from final

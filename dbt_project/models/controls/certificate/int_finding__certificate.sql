-- One row per certificate and code of what is wrong with it, in the shape of all findings (domain_rules 3.6.3).
with

expired as (select * from {{ ref('int_certificate__expired') }}),
conflicts as (select * from {{ ref('int_certificate__conflict') }}),
certificates as (select * from {{ ref('dim_supplier_certificate') }}),
suppliers as (select * from {{ ref('dim_supplier') }}),
codes as (select * from {{ ref('exception_code') }}),

found as (
    select
        'supplier_certificate' as entity_type,
        source_instance,
        native_id,
        'CERTIFICATE_EXPIRED' as code,
        legal_name as business_key,
        cast(null as string) as legal_entity_code,
        supplier_key,
        cast(null as string) as cause_code,
        billed_amount as amount_at_risk,
        {{ json_object({
            'certificate_type': 'certificate_type',
            'classification': 'code',
            'certifier': 'certifier',
            'number': 'number',
            'ended_on': 'cast(valid_to as string)',
            'invoices_since': 'cast(invoice_count as string)',
            'billed_since': 'cast(billed_amount as string)',
        }) }} as evidence
    from expired
    union all
    select
        'supplier_certificate' as entity_type,
        certificates.source_instance,
        certificates.native_id,
        'OWNERSHIP_CONFLICT' as code,
        suppliers.supplier_name as business_key,
        cast(null as string) as legal_entity_code,
        certificates.supplier_key,
        conflicts.cause_code,
        cast(null as decimal(18, 2)) as amount_at_risk,
        {{ json_object({
            'classification': 'certificates.code',
            'certifier': 'certificates.certifier',
            'number': 'certificates.number',
            'valid_from': 'cast(certificates.valid_from as string)',
            'valid_to': 'cast(certificates.valid_to as string)',
            'other_certificate': "conflicts.other_instance || '|' || conflicts.other_native_id",
            'other_classification': 'conflicts.other_code',
            'other_number': 'conflicts.other_number',
            'other_supplier': 'others.supplier_name',
        }) }} as evidence
    from conflicts
    inner join certificates
        on conflicts.source_instance = certificates.source_instance and conflicts.native_id = certificates.native_id
    left join suppliers on certificates.supplier_key = suppliers.supplier_key
    left join suppliers as others on conflicts.other_supplier_key = others.supplier_key
    union all
    select
        'supplier_certificate' as entity_type,
        certificates.source_instance,
        certificates.native_id,
        'DIVERSITY_CODE_UNKNOWN' as code,
        suppliers.supplier_name as business_key,
        cast(null as string) as legal_entity_code,
        certificates.supplier_key,
        cast(null as string) as cause_code,
        cast(null as decimal(18, 2)) as amount_at_risk,
        {{ json_object({
            'classification': 'certificates.code',
            'certifier': 'certificates.certifier',
            'number': 'certificates.number',
        }) }} as evidence
    from certificates
    left join suppliers on certificates.supplier_key = suppliers.supplier_key
    where certificates.certificate_type = 'DIVERSITY' and not certificates.is_known_code
),

final as (
    {{ finding_rows('found', told=['cause_code']) }}
)

select * from final

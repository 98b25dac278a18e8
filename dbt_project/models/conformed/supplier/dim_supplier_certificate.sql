-- One row per certificate of a supplier record, with the golden supplier that has it and what its code says of ownership (domain_rules 3.6.3).
with

certificates as (select * from {{ ref('can_supplier_certificate') }} where not is_deleted),
records as (select * from {{ ref('xref_supplier') }}),
diversity_codes as (select * from {{ ref('diversity_code') }}),

-- A certificate of no type with a code of the list is one of diversity.
spelled as (
    select
        certificates.*,
        {{ replace_pattern("upper(coalesce(certificates.code, ''))", '[^A-Z0-9]', '') }} as plain_code,
        {{ replace_pattern("upper(coalesce(certificates.certificate_type, ''))", '[^A-Z0-9]', '') }} as plain_type
    from certificates
),

final as (
    select
        spelled.supplier_certificate_key,
        spelled.source_instance,
        spelled.native_id,
        spelled.supplier_id,
        records.supplier_key,
        coalesce(
            nullif(spelled.plain_type, ''),
            case when diversity_codes.diversity_code is not null then 'DIVERSITY' end
        ) as certificate_type,
        coalesce(diversity_codes.diversity_code, spelled.code) as code,
        diversity_codes.diversity_code is not null as is_known_code,
        diversity_codes.ownership,
        cast(diversity_codes.rank as bigint) as code_rank,
        spelled.certifier,
        spelled.number,
        spelled.valid_from,
        spelled.valid_to
    from spelled
    left join records
        on spelled.source_instance = records.source_instance and spelled.supplier_id = records.native_id
    left join diversity_codes
        on spelled.plain_code = diversity_codes.diversity_code and spelled.plain_type in ('DIVERSITY', '')
)

select * from final

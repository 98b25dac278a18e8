-- One row per active supplier record that repeats an earlier one of its system (domain_rules 3.7, S1).
with

records as (select * from {{ ref('dim_supplier_record') }} where status = 'ACTIVE'),
codes as (select * from {{ ref('exception_code') }}),

ranked as (
    select
        records.*,
        row_number() over (
            partition by records.source_instance, records.supplier_key
            order by records.native_id
        ) as record_rank
    from records
),

repeated as (
    select
        later.*,
        'DUPLICATE_SUPPLIER' as code,
        earlier.native_id as first_native_id,
        earlier.legal_name as first_name,
        earlier.link_method as first_link_method,
        case
            when later.valid_tax_id = earlier.valid_tax_id and later.normalized_name = earlier.normalized_name then 'S1'
            when later.duns = earlier.duns and later.normalized_name = earlier.normalized_name then 'S1D'
            when later.link_confidence < 1 or earlier.link_confidence < 1 then 'S4'
        end as cause_code
    from ranked as later
    inner join ranked as earlier
        on
            later.source_instance = earlier.source_instance
            and later.supplier_key = earlier.supplier_key
            and earlier.record_rank = 1
    where later.record_rank > 1
),

final as (
    select
        'supplier' as entity_type,
        repeated.source_instance,
        repeated.native_id,
        repeated.code,
        coalesce(repeated.supplier_number, repeated.native_id) || '|' || coalesce(repeated.legal_name, '')
            as business_key,
        cast(null as string) as legal_entity_code,
        repeated.supplier_key,
        cast(null as string) as facility_code,
        cast(null as string) as purchase_order_line_key,
        cast(null as string) as invoice_key,
        cast(null as decimal(18, 2)) as amount_at_risk,
        cast(null as decimal(18, 6)) as quantity_at_risk,
        repeated.cause_code,
        cast(null as decimal(18, 6)) as cause_ratio,
        cast(null as decimal(18, 6)) as proposed_quantity,
        codes.severity,
        {{ json_object({
            'words': 'codes.words',
            'first_native_id': 'repeated.first_native_id',
            'first_name': 'repeated.first_name',
            'name': 'repeated.legal_name',
            'tax_id_last4': 'repeated.tax_id_last4',
            'duns': 'repeated.duns',
            'link_method': "case when repeated.link_method = 'SELF' then repeated.first_link_method "
                ~ "else repeated.link_method end",
        }) }} as evidence
    from repeated
    inner join codes on repeated.code = codes.code
)

select * from final

-- One row per supplier record that a copy changed on its own, in the shape of all findings (domain_rules 3.2, SOR_VIOLATION).
with

violations as (select * from {{ ref('rec_supplier_vs_system_of_record') }}),
records as (select * from {{ ref('dim_supplier_record') }}),
policies as (
    select * from {{ ref('stg_landscape__sync_policy') }}
    where domain = 'supplier' and attribute_group = 'master'
),
codes as (select * from {{ ref('exception_code') }} where code = 'SOR_VIOLATION'),

gathered as (
    select
        source_instance,
        native_id,
        'SOR_VIOLATION' as code,
        supplier_key,
        min(master_instance) as master_instance,
        max(changed_at) as changed_at,
        {{ joined('attribute', 'attribute', ', ') }} as attributes,
        max(case when attribute = 'legal_name' then value end) as own_name,
        max(case when attribute = 'legal_name' then master_value end) as name_of_record,
        max(case when attribute = 'payment_terms' then value end) as own_terms,
        max(case when attribute = 'payment_terms' then master_value end) as terms_of_record
    from violations
    group by source_instance, native_id, supplier_key
),

final as (
    select
        'supplier' as entity_type,
        gathered.source_instance,
        gathered.native_id,
        gathered.code,
        coalesce(records.supplier_number, gathered.native_id) || '|' || coalesce(records.legal_name, '')
            as business_key,
        cast(null as string) as legal_entity_code,
        gathered.supplier_key,
        cast(null as string) as facility_code,
        cast(null as string) as purchase_order_line_key,
        cast(null as string) as invoice_key,
        cast(null as decimal(18, 2)) as amount_at_risk,
        cast(null as decimal(18, 6)) as quantity_at_risk,
        cast(null as string) as cause_code,
        cast(null as decimal(18, 6)) as cause_ratio,
        cast(null as decimal(18, 6)) as proposed_quantity,
        coalesce(policies.gate_severity, codes.severity) as severity,
        {{ json_object({
            'words': 'codes.words',
            'attributes': 'gathered.attributes',
            'changed_at': 'cast(gathered.changed_at as string)',
            'system_of_record': 'gathered.master_instance',
            'own_name': 'gathered.own_name',
            'name_of_record': 'gathered.name_of_record',
            'own_terms': 'gathered.own_terms',
            'terms_of_record': 'gathered.terms_of_record',
        }) }} as evidence
    from gathered
    cross join codes
    left join policies on true
    left join records
        on gathered.source_instance = records.source_instance and gathered.native_id = records.native_id
)

select * from final

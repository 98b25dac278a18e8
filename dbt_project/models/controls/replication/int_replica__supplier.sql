-- One row per copy of a supplier and attribute in which it says another thing than the golden supplier (domain_rules 3.15, R-4).
{%- set attributes = {
    'legal_name': (normalized_name('suppliers.legal_name'), normalized_name('golden.value'), 'suppliers.legal_name'),
    'tax_id': ('records.valid_tax_id', 'golden.value', "'...' || records.tax_id_last4"),
    'duns': ('records.duns', 'golden.value', 'records.duns'),
    'currency_code': ('suppliers.currency_code', 'golden.value', 'suppliers.currency_code'),
} %}
with

suppliers as (select * from {{ ref('can_supplier') }}),
records as (select * from {{ ref('dim_supplier_record') }}),
golden as (
    select * from {{ ref('dim_supplier_value') }} where survival_rule in ('SYSTEM_OF_RECORD', 'STEWARD')
),
pairs as (select * from {{ ref('int_replica__master') }} where domain = 'supplier' and attribute_group = 'master'),
terms as (select * from {{ ref('rec_terms_vs_reference') }} where entity_type = 'supplier'),

-- Where the owner has a supplier twice, a copy may follow either record.
agreed as (
    select
        {%- for attribute, (copied, stands, shown) in attributes.items() %}
        {{ copied }} as {{ attribute }},
        {%- endfor %}
        records.supplier_key,
        records.source_instance
    from records
    inner join suppliers
        on records.source_instance = suppliers.source_instance and records.native_id = suppliers.native_id
    where not suppliers.is_deleted
),

-- What a copy does not tell is a gap of its own and no difference; of tax ids only the last digits are shown.
differing as (
    {%- for attribute, (copied, stands, shown) in attributes.items() %}
    select
        pairs.*,
        records.source_instance,
        records.native_id,
        coalesce(records.supplier_number, records.native_id) || '|' || coalesce(records.legal_name, '') as business_key,
        '{{ attribute }}' as field,
        {{ "'...' || masters.tax_id_last4" if attribute == 'tax_id' else 'golden.value' }} as left_value,
        {{ shown }} as right_value,
        cast(null as string) as code,
        greatest(suppliers.updated_at, owners.updated_at) as moved_at
    from records
    inner join pairs on records.source_instance = pairs.replica_instance
    inner join suppliers
        on records.source_instance = suppliers.source_instance and records.native_id = suppliers.native_id
    inner join golden
        on
            records.supplier_key = golden.supplier_key
            and golden.attribute = '{{ attribute }}'
            and (golden.survival_rule = 'STEWARD' or golden.source_instance = pairs.master_instance)
    left join suppliers as owners
        on golden.source_instance = owners.source_instance and golden.native_id = owners.native_id
    left join records as masters
        on golden.source_instance = masters.source_instance and golden.native_id = masters.native_id
    left join agreed
        on
            golden.survival_rule = 'SYSTEM_OF_RECORD'
            and records.supplier_key = agreed.supplier_key
            and pairs.master_instance = agreed.source_instance
            and {{ copied }} = agreed.{{ attribute }}
    where {{ copied }} <> {{ stands }} and agreed.supplier_key is null and not suppliers.is_deleted
    union all
    {%- endfor %}
    -- Terms are read and compared where their codes are known.
    select
        pairs.*,
        terms.source_instance,
        terms.native_id,
        terms.business_key,
        'payment_terms' as field,
        coalesce(terms.reference_terms, terms.reference_term_code) as left_value,
        coalesce(terms.terms, terms.payment_term_code) as right_value,
        'TERMS_MISMATCH' as code,
        suppliers.updated_at as moved_at
    from terms
    inner join pairs on terms.source_instance = pairs.replica_instance
    left join suppliers
        on terms.source_instance = suppliers.source_instance and terms.native_id = suppliers.native_id
),

shaped as (
    select
        *,
        master_instance as left_instance,
        replica_instance as right_instance
    from differing
),

final as (
    {{ lasting_differences('shaped', 'R-4', 'supplier', "'supplier'", told=['code']) }}
)

select * from final

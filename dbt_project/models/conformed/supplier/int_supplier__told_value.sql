-- One row per golden supplier, attribute and record that has a usable value for it, with what gives it weight (domain_rules 3.2).
{%- set attributes = {
    'legal_name': ('legal_name', 'suppliers.legal_name', 'suppliers.legal_name is not null'),
    'tax_id': ('tax', 'suppliers.tax_id', 'suppliers.tax_id = supplier_keys.valid_tax_id'),
    'duns': ('tax', 'suppliers.duns', 'supplier_keys.duns is not null'),
    'payment_term_code': ('terms', 'suppliers.payment_term_code', 'suppliers.payment_term_code is not null'),
    'currency_code': ('terms', 'suppliers.currency_code', 'suppliers.currency_code is not null'),
} %}
with

suppliers as (select * from {{ ref('can_supplier') }} where not is_deleted),
supplier_keys as (select * from {{ ref('xref_supplier') }}),
run as (select * from {{ ref('stg_landscape__run') }}),
owners as (
    select
        matrix.attribute_group,
        matrix.source_instance
    from {{ ref('stg_landscape__system_of_record') }} as matrix
    cross join run
    where
        matrix.domain = 'supplier'
        and matrix.write_policy = 'MASTER'
        and {{ in_interval('run.as_of', 'matrix.valid_from', 'matrix.valid_to') }}
    group by matrix.attribute_group, matrix.source_instance
),

told as (
    {%- for attribute, (group, value, usable) in attributes.items() %}
    select
        supplier_keys.supplier_key,
        '{{ attribute }}' as attribute,
        '{{ group }}' as attribute_group,
        {{ value }} as value,
        suppliers.source_instance,
        suppliers.native_id,
        suppliers.status,
        suppliers.updated_at
    from suppliers
    inner join supplier_keys
        on suppliers.source_instance = supplier_keys.source_instance and suppliers.native_id = supplier_keys.native_id
    where {{ usable }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

-- A group that the matrix does not name belongs to whoever owns the master as a whole.
grouped as (
    select
        told.*,
        coalesce(named.attribute_group, 'master') as owned_group
    from told
    left join (select attribute_group from owners group by attribute_group) as named
        on told.attribute_group = named.attribute_group
),

final as (
    select
        grouped.supplier_key,
        grouped.attribute,
        grouped.attribute_group,
        grouped.value,
        grouped.source_instance,
        grouped.native_id,
        grouped.status,
        grouped.updated_at,
        owners.source_instance is not null as is_owner,
        count(*) over (partition by grouped.supplier_key, grouped.attribute, grouped.value) as agreeing_count,
        count(*) over (partition by grouped.supplier_key, grouped.attribute) as record_count
    from grouped
    left join owners
        on grouped.owned_group = owners.attribute_group and grouped.source_instance = owners.source_instance
)

select * from final

-- One row per attribute, record of a supplier and value that it said: from one change to the next.
{%- set attributes = {
    'legal_name': normalized_name('versions.legal_name'),
    'tax_id': 'versions.tax_id',
    'payment_terms': 'versions.payment_term_code',
} %}
with

versions as (select * from {{ ref('can_supplier_version') }}),
records as (select * from {{ ref('dim_supplier_record') }}),
run as (select * from {{ ref('stg_landscape__run') }}),
owners as (
    select
        matrix.source_instance,
        max(matrix.write_policy) as write_policy
    from {{ ref('stg_landscape__system_of_record') }} as matrix
    cross join run
    where
        matrix.domain = 'supplier'
        and matrix.attribute_group = 'master'
        and matrix.write_policy in ('MASTER', 'REPLICA')
        and {{ in_interval('run.as_of', 'matrix.valid_from', 'matrix.valid_to') }}
    group by matrix.source_instance
    having min(matrix.write_policy) = max(matrix.write_policy)
),

told as (
    {%- for attribute, value in attributes.items() %}
    select
        versions.source_instance,
        versions.native_id,
        versions.recency,
        versions.changed_at,
        '{{ attribute }}' as attribute,
        {{ value }} as value
    from versions
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

followed as (
    select
        told.*,
        records.supplier_key,
        owners.write_policy,
        lag(told.value) over of_record as value_before,
        lag(told.recency) over of_record is not null as has_before
    from told
    inner join records
        on told.source_instance = records.source_instance and told.native_id = records.native_id
    inner join owners on told.source_instance = owners.source_instance
    window of_record as (
        partition by told.source_instance, told.native_id, told.attribute
        order by told.recency desc nulls last
    )
),

final as (
    select
        followed.*,
        coalesce(
            lead(changed_at) over of_attribute, timestamp '9999-12-31 00:00:00'
        ) as said_until,
        lead(recency) over of_attribute is null as is_last
    from followed
    where value is distinct from value_before or not has_before
    window of_attribute as (
        partition by source_instance, native_id, attribute
        order by recency desc nulls last
    )
)

select * from final

-- One row per active supplier of a replica that no record of the cloud ERP stands for: the ERP should know it (domain_rules 3.6.7, 3.13).
with

suppliers as (select * from {{ ref('dim_supplier') }}),
supplier_keys as (select * from {{ ref('xref_supplier') }}),
gates as (select * from {{ ref('rec_supplier_vs_propagation_gate') }}),
told as (select * from {{ ref('rec_supplier_vs_delivery') }}),

-- What each attribute group passes, by supplier and target.
passed as (
    select
        supplier_key,
        target_instance,
        {%- for group in ['tax', 'terms'] %}
        max(case when attribute_group = '{{ group }}' and is_passed then 1 else 0 end) = 1 as is_{{ group }}_passed,
        {%- endfor %}
        max(case when may_propagate then 1 else 0 end) = 1 as may_propagate
    from gates
    group by supplier_key, target_instance
),

-- Where several procurement records stand for one supplier, the first speaks for all.
onboarded as (
    select
        supplier_key,
        source_instance,
        native_id,
        row_number() over (
            partition by supplier_key
            order by source_instance, native_id
        ) as preference
    from supplier_keys
    where source_system = 'procurement'
),

known as (
    select supplier_keys.supplier_key, supplier_keys.source_instance
    from supplier_keys
    inner join passed on supplier_keys.source_instance = passed.target_instance
    group by supplier_keys.supplier_key, supplier_keys.source_instance
),

-- A group that fails keeps what the ERP was told last; a supplier it was never told of goes out when all pass.
missing as (
    select
        onboarded.source_instance,
        onboarded.native_id,
        onboarded.source_instance || '|' || onboarded.native_id as external_reference,
        passed.target_instance,
        suppliers.supplier_name as legal_name,
        case
            when told.posting_key is null or passed.is_tax_passed then suppliers.tax_id
            else told.tax_id
        end as tax_id,
        case
            when told.posting_key is null or passed.is_tax_passed then suppliers.tax_id_type
            else told.tax_id_type
        end as tax_id_type,
        suppliers.duns,
        case
            when told.posting_key is null or passed.is_terms_passed then suppliers.payment_term_code
            else told.payment_term_code
        end as payment_term_code,
        suppliers.currency_code,
        suppliers.tax_country as country_code,
        suppliers.status
    from onboarded
    inner join suppliers on onboarded.supplier_key = suppliers.supplier_key
    inner join passed on onboarded.supplier_key = passed.supplier_key
    left join known
        on onboarded.supplier_key = known.supplier_key and passed.target_instance = known.source_instance
    left join told
        on
            passed.target_instance = told.target_instance
            and onboarded.source_instance = told.source_instance
            and onboarded.native_id = told.native_id
    where
        onboarded.preference = 1
        and known.supplier_key is null
        and (passed.may_propagate or told.posting_key is not null)
        and suppliers.status = 'ACTIVE'
),

final as (
    select
        {{ sha256_hex(joined_parts(["''", "'SUPPLIER'", 'source_instance', 'native_id', "'1'"])) }} as posting_key,
        legal_name as business_key,
        target_instance,
        cast(null as string) as depends_on,
        source_instance,
        native_id,
        external_reference,
        legal_name,
        tax_id,
        tax_id_type,
        duns,
        payment_term_code,
        currency_code,
        country_code,
        status,
        {{ concord_key(['legal_name', 'tax_id', 'tax_id_type', 'duns', 'payment_term_code', 'currency_code',
            'country_code', 'status']) }} as payload_hash
    from missing
)

select * from final

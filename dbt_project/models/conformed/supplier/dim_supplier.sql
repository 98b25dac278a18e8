-- One row per golden supplier: the record that stands for it, and of each attribute the value that survived (domain_rules 3.2).
with

suppliers as (select * from {{ ref('can_supplier') }} where not is_deleted),
supplier_keys as (select * from {{ ref('xref_supplier') }}),
survived as (select * from {{ ref('dim_supplier_value') }}),
records as (
    select source_instance from {{ ref('stg_landscape__system_of_record') }}
    where domain = 'supplier' and write_policy = 'MASTER'
    group by source_instance
),

ranked as (
    select
        supplier_keys.supplier_key,
        suppliers.supplier_number,
        suppliers.status,
        suppliers.source_instance,
        suppliers.native_id,
        row_number() over (
            partition by supplier_keys.supplier_key
            order by
                (records.source_instance is null),
                (suppliers.status <> 'ACTIVE'),
                suppliers.updated_at desc nulls last,
                suppliers.source_instance,
                suppliers.native_id
        ) as preference,
        count(*) over (partition by supplier_keys.supplier_key) as record_count,
        max(case when suppliers.status = 'BLOCKED' then 1 else 0 end) over (
            partition by supplier_keys.supplier_key
        ) = 1 as is_blocked
    from suppliers
    inner join supplier_keys
        on suppliers.source_instance = supplier_keys.source_instance and suppliers.native_id = supplier_keys.native_id
    left join records on suppliers.source_instance = records.source_instance
),

valued as (
    select
        supplier_key,
        {%- for attribute in ['legal_name', 'tax_id', 'duns', 'payment_term_code', 'currency_code'] %}
        max(case when attribute = '{{ attribute }}' then value end) as {{ attribute }},
        {%- endfor %}
        max(case when attribute = 'tax_id' then source_instance end) as tax_instance,
        max(case when attribute = 'tax_id' then native_id end) as tax_native_id
    from survived
    group by supplier_key
),

final as (
    select
        ranked.supplier_key,
        ranked.supplier_number,
        valued.legal_name as supplier_name,
        valued.tax_id,
        of_tax.tax_id_type,
        of_tax.tax_country,
        valued.duns,
        ranked.status,
        ranked.is_blocked,
        valued.payment_term_code,
        valued.currency_code,
        ranked.source_instance,
        ranked.native_id,
        ranked.record_count
    from ranked
    left join valued on ranked.supplier_key = valued.supplier_key
    left join suppliers as of_tax
        on valued.tax_instance = of_tax.source_instance and valued.tax_native_id = of_tax.native_id
    where ranked.preference = 1
)

select * from final

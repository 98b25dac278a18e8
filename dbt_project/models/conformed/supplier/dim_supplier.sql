-- One row per golden supplier; attributes come from the system of record, else from the newest record (domain_rules 3.2).
with

suppliers as (select * from {{ ref('can_supplier') }} where not is_deleted),
supplier_keys as (select * from {{ ref('xref_supplier') }}),
records as (
    select source_instance from {{ ref('stg_landscape__system_of_record') }}
    where domain = 'supplier' and write_policy = 'MASTER'
    group by source_instance
),

ranked as (
    select
        supplier_keys.supplier_key,
        suppliers.supplier_number,
        suppliers.legal_name as supplier_name,
        suppliers.tax_id,
        suppliers.tax_id_type,
        suppliers.tax_country,
        suppliers.duns,
        suppliers.status,
        suppliers.payment_term_code,
        suppliers.currency_code,
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

final as (
    select
        supplier_key,
        supplier_number,
        supplier_name,
        tax_id,
        tax_id_type,
        tax_country,
        duns,
        status,
        is_blocked,
        payment_term_code,
        currency_code,
        source_instance,
        native_id,
        record_count
    from ranked
    where preference = 1
)

select * from final

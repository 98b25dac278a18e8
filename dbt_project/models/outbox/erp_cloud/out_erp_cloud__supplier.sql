-- One row per active supplier of a replica that no record of the cloud ERP stands for: the ERP should know it (domain_rules 3.6.7, 3.13).
with

suppliers as (select * from {{ ref('dim_supplier') }}),
supplier_keys as (select * from {{ ref('xref_supplier') }}),
records as (select * from {{ ref('stg_landscape__system_of_record') }} where domain = 'supplier'),
instances as (select * from {{ ref('stg_landscape__instance') }} where source_system = 'erp_cloud'),
pairs as (select * from {{ ref('bridge_supplier_x_supplier') }} where decision is null),

targets as (
    select instances.source_instance
    from instances
    inner join records on instances.source_instance = records.source_instance
    where records.write_policy = 'MASTER'
    group by instances.source_instance
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
    select supplier_keys.supplier_key, targets.source_instance
    from supplier_keys
    inner join targets on supplier_keys.source_instance = targets.source_instance
    group by supplier_keys.supplier_key, targets.source_instance
),

-- While somebody still has to say whether the ERP knows it under another name, creating it would make the duplicate.
undecided as (
    select pairs.left_supplier_key as supplier_key, known.source_instance
    from pairs
    inner join known on pairs.right_supplier_key = known.supplier_key
    union distinct
    select pairs.right_supplier_key as supplier_key, known.source_instance
    from pairs
    inner join known on pairs.left_supplier_key = known.supplier_key
),

missing as (
    select
        onboarded.source_instance,
        onboarded.native_id,
        onboarded.source_instance || '|' || onboarded.native_id as external_reference,
        targets.source_instance as target_instance,
        suppliers.supplier_name as legal_name,
        suppliers.tax_id,
        suppliers.tax_id_type,
        suppliers.duns,
        suppliers.payment_term_code,
        suppliers.currency_code,
        suppliers.tax_country as country_code,
        suppliers.status
    from onboarded
    cross join targets
    inner join suppliers on onboarded.supplier_key = suppliers.supplier_key
    left join known
        on onboarded.supplier_key = known.supplier_key and targets.source_instance = known.source_instance
    left join undecided
        on onboarded.supplier_key = undecided.supplier_key and targets.source_instance = undecided.source_instance
    where
        onboarded.preference = 1
        and known.supplier_key is null
        and undecided.supplier_key is null
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

-- One row per number of the supplier master that means one golden supplier: how sources without suppliers of their own name them.
with

suppliers as (select * from {{ ref('can_supplier') }} where not is_deleted),
supplier_keys as (select * from {{ ref('xref_supplier') }}),
records as (
    select source_instance from {{ ref('stg_landscape__system_of_record') }}
    where domain = 'supplier' and write_policy = 'MASTER'
    group by source_instance
),

final as (
    select
        suppliers.supplier_number,
        min(supplier_keys.supplier_key) as supplier_key
    from suppliers
    inner join records on suppliers.source_instance = records.source_instance
    inner join supplier_keys
        on suppliers.source_instance = supplier_keys.source_instance and suppliers.native_id = supplier_keys.native_id
    where suppliers.supplier_number is not null
    group by suppliers.supplier_number
    having min(supplier_keys.supplier_key) = max(supplier_keys.supplier_key)
)

select * from final

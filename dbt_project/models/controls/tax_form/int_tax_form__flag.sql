-- One row per supplier record whose 1099 flag is another than that of the record that counts (domain_rules 3.6.5).
with

suppliers as (
    select * from {{ ref('can_supplier') }}
    where not is_deleted and is_1099 is not null and coalesce(status <> 'INACTIVE', true)
),
records as (select * from {{ ref('dim_supplier_record') }}),
run as (select * from {{ ref('stg_landscape__run') }}),
matrix as (
    select
        owners.attribute_group,
        owners.source_instance
    from {{ ref('stg_landscape__system_of_record') }} as owners
    cross join run
    where
        owners.domain = 'supplier'
        and owners.write_policy = 'MASTER'
        and owners.attribute_group in ('tax', 'master')
        and {{ in_interval('run.as_of', 'owners.valid_from', 'owners.valid_to') }}
    group by owners.attribute_group, owners.source_instance
),

{# The group `tax` where the matrix names it, else `master`: the later one of the alphabet. -#}
told as (
    select
        records.supplier_key,
        suppliers.source_instance,
        suppliers.native_id,
        suppliers.is_1099,
        suppliers.box_1099,
        row_number() over (
            partition by records.supplier_key
            -- Where the owner of tax data says nothing, one who reports counts: reporting too little is what costs.
            order by
                matrix.source_instance is null, suppliers.is_1099 desc nulls last,
                suppliers.source_instance, suppliers.native_id
        ) as preference
    from suppliers
    inner join records
        on suppliers.source_instance = records.source_instance and suppliers.native_id = records.native_id
    left join matrix
        on
            suppliers.source_instance = matrix.source_instance
            and matrix.attribute_group = (select max(named.attribute_group) from matrix as named)
),

final as (
    select
        told.supplier_key,
        told.source_instance,
        told.native_id,
        told.is_1099,
        told.box_1099,
        chief.source_instance as chief_instance,
        chief.native_id as chief_native_id,
        chief.is_1099 as chief_flag,
        chief.box_1099 as chief_box
    from told
    inner join told as chief on told.supplier_key = chief.supplier_key and chief.preference = 1
    where told.is_1099 <> chief.is_1099
)

select * from final

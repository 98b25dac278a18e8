-- One row per system, instance (null = all) and unit code of that system: what it means in the landscape.
with

source_rows as (select * from {{ source('raw_landscape', 'uom_alias') }}),

final as (
    select
        source_system,
        source_instance,
        upper(source_code) as source_code,
        upper(uom_code) as uom_code
    from source_rows
)

select * from final

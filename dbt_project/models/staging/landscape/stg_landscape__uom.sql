-- One row per unit that the landscape adds to, or defines otherwise than, the universal list.
with

source_rows as (select * from {{ source('raw_landscape', 'uom') }}),

final as (
    select
        upper(uom_code) as uom_code,
        name,
        uom_class,
        is_integer,
        physical_factor,
        upper(physical_base_uom_code) as physical_base_uom_code
    from source_rows
)

select * from final

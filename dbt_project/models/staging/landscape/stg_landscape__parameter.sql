-- One row per parameter, scope and interval (domain rules 3.1).
with

source_rows as (select * from {{ source('raw_landscape', 'parameter') }}),

final as (
    select
        upper(parameter_code) as parameter_code,
        supplier,
        facility,
        facility_type,
        entity,
        category,
        document_type,
        value,
        valid_from,
        valid_to
    from source_rows
)

select * from final

-- One row per scope, check and interval: the deviation allowed (domain rules 3.4.8).
with

source_rows as (select * from {{ source('raw_landscape', 'tolerance') }}),

final as (
    select
        supplier,
        facility,
        facility_type,
        entity,
        category,
        document_type,
        upper(check_code) as check_code,
        lower_abs,
        lower_pct,
        upper_abs,
        upper_pct,
        upper(combine) as combine,
        upper(action) as action,
        valid_from,
        valid_to
    from source_rows
)

select * from final

-- One row per pair of segment values that may not stand in one account string (domain rules 3.10).
with

source_rows as (select * from {{ source('raw_landscape', 'account_exclusion') }}),

final as (
    select
        upper(segment) as segment,
        prefix,
        upper(other_segment) as other_segment,
        other_prefix,
        upper(coalesce(reason, 'COMBINATION_INVALID')) as reason,
        valid_from,
        valid_to
    from source_rows
)

select * from final

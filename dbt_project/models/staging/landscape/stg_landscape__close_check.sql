-- One row per check of a close: who answers for it, whether it blocks, how much it weighs (domain rules 3.15).
with

source_rows as (select * from {{ source('raw_landscape', 'close_check') }}),

final as (
    select
        upper(check_code) as check_code,
        owner_role,
        coalesce(is_blocking, false) as is_blocking,
        weight,
        words
    from source_rows
)

select * from final

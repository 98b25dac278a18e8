-- One row: the run that is being computed, with its two times and its currency.
with

source_rows as (select * from {{ source('raw_landscape', 'run') }}),

final as (
    select
        run_id,
        landscape,
        as_of,
        as_of_ends_at,
        known_at,
        currency,
        timezone,
        rule_set_version
    from source_rows
)

select * from final

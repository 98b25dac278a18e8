-- One row per instance of a system in the landscape, with its last successful load.
with

source_rows as (select * from {{ source('raw_landscape', 'instance') }}),

final as (
    select
        source_instance,
        source_system,
        environment,
        timezone,
        fresh_within_hours,
        history_starts_on,
        last_loaded_at,
        is_available,
        legal_entities
    from source_rows
)

select * from final

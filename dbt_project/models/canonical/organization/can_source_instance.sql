-- One row per instance of a system in the landscape.
with

source_rows as (select * from {{ ref('stg_landscape__instance') }}),

final as (
    select
        {{ concord_key(['source_system', 'source_instance']) }} as source_instance_key,
        cast(source_instance as string) as source_instance,
        cast(source_system as string) as source_system,
        cast(environment as string) as environment,
        cast(timezone as string) as timezone,
        cast(fresh_within_hours as decimal(18, 6)) as fresh_within_hours,
        cast(history_starts_on as date) as history_starts_on,
        cast(last_loaded_at as timestamp) as last_loaded_at,
        cast(is_available as boolean) as is_available,
        cast(legal_entities as string) as legal_entities
    from source_rows
)

select * from final

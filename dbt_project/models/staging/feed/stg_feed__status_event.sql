-- One row per business event of a feed, latest version known.
with

latest as ({{ latest_known_version(source('raw_feed', 'status_event')) }}),

final as (
    select
        event_id,
        lower(entity_type) as entity_type,
        entity_id,
        upper(event_type) as event_type,
        occurred_at,
        entity_version,
        correlation_id,
        actor,
        {{ origin_columns('feed') }}
    from latest
)

select * from final

-- One row per event the procurement suite told by webhook, latest telling.
with

latest as ({{ latest_known_version(source('raw_procurement', 'event')) }}),

final as (
    select
        event_id,
        lower(object_type) as entity_type,
        object_id as entity_id,
        upper(event_type) as event_type,
        occurred_at,
        object_revision as entity_version,
        request_id as correlation_id,
        actor_login as actor,
        {{ origin_columns('procurement', recorded_at='occurred_at') }}
    from latest
)

select * from final

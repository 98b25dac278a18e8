-- One row per event AP automation told by webhook, latest telling.
with

latest as ({{ latest_known_version(source('raw_apauto', 'event')) }}),

final as (
    select
        id as event_id,
        lower(data_object) as entity_type,
        data_id as entity_id,
        upper(type) as event_type,
        created_at as occurred_at,
        data_version as entity_version,
        request_id as correlation_id,
        actor,
        {{ origin_columns('apauto', recorded_at='created_at') }}
    from latest
)

select * from final

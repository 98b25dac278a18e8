-- One row per identity event known to the run.
with

events as (select * from {{ source('raw_concord', 'identity_event') }}),

final as (
    select
        seq,
        event_id,
        event,
        subject_key,
        object_key,
        happened_at,
        code,
        reason,
        via_key,
        weight,
        relationship,
        content_hash,
        model_version,
        evidence
    from events
    where happened_at <= (select max(run.known_at) from {{ source('raw_landscape', 'run') }} as run)
)

select * from final

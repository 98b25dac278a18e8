-- One row per identity event of earlier runs.
with

source_rows as (select * from {{ ref('stg_concord__identity_event') }}),

final as (
    select
        cast(event_id as string) as event_id,
        cast(event as string) as event,
        cast(subject_key as string) as subject_key,
        cast(object_key as string) as object_key,
        cast(happened_at as timestamp) as happened_at,
        cast(code as string) as code,
        cast(reason as string) as reason,
        cast(via_key as string) as via_key,
        cast(weight as decimal(18, 6)) as weight,
        cast(relationship as string) as relationship,
        cast(content_hash as string) as content_hash,
        cast(model_version as string) as model_version,
        cast(evidence as string) as evidence
    from source_rows
)

select * from final

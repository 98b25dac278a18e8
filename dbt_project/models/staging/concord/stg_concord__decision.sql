-- One row per decision of a person that was taken before the run began.
with

decisions as (select * from {{ source('raw_concord', 'decision') }}),

final as (
    select
        seq,
        decided_at,
        actor,
        upper(subject_type) as subject_type,
        subject_key,
        upper(decision) as decision,
        reason,
        payload
    from decisions
    where decided_at <= (select max(run.known_at) from {{ source('raw_landscape', 'run') }} as run)
)

select * from final

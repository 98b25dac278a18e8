-- One row per decision of a person.
with

source_rows as (select * from {{ ref('stg_concord__decision') }}),

final as (
    select
        {{ concord_key(["'concord'", 'seq']) }} as decision_key,
        cast(seq as bigint) as seq,
        cast(decided_at as timestamp) as decided_at,
        cast(actor as string) as actor,
        cast(subject_type as string) as subject_type,
        cast(subject_key as string) as subject_key,
        cast(decision as string) as decision,
        cast(reason as string) as reason,
        cast(payload as string) as payload
    from source_rows
)

select * from final

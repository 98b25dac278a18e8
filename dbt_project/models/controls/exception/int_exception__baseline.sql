-- One row per occurrence of a finding that was open when a person took what was open then as the baseline (domain_rules 3.4.11).
with

occurrences as (select * from {{ ref('int_exception__occurrence') }}),
words as (
    select
        *,
        row_number() over (partition by subject_key order by seq desc nulls last) as recency
    from {{ ref('can_decision') }}
    where subject_type = 'BASELINE'
),

baselines as (
    select
        {{ json_text('payload', 'code') }} as code,
        {{ json_text('payload', 'source_instance') }} as source_instance,
        cast({{ json_text('payload', 'as_of') }} as date) as baselined_on,
        cast({{ json_text('payload', 'known_at') }} as timestamp) as known_at
    from words
    where recency = 1 and decision = 'BASELINED'
),

-- What clears and comes back is a later occurrence, and so new.
final as (
    select
        occurrences.entity_type,
        occurrences.source_instance,
        occurrences.native_id,
        occurrences.code,
        occurrences.occurrence_no,
        min(baselines.baselined_on) as baselined_on
    from occurrences
    inner join baselines
        on
            occurrences.first_seen_at <= baselines.known_at
            and coalesce(occurrences.closed_at > baselines.known_at, true)
            and coalesce(occurrences.code = baselines.code, true)
            and coalesce(occurrences.source_instance = baselines.source_instance, true)
    group by
        occurrences.entity_type,
        occurrences.source_instance,
        occurrences.native_id,
        occurrences.code,
        occurrences.occurrence_no
)

select * from final

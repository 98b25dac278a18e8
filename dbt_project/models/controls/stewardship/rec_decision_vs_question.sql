-- One row per question that a person has to answer or has answered, with the answer that stands: how long it waits or took, and whether answers held.
with

questions as (select * from {{ ref('int_steward_task__question') }}),
firsts as (select * from {{ ref('int_steward_task__first_asked') }}),
reversals as (select * from {{ ref('int_steward_task__reversal') }}),
run as (select * from {{ ref('stg_landscape__run') }}),

dated as (
    select
        questions.*,
        coalesce(
            try_cast({{ json_text('evidence', 'first_receipt_date') }} as date),
            try_cast({{ json_text('evidence', 'first_document_date') }} as date)
        ) as first_document_date
    from questions
),

final as (
    select
        dated.task_type,
        dated.subject_key,
        dated.title,
        coalesce(dated.owner_role, 'UNKNOWN') as owner_role,
        dated.amount_at_risk,
        dated.evidence,
        dated.proposal,
        dated.allowed_decisions,
        dated.decision,
        dated.decided_by,
        dated.decided_at,
        dated.reason,
        dated.decision is null as is_open,
        dated.first_document_date,
        case when dated.decision is null then {{ days_between('dated.first_document_date', 'run.as_of') }} end
            as open_days,
        firsts.asked_at,
        -- Who decides what nobody asked has answered nothing late.
        case
            when dated.decided_at >= firsts.asked_at
                then {{ divide(seconds_between('firsts.asked_at', 'dated.decided_at'), '3600', 2) }}
        end as hours_to_decide,
        coalesce(
            {{ seconds_between('dated.decided_at', 'run.known_at') }} < 30 * 86400, false
        ) as is_decided_lately,
        coalesce(reversals.reversal_count, 0) as reversal_count,
        coalesce(reversals.is_match_reversed, false) as is_match_reversed
    from dated
    cross join run
    left join firsts on dated.task_type = firsts.task_type and dated.subject_key = firsts.subject_key
    left join reversals on dated.task_type = reversals.task_type and dated.subject_key = reversals.subject_key
)

select * from final

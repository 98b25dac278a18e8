-- One row per question that a person has to answer or has answered, with the answer that stands.
with

asked as (select * from {{ ref('int_steward_task__asked') }}),
decisions as (select * from {{ ref('can_decision') }}),

-- A decision that took effect removes what was asked about; it stays to be looked up and taken back.
answered as (
    select
        decisions.*,
        {{ json_text('payload', 'question') }} as question,
        row_number() over (
            partition by subject_type, subject_key
            order by seq desc nulls last
        ) as recency
    from decisions
),

of_answers as (
    select
        answered.subject_type as task_type,
        answered.subject_key,
        {{ json_text('answered.question', 'title') }} as title,
        {{ json_text('answered.question', 'owner_role') }} as owner_role,
        cast({{ json_text('answered.question', 'amount_at_risk') }} as decimal(18, 2)) as amount_at_risk,
        {{ json_text('answered.question', 'evidence') }} as evidence,
        {{ json_text('answered.question', 'proposal') }} as proposal,
        {{ json_text('answered.question', 'allowed_decisions') }} as allowed_decisions,
        answered.decision,
        answered.actor as decided_by,
        answered.decided_at,
        answered.reason
    from answered
    left join asked on answered.subject_type = asked.task_type and answered.subject_key = asked.subject_key
    where answered.recency = 1 and answered.question is not null and asked.subject_key is null
),

final as (
    select * from asked
    union all
    select * from of_answers
)

select * from final

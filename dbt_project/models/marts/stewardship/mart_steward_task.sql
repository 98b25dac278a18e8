-- One row per question that a person has to answer or has answered, with what speaks for an answer, and the answer that stands.
with

questions as (select * from {{ ref('rec_decision_vs_question') }}),

final as (
    select
        {{ concord_key(['task_type', 'subject_key']) }} as task_id,
        task_type,
        subject_key,
        title,
        owner_role,
        amount_at_risk,
        evidence,
        proposal,
        allowed_decisions,
        case when decision is null then 'OPEN' else 'DECIDED' end as status,
        decision,
        decided_by,
        decided_at,
        reason
    from questions
)

select * from final

-- One row per change of a bank account of which somebody decided: how many people approve it, none where it stands rejected (domain_rules 3.6.6).
with

periods as (select * from {{ ref('int_bank_account__period') }}),
decisions as (select * from {{ ref('can_decision') }} where subject_type = 'BANK_CHANGE'),

rejections as (
    select
        subject_key,
        max(seq) as seq
    from decisions
    where decision = 'REJECT'
    group by subject_key
),

-- Who made the change cannot approve it, nobody counts twice, and what was said before a rejection is void.
approvals as (
    select
        periods.bank_period_key,
        count(distinct decisions.actor) as approval_count
    from decisions
    inner join periods on decisions.subject_key = periods.subject_key
    left join rejections on decisions.subject_key = rejections.subject_key
    where
        decisions.decision = 'APPROVE'
        and {{ json_text('decisions.payload', 'evidence_id') }} is not null
        and decisions.actor is distinct from periods.changed_by
        and coalesce(decisions.seq > rejections.seq, true)
    group by periods.bank_period_key
),

final as (
    select
        periods.bank_period_key,
        coalesce(approvals.approval_count, 0) as approval_count
    from periods
    left join rejections on periods.subject_key = rejections.subject_key
    left join approvals on periods.bank_period_key = approvals.bank_period_key
    where rejections.subject_key is not null or approvals.approval_count is not null
)

select * from final

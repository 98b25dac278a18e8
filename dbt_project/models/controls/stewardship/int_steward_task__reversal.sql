-- One row per question answered: how often a person took an answer back, and whether the answer parts what matching had joined by itself.
with

decisions as (select * from {{ ref('can_decision') }}),
memberships as (select * from {{ ref('can_identity_event') }} where event = 'MEMBERSHIP'),
records as (select *, source_instance || '|' || native_id as reference from {{ ref('dim_supplier_record') }}),

answered as (
    select
        subject_type as task_type,
        subject_key,
        decision,
        decided_at,
        lag(decision) over (partition by subject_type, subject_key order by seq) as earlier_decision,
        row_number() over (partition by subject_type, subject_key order by seq desc nulls last) as recency
    from decisions
),

-- A value that is stated anew is released first, which takes nothing back.
taken_back as (
    select
        task_type,
        subject_key,
        sum(
            case
                when task_type <> 'SUPPLIER_VALUE' and earlier_decision is not null and decision <> earlier_decision
                    then 1
                else 0
            end
        ) as reversal_count
    from answered
    group by task_type, subject_key
),

parted as (
    select
        answered.task_type,
        answered.subject_key
    from answered
    inner join records as lefts on split_part(answered.subject_key, '~', 1) = lefts.reference
    inner join records as rights on split_part(answered.subject_key, '~', 2) = rights.reference
    inner join memberships as left_members
        on
            lefts.supplier_record_key = left_members.subject_key
            and left_members.happened_at <= answered.decided_at
    inner join memberships as right_members
        on
            rights.supplier_record_key = right_members.subject_key
            and left_members.object_key = right_members.object_key
            and right_members.happened_at <= answered.decided_at
    where
        answered.task_type = 'SUPPLIER_PAIR'
        and answered.recency = 1
        and answered.decision <> 'SAME'
        and 'MATCH' in (left_members.code, right_members.code)
    group by answered.task_type, answered.subject_key
),

final as (
    select
        taken_back.task_type,
        taken_back.subject_key,
        taken_back.reversal_count,
        parted.subject_key is not null as is_match_reversed
    from taken_back
    left join parted on taken_back.task_type = parted.task_type and taken_back.subject_key = parted.subject_key
)

select * from final

-- One row per item record and record of another instance that its first step finds: whether that joins the two, or why not.
{{ config(materialized='table') }}
with

records as (select * from {{ ref('int_item__record') }}),
meetings as (select * from {{ ref('int_item__meeting') }}),
decisions as (select * from {{ ref('can_decision') }} where subject_type = 'ITEM_PAIR'),

latest as (
    select
        subject_key,
        decision,
        row_number() over (partition by subject_key order by seq desc nulls last) as recency
    from decisions
),

decided as (
    select
        lefts.record_key as left_key,
        lefts.source_instance as left_instance,
        rights.record_key as right_key,
        rights.source_instance as right_instance,
        latest.decision
    from latest
    inner join records as lefts on split_part(latest.subject_key, '~', 1) = lefts.reference
    inner join records as rights on split_part(latest.subject_key, '~', 2) = rights.reference
    where latest.recency = 1 and latest.decision in ('SAME', 'DISTINCT') and lefts.record_key <> rights.record_key
),

told as (
    select left_key, left_instance, right_key, right_instance, decision from decided
    union distinct
    select
        right_key as left_key,
        right_instance as left_instance,
        left_key as right_key,
        left_instance as right_instance,
        decision
    from decided
),

-- The box of an item and another device under its part number are found, but never before what may be the item itself.
found as (
    select
        meetings.left_key,
        meetings.left_instance,
        meetings.right_key,
        meetings.right_instance,
        meetings.link_method,
        meetings.step
        + case when meetings.link_method = 'PACKAGE' then 10 when meetings.is_contradicted then 20 else 0 end
            as step,
        row_number() over (
            partition by meetings.left_key, meetings.right_key
            order by meetings.step, meetings.is_contradicted, meetings.link_method
        ) as nearness
    from meetings
    left join told on meetings.left_key = told.left_key and meetings.right_key = told.right_key
    where told.decision is null
),

ranked as (
    select
        found.*,
        min(step) over (partition by left_key, right_instance) as left_step,
        min(step) over (partition by right_key, left_instance) as right_step
    from found
    where nearness = 1
),

counted as (
    select
        ranked.*,
        sum(case when step = left_step then 1 else 0 end) over (partition by left_key, right_instance) as left_count,
        sum(case when step = right_step then 1 else 0 end) over (partition by right_key, left_instance) as right_count
    from ranked
),

final as (
    select
        left_key,
        right_key,
        link_method,
        left_count as candidates,
        case
            when step > 20 then 'CONTRADICTED'
            when step > 10 then 'OTHER_UNIT'
            when left_count > 1 then 'AMBIGUOUS'
            when step > right_step or right_count > 1 then 'TAKEN'
            else 'LINKED'
        end as link_status
    from counted
    where step = left_step
    union all
    select
        left_key,
        right_key,
        'STEWARD' as link_method,
        1 as candidates,
        decision as link_status
    from told
)

select * from final

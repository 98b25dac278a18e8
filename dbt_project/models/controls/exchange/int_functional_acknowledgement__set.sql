-- One row per functional acknowledgement (997) and transaction set it is about; one without a set where nothing of that number was sent.
with

answers as (select * from {{ ref('can_functional_acknowledgement') }} where not is_deleted),
sets as (select * from {{ ref('can_transaction_set') }} where not is_deleted),

-- Numbers come again after years: an answer is to the last group of its number. Clocks of partners may differ by a day.
grouped as (
    select
        answers.functional_acknowledgement_key,
        sets.transaction_set_key,
        sets.set_number,
        dense_rank() over (
            partition by answers.functional_acknowledgement_key
            order by sets.sent_at desc nulls last, sets.interchange_number desc nulls last
        ) as recency
    from answers
    inner join sets
        on
            answers.source_instance = sets.source_instance
            and answers.sender = sets.receiver
            and answers.receiver = sets.sender
            and ltrim(answers.acknowledged_group, '0') = ltrim(sets.group_number, '0')
            and coalesce(answers.group_code = sets.group_code, true)
            and coalesce({{ seconds_between('sets.sent_at', 'answers.acknowledged_at') }} >= -86400, true)
),

last_groups as (select * from grouped where recency = 1),

-- An answer that names no set is about all of its group.
final as (
    select
        answers.functional_acknowledgement_key,
        last_groups.transaction_set_key,
        answers.source_instance,
        answers.native_id,
        answers.sender,
        answers.acknowledged_group,
        answers.set_code,
        answers.acknowledged_set,
        answers.group_status_code,
        answers.set_status_code,
        answers.error_code,
        answers.acknowledged_at,
        row_number() over (
            partition by last_groups.transaction_set_key
            order by answers.acknowledged_at desc nulls last, answers.native_id desc nulls last
        ) as recency
    from answers
    left join last_groups
        on
            answers.functional_acknowledgement_key = last_groups.functional_acknowledgement_key
            and (answers.acknowledged_set is null or answers.acknowledged_set = last_groups.set_number)
)

select * from final

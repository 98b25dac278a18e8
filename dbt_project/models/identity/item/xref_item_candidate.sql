-- One row per two golden items of which the ladder found records for each other without joining them: how far it came, and why not.
with

records as (select * from {{ ref('int_item__record') }}),
laddered as (select * from {{ ref('int_item__candidate') }}),
titles as (select * from {{ ref('int_item__title') }}),
item_keys as (select * from {{ ref('xref_item') }}),

candidates as (
    select
        left_key,
        right_key,
        link_method,
        candidates,
        link_status
    from laddered
    union all
    select
        left_key,
        right_key,
        'TITLE' as link_method,
        1 as candidates,
        'TITLE' as link_status
    from titles
),

keyed as (
    select
        records.record_key,
        records.reference,
        item_keys.item_key
    from records
    inner join item_keys
        on records.source_instance = item_keys.source_instance and records.native_id = item_keys.native_id
),

-- Two items that a decision keeps apart are no question, whichever of their records it named.
apart as (
    select
        lefts.item_key,
        rights.item_key as other_item_key
    from candidates
    inner join keyed as lefts on candidates.left_key = lefts.record_key
    inner join keyed as rights on candidates.right_key = rights.record_key
    where candidates.link_status = 'DISTINCT'
    group by lefts.item_key, rights.item_key
),

-- Seen from the record that found the fewest: from there the question is easiest to answer.
ranked as (
    select
        least(lefts.item_key, rights.item_key) as item_key,
        greatest(lefts.item_key, rights.item_key) as other_item_key,
        lefts.reference,
        rights.reference as other_reference,
        candidates.link_method,
        candidates.link_status,
        candidates.candidates,
        row_number() over (
            partition by least(lefts.item_key, rights.item_key), greatest(lefts.item_key, rights.item_key)
            order by candidates.candidates, candidates.link_status, lefts.reference, rights.reference
        ) as preference
    from candidates
    inner join keyed as lefts on candidates.left_key = lefts.record_key
    inner join keyed as rights on candidates.right_key = rights.record_key
    left join apart on lefts.item_key = apart.item_key and rights.item_key = apart.other_item_key
    where lefts.item_key <> rights.item_key and apart.item_key is null
),

final as (
    select
        item_key,
        other_item_key,
        reference,
        other_reference,
        link_method,
        case link_status when 'LINKED' then 'BROKEN' else link_status end as link_status,
        candidates
    from ranked
    where preference = 1
)

select * from final

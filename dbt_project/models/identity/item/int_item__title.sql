-- One row per item record and record of another instance whose descriptions name the same part: for a person to look at, never to join.
with

records as (select * from {{ ref('int_item__record') }}),
candidates as (select * from {{ ref('int_item__candidate') }}),
items as (select * from {{ ref('can_item') }} where not is_deleted and description is not null),

titled as (
    select
        item_key as record_key,
        source_instance,
        upper(trim(description)) as title
    from items
),

{{ title_words('words', 'titled') }},

-- Asked about is what nothing else finds; what it may be can be any record of another instance.
known as (
    select left_key as record_key from candidates
    union distinct
    select lefts.record_key
    from records as lefts
    inner join records as rights on lefts.number_key = rights.number_key and lefts.record_key <> rights.record_key
),

{% set most = 20 %}
-- What very many descriptions say is no number.
telling as (
    select word
    from words
    where word_kind = 'PART'
    group by word
    having count(*) <= {{ most }} * count(distinct source_instance)
),

parts as (
    select words.*
    from words
    inner join telling on words.word = telling.word
    where words.word_kind = 'PART'
),

-- One has the other's number: whole, in pieces, or with something behind it.
alike as (
    select
        lefts.record_key as one_key,
        rights.record_key as other_key
    from parts as lefts
    inner join words as rights on lefts.word = rights.word and lefts.source_instance <> rights.source_instance
    union distinct
    select
        lefts.record_key as one_key,
        rights.record_key as other_key
    from parts as lefts
    inner join parts as rights
        on
            substr(lefts.word, 1, 5) = substr(rights.word, 1, 5)
            and lefts.word like rights.word || '%'
            and lefts.source_instance <> rights.source_instance
),

both_ways as (
    select one_key as left_key, other_key as right_key from alike
    union distinct
    select other_key as left_key, one_key as right_key from alike
),

compared as (
    select
        both_ways.left_key,
        both_ways.right_key,
        lefts.source_instance as left_instance,
        rights.source_instance as right_instance,
        count(*) as common_words
    from both_ways
    inner join words as lefts on both_ways.left_key = lefts.record_key and lefts.word_kind = 'WORD'
    inner join words as rights
        on both_ways.right_key = rights.record_key and rights.word_kind = 'WORD' and lefts.word = rights.word
    where
        both_ways.left_key not in (select record_key from known)
        or both_ways.right_key not in (select record_key from known)
    group by both_ways.left_key, both_ways.right_key, lefts.source_instance, rights.source_instance
),

ranked as (
    select
        compared.*,
        row_number() over (
            partition by left_key, right_instance
            order by common_words desc nulls last, right_key
        ) as left_rank,
        row_number() over (
            partition by right_key, left_instance
            order by common_words desc nulls last, left_key
        ) as right_rank
    from compared
),

final as (
    select
        left_key,
        right_key,
        common_words
    from ranked
    where left_rank = 1 and right_rank = 1
)

select * from final

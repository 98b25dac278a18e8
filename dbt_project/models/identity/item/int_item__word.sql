-- One row per item record and word of its description: as written, as what looks like a part number, and as what neighbors make together.
with

items as (select * from {{ ref('can_item') }} where not is_deleted),

titled as (
    select
        item_key as record_key,
        source_instance,
        upper(trim(description)) as title
    from items
    where description is not null
),

-- A part number keeps its dashes and dots until it is compared.
listed as (
    select
        record_key,
        source_instance,
        {{ word_list(replace_pattern('title', '[^A-Z0-9.+#&_-]+', ' ')) }} as tokens,
        {{ word_list(plain_name('title')) }} as words
    from titled
),

placed_tokens as (
    select
        record_key,
        source_instance,
        tokens,
        {{ places_of('tokens') }} as place
    from listed
),

stripped as (
    select
        record_key,
        source_instance,
        {{ replace_pattern(word_at('tokens', 'place'), '[^A-Z0-9]', '') }} as word
    from placed_tokens
),

-- A digit, four characters or more, and no measure.
{% set unit = '(GB|MB|TB|IN|INCH|FT|W|HZ|MM|CM|ML|FR|MP|X[0-9]+|P|K|OZ|LB|PACK|CT|V|MAH)?' %}
parts as (
    select
        record_key,
        source_instance,
        word
    from stripped
    where
        length(word) >= 4
        and {{ extracted('word', '([0-9])') }} <> ''
        and {{ extracted('word', '^([0-9]{1,4}' ~ unit ~ ')$') }} = ''
),

placed_words as (
    select
        record_key,
        source_instance,
        words,
        {{ places_of('words') }} as place
    from listed
),

words as (
    select
        record_key,
        source_instance,
        place,
        {{ word_at('words', 'place') }} as word
    from placed_words
),

following as (
    select
        words.*,
        lead(word, 1, '') over (partition by record_key order by place) as second_word,
        lead(word, 2, '') over (partition by record_key order by place) as third_word
    from words
),

spelled as (
    select record_key, source_instance, 'PART' as word_kind, word from parts
    union all
    select record_key, source_instance, 'WORD' as word_kind, word from words
    union all
    select record_key, source_instance, 'TOGETHER' as word_kind, word || second_word as word from following
    union all
    select record_key, source_instance, 'TOGETHER' as word_kind, word || second_word || third_word as word
    from following
),

final as (
    select
        record_key,
        source_instance,
        word_kind,
        word
    from spelled
    where word <> ''
    group by record_key, source_instance, word_kind, word
)

select * from final

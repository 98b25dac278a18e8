-- One row per item record whose part number begins with a word that its list puts before many: the number behind it.
with

records as (select * from {{ ref('int_item__record') }}),

headed as (
    {%- for length in [2, 3, 4] %}
    select
        record_key,
        source_instance,
        number_key,
        maker,
        maker_key,
        bare_part as whole_part,
        substr(bare_part, 1, {{ length }}) as tag,
        ltrim(substr(bare_part, {{ length + 1 }}), '0') as bare_part
    from records
    where length(bare_part) > {{ length + 2 }} and {{ extracted('bare_part', '^([A-Z]{' ~ length ~ '})') }} <> ''
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
),

-- The number behind is known elsewhere, the whole number is not.
known as (
    select
        headed.record_key,
        headed.source_instance,
        headed.tag
    from headed
    inner join records as others
        on
            headed.bare_part = others.bare_part
            and headed.source_instance <> others.source_instance
            and {{ makers_fit('headed', 'others') }}
    left join records as wholes
        on headed.whole_part = wholes.bare_part and headed.source_instance <> wholes.source_instance
    where wholes.record_key is null
    group by headed.record_key, headed.source_instance, headed.tag
),

-- A tag is what explains many numbers of a list that nothing else explains; one number alone proves nothing.
tags as (
    select
        source_instance,
        tag
    from known
    group by source_instance, tag
    having count(*) >= 20
),

final as (
    select
        headed.record_key,
        headed.source_instance,
        headed.number_key,
        headed.maker,
        headed.maker_key,
        headed.tag,
        headed.bare_part
    from headed
    inner join tags on headed.source_instance = tags.source_instance and headed.tag = tags.tag
)

select * from final

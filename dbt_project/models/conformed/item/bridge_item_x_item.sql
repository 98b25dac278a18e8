-- One row per two golden items that may be one: the records that were found for each other, how, and whether it is their turn to be asked about.
with

candidates as (select * from {{ ref('xref_item_candidate') }}),
items as (select * from {{ ref('can_item') }} where not is_deleted),

described as (
    select
        source_instance || '|' || native_id as reference,
        source_instance,
        native_id,
        item_number,
        description,
        manufacturer_name,
        manufacturer_part_number,
        gtin
    from items
),

compared as (
    select
        candidates.item_key,
        candidates.other_item_key,
        least(candidates.reference, candidates.other_reference)
        || '~' || greatest(candidates.reference, candidates.other_reference) as pair_key,
        candidates.link_method,
        candidates.link_status,
        {%- for side, table in [('left', 'lefts'), ('right', 'rights')] %}
        {%- for column in ['source_instance', 'native_id', 'item_number', 'description', 'manufacturer_name',
            'manufacturer_part_number', 'gtin'] %}
        {{ table }}.{{ column }} as {{ side }}_{{ column }},
        {%- endfor %}
        {%- endfor %}
        {{ replaced_letters(
            "substr(upper(coalesce(lefts.description, '')), 1, 80)",
            "substr(upper(coalesce(rights.description, '')), 1, 80)"
        ) }} as distance
    from candidates
    inner join described as lefts on candidates.reference = lefts.reference
    inner join described as rights on candidates.other_reference = rights.reference
),

-- Of several that an item may be, the one described most alike is asked about first; the answer brings the next.
ranked as (
    select
        compared.*,
        row_number() over (partition by item_key order by distance, pair_key) as rank,
        row_number() over (partition by other_item_key order by distance, pair_key) as other_rank
    from compared
),

final as (
    select
        pair_key,
        item_key,
        other_item_key,
        link_method,
        link_status,
        {%- for side in ['left', 'right'] %}
        {%- for column in ['source_instance', 'native_id', 'item_number', 'description', 'manufacturer_name',
            'manufacturer_part_number', 'gtin'] %}
        {{ side }}_{{ column }},
        {%- endfor %}
        {%- endfor %}
        rank = 1 and other_rank = 1 as is_next
    from ranked
)

select * from final

-- One row per line whose derived account string is forbidden, with the gravest reason (domain_rules 3.10).
with

lines as (select * from {{ ref('int_derivation__line') }}),
segments as (select * from {{ ref('int_derivation__segment') }}),
exclusions as (select * from {{ ref('stg_landscape__account_exclusion') }}),

-- What a line stands for: what was derived, and what it was given.
parts as (
    select
        lines.line_key,
        lines.derived_on,
        segments.segment,
        segments.segment_value
    from lines
    inner join segments on lines.derivation_case_key = segments.derivation_case_key
    where segments.segment_value is not null
    {%- for segment, column in [
        ('ENTITY', 'legal_entity_code'), ('FACILITY', 'facility_code'), ('CATEGORY', 'category_code'),
        ('SPEND_TYPE', 'spend_type'),
    ] %}
    union all
    select
        line_key,
        derived_on,
        '{{ segment }}' as segment,
        {{ column }} as segment_value
    from lines
    where {{ column }} is not null
    {%- endfor %}
    union all
    select
        lines.line_key,
        lines.derived_on,
        'COST_CENTER' as segment,
        lines.cost_center_code as segment_value
    from lines
    left join segments on lines.derivation_case_key = segments.derivation_case_key and segments.segment = 'COST_CENTER'
    where lines.cost_center_code is not null and segments.segment is null
),

first_sides as (
    select
        parts.line_key,
        exclusions.other_segment,
        exclusions.other_prefix,
        exclusions.reason
    from exclusions
    inner join parts
        on
            exclusions.segment = parts.segment
            and substr(parts.segment_value, 1, length(exclusions.prefix)) = exclusions.prefix
            and {{ in_interval('parts.derived_on', 'exclusions.valid_from', 'exclusions.valid_to') }}
),

final as (
    select
        first_sides.line_key,
        min(first_sides.reason) as reason
    from first_sides
    inner join parts
        on
            first_sides.line_key = parts.line_key
            and first_sides.other_segment = parts.segment
            and substr(parts.segment_value, 1, length(first_sides.other_prefix)) = first_sides.other_prefix
    group by first_sides.line_key
)

select * from final

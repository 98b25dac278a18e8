-- One row per facility, interval and facility above it (itself at depth 0): the hierarchy as it was on any day and as it is.
{% set levels = 4 %}
with

facilities as (select * from {{ ref('dim_facility') }}),
codes as (select * from {{ ref('int_facility__code') }}),
run as (select * from {{ ref('stg_landscape__run') }}),

placed as (
    select
        facilities.facility_code,
        facilities.facility_name,
        codes.facility_code as parent_code,
        coalesce(facilities.valid_from, date '0001-01-01') as valid_from,
        coalesce(facilities.valid_to, date '9999-12-31') as valid_to
    from facilities
    left join codes
        on
            facilities.source_instance = codes.source_instance
            and facilities.parent_facility_id = codes.facility_id
),

level_0 as (
    select
        facility_code,
        facility_code as ancestor_code,
        facility_name as ancestor_name,
        parent_code as next_code,
        '|' || facility_code || '|' as path,
        valid_from,
        valid_to
    from placed
),

{% for level in range(1, levels) %}
-- A day on which a facility above changes begins an interval of its own.
level_{{ level }} as (
    select
        below.facility_code,
        placed.facility_code as ancestor_code,
        placed.facility_name as ancestor_name,
        placed.parent_code as next_code,
        below.path || placed.facility_code || '|' as path,
        greatest(below.valid_from, placed.valid_from) as valid_from,
        least(below.valid_to, placed.valid_to) as valid_to
    from level_{{ level - 1 }} as below
    inner join placed
        on
            below.next_code = placed.facility_code
            and below.valid_from < placed.valid_to
            and placed.valid_from < below.valid_to
    where below.path not like '%|' || placed.facility_code || '|%'
),
{% endfor %}

stacked as (
    {% for level in range(levels) %}
    select
        {{ level }} as depth,
        level_{{ level }}.*
    from level_{{ level }}
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
),

final as (
    select
        stacked.facility_code,
        stacked.ancestor_code,
        stacked.ancestor_name,
        cast(stacked.depth as integer) as depth,
        nullif(stacked.valid_from, date '0001-01-01') as valid_from,
        nullif(stacked.valid_to, date '9999-12-31') as valid_to,
        {{ in_interval('run.as_of', 'stacked.valid_from', 'stacked.valid_to') }} as is_current
    from stacked
    cross join run
)

select * from final

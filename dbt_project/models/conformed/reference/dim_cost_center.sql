-- One row per cost center (legal entity and code) and interval: a renamed or moved one keeps its history, wherever each is told.
with

owned as (select * from {{ ref('int_cost_center__owned') }}),
named as (select * from owned where attribute_group = 'master'),
placed as (select * from owned where attribute_group = 'hierarchy'),

changed_days as (
    select cost_center_key, valid_from as changed_on from placed
    union distinct
    select cost_center_key, valid_to as changed_on from placed where valid_to is not null
),

-- A day on which the place changes begins an interval of its own.
started as (
    select
        named.*,
        named.valid_from as starts_on
    from named
    union all
    select
        named.*,
        changed_days.changed_on as starts_on
    from named
    inner join changed_days
        on
            named.cost_center_key = changed_days.cost_center_key
            and changed_days.changed_on > coalesce(named.valid_from, date '0001-01-01')
            and changed_days.changed_on < coalesce(named.valid_to, date '9999-12-31')
),

ended as (
    select
        started.*,
        coalesce(
            lead(starts_on) over (partition by cost_center_key, valid_from order by starts_on nulls first), valid_to
        ) as ends_on
    from started
),

final as (
    select
        ended.cost_center_key,
        ended.cost_center_code,
        ended.cost_center_name,
        ended.legal_entity_code,
        coalesce(placed.facility_code, ended.facility_code) as facility_code,
        coalesce(placed.service_line_code, ended.service_line_code) as service_line_code,
        ended.starts_on as valid_from,
        ended.ends_on as valid_to,
        ended.source_instance
    from ended
    left join placed
        on
            ended.cost_center_key = placed.cost_center_key
            and coalesce(ended.starts_on, date '0001-01-01') >= coalesce(placed.valid_from, date '0001-01-01')
            and coalesce(ended.starts_on, date '0001-01-01') < coalesce(placed.valid_to, date '9999-12-31')
)

select * from final

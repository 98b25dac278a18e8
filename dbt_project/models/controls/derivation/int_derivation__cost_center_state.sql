-- One row per cost center of a line, legal entity and day: valid, expired, or missing in the crosswalk (domain_rules 3.10).
with

asked as (
    select
        lines.legal_entity_code,
        coalesce(segments.segment_value, lines.cost_center_code) as cost_center_code,
        lines.derived_on
    from {{ ref('int_derivation__line') }} as lines
    left join {{ ref('int_derivation__segment') }} as segments
        on lines.derivation_case_key = segments.derivation_case_key and segments.segment = 'COST_CENTER'
    where coalesce(segments.segment_value, lines.cost_center_code) is not null
    group by lines.legal_entity_code, coalesce(segments.segment_value, lines.cost_center_code), lines.derived_on
),
cost_centers as (select * from {{ ref('dim_cost_center') }}),
listed as (select legal_entity_code from cost_centers group by legal_entity_code),

final as (
    select
        asked.legal_entity_code,
        asked.cost_center_code,
        asked.derived_on,
        case
            when max(listed.legal_entity_code) is null then 'UNKNOWN'
            when max(cost_centers.cost_center_key) is null then 'MISSING'
            when max(current_centers.cost_center_key) is null then 'INACTIVE'
            else 'VALID'
        end as cost_center_state
    from asked
    left join listed on asked.legal_entity_code = listed.legal_entity_code
    left join cost_centers
        on
            asked.legal_entity_code = cost_centers.legal_entity_code
            and asked.cost_center_code = cost_centers.cost_center_code
    left join cost_centers as current_centers
        on
            asked.legal_entity_code = current_centers.legal_entity_code
            and asked.cost_center_code = current_centers.cost_center_code
            and {{ in_interval('asked.derived_on', 'current_centers.valid_from', 'current_centers.valid_to') }}
    group by asked.legal_entity_code, asked.cost_center_code, asked.derived_on
)

select * from final

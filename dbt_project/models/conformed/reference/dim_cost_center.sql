-- One row per cost center code and interval: a renamed or moved cost center keeps its history.
with

cost_centers as (select * from {{ ref('can_cost_center') }} where not is_deleted),
cost_center_keys as (select * from {{ ref('xref_cost_center') }}),
facilities as (select * from {{ ref('can_facility') }} where not is_deleted),
records as (
    select source_instance from {{ ref('stg_landscape__system_of_record') }}
    where domain = 'cost_center' and write_policy = 'MASTER'
    group by source_instance
),

facility_codes as (
    select
        source_instance,
        facility_id,
        max(facility_code) as facility_code
    from facilities
    group by source_instance, facility_id
),

ranked as (
    select
        cost_center_keys.cost_center_key,
        cost_centers.cost_center_code,
        cost_centers.name as cost_center_name,
        cost_centers.legal_entity_code,
        coalesce(facility_codes.facility_code, cost_centers.facility_id) as facility_code,
        cost_centers.service_line_code,
        cost_centers.valid_from,
        cost_centers.valid_to,
        cost_centers.source_instance,
        row_number() over (
            partition by cost_center_keys.cost_center_key, cost_centers.valid_from
            order by (records.source_instance is null), cost_centers.source_instance, cost_centers.native_id
        ) as preference
    from cost_centers
    inner join cost_center_keys
        on
            cost_centers.source_instance = cost_center_keys.source_instance
            and cost_centers.native_id = cost_center_keys.native_id
    left join records on cost_centers.source_instance = records.source_instance
    left join facility_codes
        on
            cost_centers.source_instance = facility_codes.source_instance
            and cost_centers.facility_id = facility_codes.facility_id
),

final as (
    select
        cost_center_key,
        cost_center_code,
        cost_center_name,
        legal_entity_code,
        facility_code,
        service_line_code,
        valid_from,
        valid_to,
        source_instance
    from ranked
    where preference = 1
)

select * from final

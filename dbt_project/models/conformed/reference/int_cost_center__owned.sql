-- One row per cost center, attribute group and interval, from the instance that owns the group (domain_rules 3.2); without an owner the first instance names it.
with

cost_centers as (select * from {{ ref('can_cost_center') }} where not is_deleted),
cost_center_keys as (select * from {{ ref('xref_cost_center') }} where link_method <> 'AMBIGUOUS'),
facilities as (select * from {{ ref('int_facility__code') }}),
owners as (
    select
        attribute_group,
        source_instance
    from {{ ref('stg_landscape__system_of_record') }}
    where domain = 'cost_center' and write_policy = 'MASTER'
    group by attribute_group, source_instance
),

keyed as (
    select
        cost_center_keys.cost_center_key,
        cost_centers.*,
        cost_center_keys.legal_entity_code as entity_code,
        coalesce(facilities.facility_code, cost_centers.facility_id) as facility_code
    from cost_centers
    inner join cost_center_keys
        on
            cost_centers.source_instance = cost_center_keys.source_instance
            and cost_centers.native_id = cost_center_keys.native_id
    left join facilities
        on
            cost_centers.source_instance = facilities.source_instance
            and cost_centers.facility_id = facilities.facility_id
),

grouped as (
    select
        keyed.*,
        'master' as attribute_group,
        owners.source_instance is not null as is_owner
    from keyed
    left join owners on keyed.source_instance = owners.source_instance and owners.attribute_group = 'master'
    union all
    select
        keyed.*,
        'hierarchy' as attribute_group,
        true as is_owner
    from keyed
    inner join owners on keyed.source_instance = owners.source_instance and owners.attribute_group = 'hierarchy'
),

ranked as (
    select
        grouped.*,
        dense_rank() over (
            partition by cost_center_key, attribute_group order by (not is_owner), source_instance
        ) as preference,
        row_number() over (
            partition by cost_center_key, attribute_group, source_instance, valid_from order by native_id
        ) as place
    from grouped
),

final as (
    select
        cost_center_key,
        attribute_group,
        cost_center_code,
        name as cost_center_name,
        entity_code as legal_entity_code,
        facility_code,
        service_line_code,
        valid_from,
        valid_to,
        source_instance
    from ranked
    where preference = 1 and place = 1
)

select * from final

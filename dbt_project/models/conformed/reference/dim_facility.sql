-- One row per facility code and interval, from the system of record for facilities where several systems list it.
with

facilities as (select * from {{ ref('can_facility') }} where not is_deleted),
facility_keys as (select * from {{ ref('xref_facility') }}),
records as (
    select source_instance from {{ ref('stg_landscape__system_of_record') }}
    where domain = 'facility' and attribute_group = 'master' and write_policy = 'MASTER'
    group by source_instance
),

-- One system tells all intervals of a code: those of two would overlap.
ranked as (
    select
        facility_keys.facility_key,
        facilities.*,
        dense_rank() over (
            partition by facility_keys.facility_key
            order by (records.source_instance is null), facilities.source_instance
        ) as preference,
        row_number() over (
            partition by facility_keys.facility_key, facilities.source_instance, facilities.valid_from
            order by facilities.native_id
        ) as place
    from facilities
    inner join facility_keys
        on facilities.source_instance = facility_keys.source_instance and facilities.native_id = facility_keys.native_id
    left join records on facilities.source_instance = records.source_instance
),

-- What the system of record does not tell at all, another may.
told as (
    select
        facility_key,
        min(facility_type) as facility_type,
        min(legal_entity_code) as legal_entity_code,
        min(region) as region,
        min(timezone) as timezone
    from ranked
    group by facility_key
),

final as (
    select
        ranked.facility_key,
        ranked.facility_code,
        ranked.name as facility_name,
        coalesce(ranked.facility_type, told.facility_type) as facility_type,
        ranked.parent_facility_id,
        coalesce(ranked.legal_entity_code, told.legal_entity_code) as legal_entity_code,
        coalesce(ranked.region, told.region) as region,
        coalesce(ranked.timezone, told.timezone) as timezone,
        ranked.valid_from,
        ranked.valid_to,
        ranked.source_instance
    from ranked
    inner join told on ranked.facility_key = told.facility_key
    where ranked.preference = 1 and ranked.place = 1
)

select * from final

-- One row per facility code and interval, from the system of record for facilities where several systems list it.
with

facilities as (select * from {{ ref('can_facility') }} where not is_deleted),
facility_keys as (select * from {{ ref('xref_facility') }}),
records as (
    select source_instance from {{ ref('stg_landscape__system_of_record') }}
    where domain = 'facility' and write_policy = 'MASTER'
    group by source_instance
),

ranked as (
    select
        facility_keys.facility_key,
        facilities.facility_code,
        facilities.name as facility_name,
        facilities.facility_type,
        facilities.parent_facility_id,
        facilities.legal_entity_code,
        facilities.region,
        facilities.timezone,
        facilities.valid_from,
        facilities.valid_to,
        facilities.source_instance,
        row_number() over (
            partition by facility_keys.facility_key, facilities.valid_from
            order by (records.source_instance is null), facilities.source_instance, facilities.native_id
        ) as preference
    from facilities
    inner join facility_keys
        on facilities.source_instance = facility_keys.source_instance and facilities.native_id = facility_keys.native_id
    left join records on facilities.source_instance = records.source_instance
),

final as (
    select
        facility_key,
        facility_code,
        facility_name,
        facility_type,
        parent_facility_id,
        legal_entity_code,
        region,
        timezone,
        valid_from,
        valid_to,
        source_instance
    from ranked
    where preference = 1
)

select * from final

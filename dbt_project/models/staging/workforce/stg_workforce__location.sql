-- One row per location and effective date of the workforce service, latest version known.
with

latest as ({{ latest_known_version(source('raw_workforce', 'location')) }}),

final as (
    select
        location_id as facility_id,
        location_id as facility_code,
        location_name as name,
        upper(location_type_id) as facility_type,
        superior_location_id as parent_facility_id,
        time_zone_id as timezone,
        effective_date as valid_from,
        -- An inactive version ends the one before and itself holds on no day.
        case
            when inactive then effective_date
            else lead(effective_date) over (partition by _source_instance, location_id order by effective_date)
        end as valid_to,
        {{ origin_columns('workforce', extension=extension_with({
            'location_wid': 'location_wid',
            'location_data_id': 'location_data_id',
            'location_type_wid': 'location_type_wid',
            'superior_location_wid': 'superior_location_wid',
            'time_zone_wid': 'time_zone_wid',
        })) }}
    from latest
)

select * from final

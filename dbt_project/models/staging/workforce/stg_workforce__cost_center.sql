-- One row per cost center and effective date of the workforce service, latest version known.
with

latest as ({{ latest_known_version(source('raw_workforce', 'cost_center')) }}),

final as (
    select
        cost_center_id as cost_center_code,
        organization_name as name,
        company_id as legal_entity_code,
        location_id as facility_id,
        service_line_id as service_line_code,
        effective_date as valid_from,
        -- An inactive version ends the one before and itself holds on no day.
        case
            when not organization_active then effective_date
            else lead(effective_date) over (partition by _source_instance, cost_center_id order by effective_date)
        end as valid_to,
        {{ origin_columns('workforce', extension=extension_with({
            'cost_center_wid': 'cost_center_wid',
            'organization_id': 'organization_id',
            'organization_data_id': 'organization_data_id',
            'service_line_wid': 'service_line_wid',
            'location_wid': 'location_wid',
            'company_wid': 'company_wid',
        })) }}
    from latest
)

select * from final

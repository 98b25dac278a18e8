-- One row per plant and validity interval of the cloud ERP, latest version known.
with

latest as ({{ latest_known_version(source('raw_erp_cloud', 'plant')) }}),

final as (
    select
        plant as facility_id,
        plant as facility_code,
        plant_name as name,
        upper(plant_category) as facility_type,
        parent_plant as parent_facility_id,
        company_code as legal_entity_code,
        region,
        gln,
        time_zone as timezone,
        validity_start_date as valid_from,
        validity_end_date as valid_to,
        {{ origin_columns('erp_cloud') }}
    from latest
)

select * from final

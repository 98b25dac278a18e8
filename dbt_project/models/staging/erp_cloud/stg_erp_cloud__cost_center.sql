-- One row per cost center and validity interval of the cloud ERP, latest version known.
with

latest as ({{ latest_known_version(source('raw_erp_cloud', 'cost_center')) }}),

final as (
    select
        cost_center as cost_center_code,
        cost_center_name as name,
        company_code as legal_entity_code,
        plant as facility_id,
        department as service_line_code,
        validity_start_date as valid_from,
        validity_end_date as valid_to,
        {{ origin_columns('erp_cloud', extension=extension_with({'controlling_area': 'controlling_area'})) }}
    from latest
)

select * from final

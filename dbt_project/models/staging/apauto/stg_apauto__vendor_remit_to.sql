-- One row per vendor of the AP automation: the address to which payments go.
with

latest as ({{ latest_known_version(source('raw_apauto', 'vendor')) }}),

final as (
    select
        'remit_to|' || vendor_id as site_id,
        vendor_id as supplier_id,
        'REMIT_TO' as site_type,
        remit_to_line1 as line1,
        remit_to_city as city,
        remit_to_region as region,
        remit_to_postal_code as postal_code,
        upper(remit_to_country) as country,
        active as is_active,
        {{ origin_columns('apauto') }}
    from latest
)

select * from final

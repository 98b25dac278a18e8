-- One row per supplier of the procurement suite: its primary address, to which orders go.
with

latest as ({{ latest_known_version(source('raw_procurement', 'supplier')) }}),

final as (
    select
        'primary|' || id as site_id,
        id as supplier_id,
        'ORDER_FROM' as site_type,
        primary_address_street1 as line1,
        primary_address_city as city,
        primary_address_state as region,
        primary_address_postal_code as postal_code,
        upper(primary_address_country_code) as country,
        lower(status) = 'active' as is_active,
        {{ origin_columns('procurement') }}
    from latest
)

select * from final

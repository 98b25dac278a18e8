-- One row per supplier site of a feed, latest version known.
with

latest as ({{ latest_known_version(source('raw_feed', 'supplier_site')) }}),

final as (
    select
        site_id,
        supplier_id,
        upper(site_type) as site_type,
        name,
        line1,
        line2,
        city,
        region,
        postal_code,
        upper(country) as country,
        phone,
        email,
        is_active,
        {{ origin_columns('feed') }}
    from latest
)

select * from final

-- One row per certificate of a supplier of a feed, latest version known.
with

latest as ({{ latest_known_version(source('raw_feed', 'supplier_certificate')) }}),

final as (
    select
        supplier_id,
        upper(certificate_type) as certificate_type,
        upper(code) as code,
        certifier,
        number,
        valid_from,
        valid_to,
        {{ origin_columns('feed') }}
    from latest
)

select * from final

-- One row per diversity certificate of a supplier of the procurement suite, latest version known; it holds through the day it prints.
with

latest as ({{ latest_known_version(source('raw_procurement', 'supplier_certificate')) }}),

final as (
    select
        supplier_id,
        'DIVERSITY' as certificate_type,
        upper(code) as code,
        certifier,
        number,
        effective_date as valid_from,
        {{ add_days('expiration_date', 1) }} as valid_to,
        {{ origin_columns('procurement') }}
    from latest
)

select * from final

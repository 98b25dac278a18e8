-- One row per facility and interval of a feed, latest version known.
with

latest as ({{ latest_known_version(source('raw_feed', 'facility')) }}),

final as (
    select
        facility_id,
        facility_code,
        name,
        upper(facility_type) as facility_type,
        parent_facility_id,
        legal_entity_code,
        region,
        gln,
        timezone,
        valid_from,
        valid_to,
        {{ origin_columns('feed') }}
    from latest
)

select * from final

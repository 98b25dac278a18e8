-- One row per cost center and interval of a feed, latest version known.
with

latest as ({{ latest_known_version(source('raw_feed', 'cost_center')) }}),

final as (
    select
        cost_center_code,
        name,
        legal_entity_code,
        facility_id,
        service_line_code,
        valid_from,
        valid_to,
        {{ origin_columns('feed') }}
    from latest
)

select * from final

-- One row per usage event of a feed, latest version known.
with

latest as ({{ latest_known_version(source('raw_feed', 'usage_event')) }}),

final as (
    select
        usage_event_id,
        case_token,
        item_id,
        gtin,
        lot,
        serial,
        quantity,
        upper(uom_code) as uom_code,
        upper(outcome) as outcome,
        used_at,
        facility_id,
        po_line_id,
        construct_id,
        {{ origin_columns('feed', recorded_at='coalesce(_source_updated_at, used_at)') }}
    from latest
)

select * from final

-- One row per item, unit and interval of a feed, latest version known.
with

latest as ({{ latest_known_version(source('raw_feed', 'item_uom_conversion')) }}),

final as (
    select
        item_id,
        supplier_id,
        upper(from_uom_code) as from_uom_code,
        factor,
        valid_from,
        valid_to,
        {{ origin_columns('feed', known_from='coalesce(known_from, _known_at)') }}
    from latest
)

select * from final

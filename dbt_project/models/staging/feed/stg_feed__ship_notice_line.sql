-- One row per ship notice line of a feed, latest version known.
with

latest as ({{ latest_known_version(source('raw_feed', 'ship_notice_line')) }}),

final as (
    select
        po_number,
        po_line_number,
        shipment_number,
        quantity,
        upper(uom_code) as uom_code,
        lot,
        serial,
        shipped_at,
        expected_date,
        {{ origin_columns('feed') }}
    from latest
)

select * from final

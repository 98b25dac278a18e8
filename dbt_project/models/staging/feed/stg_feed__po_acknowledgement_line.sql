-- One row per acknowledgement line of a feed, latest version known.
with

latest as ({{ latest_known_version(source('raw_feed', 'po_acknowledgement_line')) }}),

final as (
    select
        po_number,
        po_line_number,
        upper(status_code) as status_code,
        quantity,
        upper(uom_code) as uom_code,
        unit_price,
        promised_date,
        acknowledged_at,
        {{ origin_columns('feed') }}
    from latest
)

select * from final

-- One row per fiscal period of a ledger of a feed, latest version known.
with

latest as ({{ latest_known_version(source('raw_feed', 'fiscal_period')) }}),

final as (
    select
        ledger_code,
        period_code,
        starts_on,
        ends_on,
        ap_status,
        po_status,
        inventory_status,
        gl_status,
        closed_at,
        {{ origin_columns('feed') }}
    from latest
)

select * from final

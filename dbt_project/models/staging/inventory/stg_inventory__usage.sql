-- One row per line of what a case used, latest version known.
with

latest as ({{ latest_known_version(source('raw_inventory', 'usage')) }}),

final as (
    select
        _row_key as usage_event_id,
        case_token,
        item_number as item_id,
        gtin,
        lot,
        serial,
        quantity,
        upper(uom) as uom_code,
        upper(outcome) as outcome,
        used_at,
        facility as facility_id,
        construct as construct_id,
        {{ origin_columns('inventory', recorded_at='recorded_at') }}
    from latest
)

select * from final

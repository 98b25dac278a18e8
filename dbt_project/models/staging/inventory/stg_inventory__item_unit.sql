-- One row per item, unit and interval of the inventory system, latest version known.
with

latest as ({{ latest_known_version(source('raw_inventory', 'item_unit')) }}),

final as (
    select
        item_number as item_id,
        upper(uom) as from_uom_code,
        factor,
        valid_from,
        valid_to,
        {{ origin_columns('inventory', known_from='coalesce(updated_at, _known_at)') }}
    from latest
)

select * from final

-- One row per item and supplier that offers it, latest version known.
with

latest as ({{ latest_known_version(source('raw_procurement', 'supplier_item')) }}),

final as (
    select
        item_id,
        supplier_id,
        supplier_part_num as supplier_part_number,
        upper(uom_code) as order_uom_code,
        packaging as packaging_string,
        {{ origin_columns('procurement') }}
    from latest
)

select * from final

-- One row per product of the cloud ERP, latest version known.
with

latest as ({{ latest_known_version(source('raw_erp_cloud', 'product')) }}),

final as (
    select
        product as item_id,
        product as item_number,
        coalesce(product_description, product) as description,
        manufacturer_name,
        manufacturer_part_number,
        gtin,
        product_group as category_code,
        upper(base_unit) as base_uom_code,
        not coalesce(is_marked_for_deletion, false) as is_active,
        last_change_date_time as updated_at,
        {{ origin_columns('erp_cloud') }}
    from latest
)

select * from final

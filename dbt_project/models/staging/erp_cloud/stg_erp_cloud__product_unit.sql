-- One row per product, alternative unit and validity interval of the cloud ERP, latest version known.
with

latest as ({{ latest_known_version(source('raw_erp_cloud', 'product_unit')) }}),

final as (
    select
        product as item_id,
        upper(alternative_unit) as from_uom_code,
        {{ divide('quantity_numerator', 'quantity_denominator', 8) }} as factor,
        validity_start_date as valid_from,
        validity_end_date as valid_to,
        {{ origin_columns('erp_cloud', extension=extension_with({'base_uom_code': 'upper(base_unit)'})) }}
    from latest
)

select * from final

-- One row per item of a purchase order of the cloud ERP, latest version known.
with

latest as ({{ latest_known_version(source('raw_erp_cloud', 'purchase_order_item')) }}),

final as (
    select
        _row_key as po_line_id,
        purchase_order as po_id,
        purchase_order_item as line_number,
        material as item_id,
        purchase_order_item_text as description,
        order_quantity as quantity,
        upper(purchase_order_quantity_unit) as order_uom_code,
        net_price_amount as unit_price,
        upper(order_price_unit) as price_uom_code,
        net_price_quantity as price_per_quantity,
        case
            when coalesce(order_price_unit, purchase_order_quantity_unit) = purchase_order_quantity_unit
                then
                    {{ money(divide(product('order_quantity', 'net_price_amount'),
                        'coalesce(net_price_quantity, 1)', 6)) }}
        end as line_amount,
        plant as facility_id,
        is_completely_delivered as is_delivery_complete,
        is_finally_invoiced,
        case
            when coalesce(purchasing_document_deletion_code, '') <> '' then 'CANCELLED'
            else 'APPROVED'
        end as status,
        last_change_date_time as updated_at,
        {{ origin_columns('erp_cloud') }}
    from latest
)

select * from final

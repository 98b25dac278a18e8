-- One row per purchase-order line or schedule of a feed, latest version known.
with

latest as ({{ latest_known_version(source('raw_feed', 'purchase_order_line')) }}),

final as (
    select
        po_line_id,
        po_id,
        line_number,
        schedule_number,
        requisition_line_id,
        item_id,
        supplier_part_number,
        manufacturer_part_number,
        gtin,
        category_code,
        upper(spend_type) as spend_type,
        description,
        quantity,
        upper(order_uom_code) as order_uom_code,
        unit_price,
        upper(price_uom_code) as price_uom_code,
        price_per_quantity,
        base_factor,
        coalesce(
            line_amount,
            case
                when coalesce(price_uom_code, order_uom_code) = order_uom_code
                    then {{ money(divide(product('quantity', 'unit_price'), 'coalesce(price_per_quantity, 1)', 6)) }}
            end
        ) as line_amount,
        facility_id,
        cost_center_code,
        account_code,
        contract_id,
        upper(match_category) as match_category,
        is_receipt_required,
        is_receipt_based_invoice,
        is_inspection_required,
        is_price_estimated,
        is_delivery_complete,
        is_finally_invoiced,
        opening_received_quantity,
        opening_invoiced_quantity,
        promised_date,
        acknowledgement_code,
        upper(status) as status,
        created_at,
        updated_at,
        {{ origin_columns('feed', recorded_at='coalesce(_source_updated_at, created_at)') }}
    from latest
)

select * from final

-- One row per line of a purchase order of the procurement suite, latest version known.
with

latest as ({{ latest_known_version(source('raw_procurement', 'purchase_order_line')) }}),

final as (
    select
        id as po_line_id,
        order_header_id as po_id,
        line_num as line_number,
        item_id,
        source_part_num as supplier_part_number,
        manufacturer_part_number,
        commodity_code as category_code,
        upper(custom_fields_spend_type) as spend_type,
        description,
        quantity,
        upper(uom_code) as order_uom_code,
        price as unit_price,
        total as line_amount,
        custom_fields_facility as facility_id,
        account_segment_2 as cost_center_code,
        account_segment_3 as account_code,
        coalesce(match_type not in ('none', '2-way'), true)
        and coalesce(receipt_required, true) as is_receipt_required,
        coalesce(match_type = '3-way-gr', false) as is_receipt_based_invoice,
        coalesce(match_type = '4-way', false) or coalesce(receipt_approval_required, false) as is_inspection_required,
        coalesce(custom_fields_price_estimated, false) as is_price_estimated,
        coalesce(custom_fields_delivery_complete, false) as is_delivery_complete,
        coalesce(custom_fields_finally_invoiced, false) as is_finally_invoiced,
        need_by_date as promised_date,
        upper(status) as status,
        created_at,
        updated_at,
        {{ origin_columns('procurement', recorded_at='created_at', extension=extension_with({
            'match_type': 'match_type',
            'account_code': 'account_code',
            'item_number': 'item_item_number',
        })) }}
    from latest
)

select * from final

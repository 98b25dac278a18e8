-- One row per goods movement of the cloud ERP, signed, latest version known.
with

latest as ({{ latest_known_version(source('raw_erp_cloud', 'material_document_item')) }}),

final as (
    select
        _row_key as receipt_line_id,
        coalesce(reference_document, material_document) as receipt_number,
        coalesce(reference_document_item, material_document_item) as line_number,
        case goods_movement_type
            when '122' then 'RETURN'
            when '102' then 'VOID'
            else 'RECEIPT'
        end as receipt_type,
        case
            when purchase_order is not null then {{ native_id(['purchase_order', 'purchase_order_item']) }}
        end as po_line_id,
        purchase_order as po_number,
        purchase_order_item as po_line_number,
        material as item_id,
        case
            when goods_movement_type in ('122', '102') then -quantity_in_entry_unit
            else quantity_in_entry_unit
        end as quantity,
        upper(entry_unit) as uom_code,
        case
            when goods_movement_type in ('122', '102') then -quantity_in_base_unit
            else quantity_in_base_unit
        end as stock_quantity,
        upper(material_base_unit) as stock_uom_code,
        coalesce(document_date, posting_date) as receipt_date,
        posting_date,
        last_change_date_time as recorded_at,
        plant as facility_id,
        {{ origin_columns('erp_cloud', extension=extension_with({
            'material_document': 'material_document',
        })) }}
    from latest
)

select * from final

-- One row per receipt transaction of the inventory system, latest version known.
with

latest as ({{ latest_known_version(source('raw_inventory', 'receipt')) }}),

final as (
    select
        _row_key as receipt_line_id,
        receipt_number,
        line_number,
        upper(transaction_type) as receipt_type,
        po_number,
        po_line as po_line_number,
        case
            when original_receipt is not null then {{ native_id(['original_receipt', 'original_line']) }}
        end as original_receipt_line_id,
        item_number as item_id,
        case when upper(transaction_type) in ('RETURN', 'VOID') then -quantity else quantity end as quantity,
        upper(uom) as uom_code,
        case
            when upper(transaction_type) in ('RETURN', 'VOID') then -stock_quantity
            else stock_quantity
        end as stock_quantity,
        upper(stock_uom) as stock_uom_code,
        receipt_date,
        posting_date,
        recorded_at,
        facility as facility_id,
        lot,
        credit_expected as is_credit_expected,
        {{ origin_columns(
            'inventory',
            recorded_at='recorded_at',
            extension=extension_with({'is_delivery_complete': 'delivery_complete'})
        ) }}
    from latest
)

select * from final

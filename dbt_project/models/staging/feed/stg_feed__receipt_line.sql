-- One row per receipt line of a feed, latest version known.
with

latest as ({{ latest_known_version(source('raw_feed', 'receipt_line')) }}),

final as (
    select
        receipt_line_id,
        receipt_number,
        line_number,
        upper(receipt_type) as receipt_type,
        po_line_id,
        po_number,
        po_line_number,
        original_receipt_line_id,
        item_id,
        case when upper(receipt_type) in ('RETURN', 'VOID') then -quantity else quantity end as quantity,
        upper(uom_code) as uom_code,
        case
            when upper(receipt_type) in ('RETURN', 'VOID') then -stock_quantity
            else stock_quantity
        end as stock_quantity,
        upper(stock_uom_code) as stock_uom_code,
        base_factor,
        receipt_date,
        posting_date,
        recorded_at,
        facility_id,
        lot,
        serial,
        upper(ownership) as ownership,
        is_synthetic,
        is_credit_expected,
        {{ origin_columns('feed') }}
    from latest
)

select * from final

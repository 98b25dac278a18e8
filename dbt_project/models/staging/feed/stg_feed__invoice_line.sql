-- One row per invoice line of a feed, latest version known.
with

latest as ({{ latest_known_version(source('raw_feed', 'invoice_line')) }}),

headers as ({{ latest_known_version(source('raw_feed', 'invoice')) }}),

signed as (
    select
        latest.*,
        case when upper(headers.invoice_type) = 'CREDIT' then -1 else 1 end as document_sign
    from latest
    left join headers
        on
            latest._source_instance = headers._source_instance
            and latest.invoice_id = headers.invoice_id
),

final as (
    select
        invoice_line_id,
        invoice_id,
        line_number,
        coalesce(upper(charge_class), 'GOODS') as charge_class,
        po_line_id,
        po_number,
        po_line_number,
        receipt_line_id,
        item_id,
        supplier_part_number,
        manufacturer_part_number,
        gtin,
        description,
        document_sign * quantity as quantity,
        upper(uom_code) as uom_code,
        base_factor,
        unit_price,
        upper(price_uom_code) as price_uom_code,
        price_per_quantity,
        document_sign * line_amount as line_amount,
        lot,
        serial,
        case_token,
        account_code,
        cost_center_code,
        facility_id,
        {{ origin_columns('feed') }}
    from signed
)

select * from final

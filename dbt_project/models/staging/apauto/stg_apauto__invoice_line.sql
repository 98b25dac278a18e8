-- One row per line of an invoice or memo of the AP automation, latest version known.
with

latest as ({{ latest_known_version(source('raw_apauto', 'invoice_line')) }}),

headers as ({{ latest_known_version(source('raw_apauto', 'invoice')) }}),

signed as (
    select
        latest.*,
        case when upper(headers.document_type) = 'CREDIT_MEMO' then -1 else 1 end as document_sign
    from latest
    left join headers
        on
            latest._source_instance = headers._source_instance
            and latest.invoice_id = headers.invoice_id
),

final as (
    select
        line_id as invoice_line_id,
        invoice_id,
        line_number,
        coalesce(upper(charge_class), 'GOODS') as charge_class,
        po_number,
        po_line_number,
        item_number as item_id,
        supplier_part_number,
        description,
        document_sign * quantity as quantity,
        upper(uom) as uom_code,
        unit_price,
        document_sign * amount as line_amount,
        gl_account as account_code,
        cost_center as cost_center_code,
        facility as facility_id,
        {{ origin_columns('apauto') }}
    from signed
)

select * from final
